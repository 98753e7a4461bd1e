"""An archive as a copy of the record: what lies under its last checkpoint, found again each time it is asked."""

from tacit.ids import ActId, Digest
from tacit.record.archive import body_path
from tacit.record.tiles import TILE_WIDTH
from tacit_services.archive import Archive
from tacit_services.archived import ArchivedRecord, ArchiveUnusableError
from tacit_services.copies import Seen, bounded, message_digest
from tacit_services.ports import StoredMessage, StoreFailedError


class ArchivedCopy:
    """`RecordCopy` over an archive that may grow meanwhile, or be missing."""

    def __init__(self, archive: Archive, organisation: ActId, name: str = "the archive") -> None:
        self._archive = archive
        self._organisation = organisation
        self._name = name
        self._record: ArchivedRecord | None = None
        self._last: tuple[int, list[StoredMessage]] | None = None

    async def seen(self) -> Seen | None:
        """Look for the last checkpoint."""
        try:
            self._record = record = await ArchivedRecord.open(self._archive, self._organisation, quick=True)
            if record is None:
                return None
            last = (await self._bundle((record.size - 1) // TILE_WIDTH, record))[-1]
        except (ArchiveUnusableError, StoreFailedError):
            return None
        digest = message_digest(last.data)
        return Seen(name=self._name, size=last.sequence, digest=digest, root=record.root, checkpoint=record.note)

    async def held(self, first: int, limit: int) -> list[StoredMessage]:
        """The rest of the bundle in which it stands."""
        record = self._record
        if record is None or not 1 <= first <= record.size:
            return []
        try:
            bundle = await self._bundle((first - 1) // TILE_WIDTH, record)
        except (ArchiveUnusableError, StoreFailedError):
            return []
        return bounded([each for each in bundle if each.sequence >= first], limit)

    async def body(self, folder: str, digest: Digest) -> bytes | None:
        """Read it."""
        try:
            return await self._archive.get(body_path(folder, digest))
        except (StoreFailedError, ValueError):
            return None

    async def _bundle(self, number: int, record: ArchivedRecord) -> list[StoredMessage]:
        if self._last is None or self._last[0] != number or len(self._last[1]) < TILE_WIDTH:
            bundle = await record.bundle(number)
            messages = [
                StoredMessage(sequence, each.subject, each.data)
                for sequence, each in enumerate(bundle.messages, bundle.first + 1)
            ]
            self._last = (number, messages)
        return self._last[1]
