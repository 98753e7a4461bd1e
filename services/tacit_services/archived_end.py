"""What an archive has behind its last checkpoint, as a copy of the record. Awaits the archive's port only.

A notary writes down what it has read before anybody signs a checkpoint over it. If it is killed meanwhile, these files
may be all that is left of acts whose authors hold receipts. No root proves them: each message bears its author's
signature, and whoever asks folds it and compares it with every other copy, as it does with what a gateway holds.
"""

from tacit.errors import RefusedError
from tacit.ids import ActId, Digest
from tacit.record import leaf
from tacit.record.tiles import TILE_WIDTH
from tacit_services.archive import Archive
from tacit_services.archived import ArchivedRecord, ArchiveUnusableError
from tacit_services.archived_leaves import bundle_leaves, leaf_count
from tacit_services.archived_messages import ArchivedMessages
from tacit_services.copies import Seen, bounded, message_digest
from tacit_services.ports import StoredMessage, StoreFailedError


class ArchivedEnd:
    """`RecordCopy` of those entries alone. A leaf whose envelope is gone is seen all the same, and cannot be given."""

    def __init__(self, archive: Archive, organisation: ActId, name: str = "the archive") -> None:
        self._archive = archive
        self._organisation = organisation
        self._name = f"{name} (behind its checkpoint)"
        self._kept = ArchivedMessages(archive, organisation)
        self._covered = self._size = 0

    async def seen(self) -> Seen | None:
        """Look for leaves behind the last checkpoint; None where there are none, or those of another organisation."""
        try:
            self._covered = await self._under_checkpoint()
            self._size = size = await leaf_count(self._archive, self._covered)
            if size == self._covered or not await self._is_ours((size - 1) // TILE_WIDTH):
                self._size = 0
                return None
            self._kept.forget()  # the archive may have grown since they were listed
            last = await self._messages(size)
        except StoreFailedError:
            return None
        return Seen(name=self._name, size=size, digest=message_digest(last[0].data) if last else "")

    async def held(self, first: int, limit: int) -> list[StoredMessage]:
        """The rest of the bundle in which it stands, as far as there are envelopes."""
        if not self._covered < first <= self._size:
            return []
        try:
            return bounded(await self._messages(first), limit)
        except StoreFailedError:
            return []

    async def body(self, folder: str, digest: Digest) -> bytes | None:
        """Read it."""
        return await self._kept.body(folder, digest)

    async def _under_checkpoint(self) -> int:
        """How many entries a checkpoint that counts covers; where none does, they are all like those behind one."""
        try:
            record = await ArchivedRecord.open(self._archive, self._organisation)
        except ArchiveUnusableError:
            return 0
        return 0 if record is None else record.size

    async def _is_ours(self, number: int) -> bool:
        leaves = await bundle_leaves(self._archive, number)
        return {_organisation_of(each) for each in leaves} <= {self._organisation, None}

    async def _messages(self, first: int) -> list[StoredMessage]:
        number = (first - 1) // TILE_WIDTH
        return await self._kept.joined(number, await bundle_leaves(self._archive, number), first)


def _organisation_of(entry: bytes) -> ActId | None:
    """Whose record a leaf says that it is of; None of an entry that is no leaf."""
    try:
        return leaf.decode(entry).organisation
    except RefusedError:
        return None
