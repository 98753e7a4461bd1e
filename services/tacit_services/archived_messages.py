"""Leaves and envelopes that lie apart, as the messages of the stream that they were. Awaits the archive's port only."""

from collections.abc import Mapping, Sequence

from tacit.errors import RefusedError
from tacit.ids import ActId, Digest
from tacit.record.archive import body_path, message_of
from tacit.record.tiles import TILE_WIDTH
from tacit_services.archive import Archive
from tacit_services.archived import subject_of
from tacit_services.copies import HELD_MESSAGES_MAX
from tacit_services.kept_envelopes import DamagedEnvelopesError, KeptEnvelopes
from tacit_services.ports import StoredMessage, StoreFailedError


class ArchivedMessages:
    """What an archive keeps beside the leaves of one organisation, wherever those are read."""

    def __init__(self, archive: Archive, organisation: ActId) -> None:
        self._archive = archive
        self._organisation = organisation
        self._envelopes = KeptEnvelopes(archive)

    def forget(self) -> None:
        """The archive may have grown since its files were listed."""
        self._envelopes.forget()

    async def joined(
        self, number: int, leaves: Sequence[bytes], first: int, limit: int = HELD_MESSAGES_MAX
    ) -> list[StoredMessage]:
        """Up to `limit` messages of bundle `number` from sequence `first` on, up to the first that lacks its envelope.

        None where a file of envelopes is damaged. Raises StoreFailedError.
        """
        try:
            kept = await self._envelopes.of_bundle(number)
        except DamagedEnvelopesError:
            return []
        return _joined(self._organisation, number, leaves[: first - 1 - number * TILE_WIDTH + limit], kept, first)

    async def body(self, folder: str, digest: Digest) -> bytes | None:
        """As `RecordCopy.body`."""
        try:
            return await self._archive.get(body_path(folder, digest))
        except (StoreFailedError, ValueError):
            return None


def _joined(
    organisation: ActId, number: int, leaves: Sequence[bytes], kept: Mapping[int, bytes], first: int
) -> list[StoredMessage]:
    """The messages of bundle `number` from sequence `first` on, up to the first whose envelope is not kept."""
    base, found = number * TILE_WIDTH, list[StoredMessage]()
    for index in range(first - 1, base + len(leaves)):
        try:
            data = message_of(leaves[index - base], kept[index])
        except (KeyError, RefusedError):
            break
        found.append(StoredMessage(index + 1, subject_of(organisation, data), data))
    return found
