"""A root that a copy on the bus names counts where a signed checkpoint has it, and only there. Awaits ports only.

A root decides whose entries count where two copies differ: nobody's mere word may.
"""

from msgspec import structs

from tacit import acts, envelope
from tacit.acts import CharterDeposited
from tacit.errors import RefusedError
from tacit.ids import ActId, Digest
from tacit.record.checkpoint import Checkpoint
from tacit.record.note import parse_note
from tacit.record.organisation_log import open_checkpoint, organisation_policy, origin
from tacit_services.copies import Seen, SharedCopies
from tacit_services.ports import StoredMessage


class SignedHeads:
    """`SharedCopies` with the roots alone that the log and a quorum of its witnesses have signed."""

    def __init__(self, copies: SharedCopies, charter: bytes) -> None:
        """`charter`: its envelope, which names the keys."""
        payload = envelope.decode(charter).payload
        self._copies = copies
        self._organisation: ActId = envelope.act_id(payload)
        self._content = acts.decode(payload).content

    async def seen(self) -> list[Seen]:
        """As they say, but for roots that nobody has signed."""
        return [
            each if self._is_signed(each) else structs.replace(each, root=b"", checkpoint=b"")
            for each in await self._copies.seen()
        ]

    async def held(self, holder: str, first: int, limit: int) -> list[StoredMessage]:
        """As that one gives."""
        return await self._copies.held(holder, first, limit)

    async def body(self, holder: str, folder: str, digest: Digest) -> bytes | None:
        """As that one gives."""
        return await self._copies.body(holder, folder, digest)

    def _is_signed(self, seen: Seen) -> bool:
        if not seen.root or not isinstance(self._content, CharterDeposited):
            return False
        try:
            policy = organisation_policy(self._organisation, self._content)
            found = open_checkpoint(parse_note(seen.checkpoint), policy).checkpoint
        except RefusedError:
            return False
        return found == Checkpoint(origin(self._organisation), seen.size, seen.root)
