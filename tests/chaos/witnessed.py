"""What a witness gives out while it is killed again and again: its checkpoints, its chain of attestations."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

import aiohttp

from tacit import envelope, submission
from tacit.acts import SilenceBroken
from tacit.compose import Author, Link, Window, compose
from tacit.envelope import ATTESTATION_TYPE
from tacit.record.add_checkpoint import AddCheckpoint, monitoring_path
from tacit.record.archive import log_entry
from tacit.record.attestation import Attestation, contradict, read_attestation, verify_attestation
from tacit.record.checkpoint import Checkpoint, parse_checkpoint
from tacit.record.cosignature import verify_note
from tacit.record.log_signing import LogSigner
from tacit.record.merkle import CompactRange, leaf_hash
from tacit.record.note import parse_note
from tacit.record.organisation_log import origin
from tacit.submission import Submission
from tacit.testing import signer_for
from tacit.witness.file import evidence_in
from tacit_services.ports import StoredMessage
from tests.chaos.delegations import Delegation

LOOK_S: Final = 0.1
ANSWER_WAIT_S: Final = 5.0


class Onlooker:
    """Asks one witness all the time, and remembers all that it gave out."""

    def __init__(self, delegation: Delegation, organisation: str, http: aiohttp.ClientSession) -> None:
        self.heads: list[Checkpoint] = []
        self.cosigned_at: list[int] = []
        self.attested: list[Attestation] = []
        self._delegation = delegation
        self._organisation = organisation
        self._http = http
        self._author = Author(organisation, "XZZ", "permanent-representative", signer_for("XZZ/permanent"))

    @property
    def name(self) -> str:
        """Of the process."""
        return self._delegation.name

    @property
    def size(self) -> int:
        """Of the last checkpoint that this witness has cosigned."""
        return self.heads[-1].size if self.heads else 0

    async def look_on(self) -> None:
        """Until cancelled. The same act is shown until it is attested, so that no number is given out unseen."""
        raw = self._act()
        while True:
            with suppress(aiohttp.ClientError, TimeoutError, OSError):
                await self._see_head()
                if await self._show(raw):
                    raw = self._act()
            await asyncio.sleep(LOOK_S)

    def _act(self) -> bytes:
        now, content = datetime.now(UTC), SilenceBroken(silence="e" * 64, kind="SUBSTANCE", reason="")
        link = Link(1 + len(self.attested), "d" * 64)
        window = Window(now, now + timedelta(hours=1))
        composed = compose(self._author, content, ("council", "chaos"), link, window)
        return submission.encode(Submission(composed.envelope, None))

    async def _see_head(self) -> None:
        async with asyncio.timeout(ANSWER_WAIT_S), self._http.get(self._url(monitoring_path(self._origin))) as answer:
            if answer.status != 200:
                return
            note = parse_note(await answer.read())
        [cosigned] = verify_note(note, [self._delegation.signer.vkey])
        self.cosigned_at.append(cosigned.at_s or 0)
        self.heads.append(parse_checkpoint(note.text))

    async def _show(self, raw: bytes) -> bool:
        async with asyncio.timeout(ANSWER_WAIT_S), self._http.post(self._url("attest"), data=raw) as answer:
            if answer.status != 200:
                return False
            signed = envelope.decode(await answer.read(), ATTESTATION_TYPE)
        verify_attestation(signed, self._delegation.signer.vkey)
        self.attested.append(read_attestation(signed))
        return True

    @property
    def _origin(self) -> str:
        return origin(self._organisation)

    def _url(self, path: str) -> str:
        return f"{self._delegation.address}/{path}"

    def check(self, messages: Sequence[StoredMessage]) -> None:
        """It has cosigned one history, that of the record; its chain has no hole and never turns back.

        The record went on when these were read: what was cosigned since lies beyond them.
        """
        sizes = [head.size for head in self.heads]
        assert sizes == sorted(sizes), f"{self._delegation.name} has gone back"
        assert self.cosigned_at == sorted(self.cosigned_at), f"{self._delegation.name} has gone back in time"
        seen = {head.size: head.root for head in self.heads if head.size <= len(messages)}
        assert seen.items() <= roots(messages, set(seen)).items(), f"{self._delegation.name} has seen another record"
        assert list(range(1, len(self.attested) + 1)) == [each.counter for each in self.attested]
        pairs = zip(self.attested, self.attested[1:], strict=False)
        assert not [each for each in pairs if contradict(*each)], f"{self._delegation.name} contradicts itself"
        assert not evidence_in(self._delegation.data), "the log has contradicted itself"

    async def check_faithful(self, log: LogSigner) -> None:
        """After all that it still knows what it has cosigned: another history of that size it does not cosign."""
        forged = Checkpoint(self._origin, self.size, b"\x07" * 32)
        asked = AddCheckpoint(self.size, (), log.sign(forged, int(datetime.now(UTC).timestamp())))
        async with self._http.post(self._url("add-checkpoint"), data=asked.encode()) as answer:
            assert answer.status in {409, 422}, answer.status
        assert evidence_in(self._delegation.data), "what is refused for that is kept"


def roots(messages: Sequence[StoredMessage], sizes: set[int]) -> dict[int, bytes]:
    """The root over the first so many messages of a record, for each of these sizes."""
    tree, found = CompactRange(), {}
    for message in messages:
        tree.append(leaf_hash(log_entry(message.data)))
        if tree.size in sizes:
            found[tree.size] = tree.root()
    return found
