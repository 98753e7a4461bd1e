"""An archive as a copy of the record: what lies under its last checkpoint, found again each time it is asked."""

from tacit.ids import ActId, Digest
from tacit.record.tiles import TILE_WIDTH
from tacit_services.archive import Archive
from tacit_services.archived import ArchivedRecord, ArchiveUnusableError
from tacit_services.archived_messages import ArchivedMessages
from tacit_services.copies import Seen, bounded, message_digest
from tacit_services.ports import StoredMessage, StoreFailedError


class ArchivedCopy:
    """`RecordCopy` over an archive that may grow meanwhile, or be missing.

    What a signed checkpoint covers was seen, also where an envelope is gone that cannot be given any more.
    """

    def __init__(self, archive: Archive, organisation: ActId, name: str = "the archive") -> None:
        self._archive = archive
        self._organisation = organisation
        self._name = name
        self._messages = ArchivedMessages(archive, organisation)
        self._record: ArchivedRecord | None = None

    async def seen(self) -> Seen | None:
        """Look for the last checkpoint."""
        self._messages.forget()
        try:
            self._record = record = await ArchivedRecord.open(self._archive, self._organisation)
        except (ArchiveUnusableError, StoreFailedError):
            return None
        if record is None:
            return None
        last = await self.held(record.size, 1)
        digest = message_digest(last[0].data) if last else ""
        return Seen(name=self._name, size=record.size, digest=digest, root=record.root, checkpoint=record.note)

    async def held(self, first: int, limit: int) -> list[StoredMessage]:
        """The rest of the bundle in which it stands, up to the first that lacks its envelope."""
        record = self._record
        if record is None or not 1 <= first <= record.size:
            return []
        number = (first - 1) // TILE_WIDTH
        try:
            return bounded(await self._messages.joined(number, await record.entries(number), first, limit), limit)
        except (ArchiveUnusableError, StoreFailedError):
            return []

    async def body(self, folder: str, digest: Digest) -> bytes | None:
        """Read it."""
        return await self._messages.body(folder, digest)
