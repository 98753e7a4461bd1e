"""Envelopes by body and channel, gathered bundle by bundle as the entries are. Pure."""

import msgspec

from tacit.record.archive import Kept, encode_kept, envelopes_path
from tacit.record.tiles import TILE_WIDTH
from tacit_services.archive import ArchiveFile


class PartialFile(msgspec.Struct, frozen=True):
    """The envelopes of a folder that belong to a bundle which is not full yet."""

    file: ArchiveFile
    folder: str
    bundle: int
    count: int


class _FullFile(msgspec.Struct):
    """The envelopes of a folder that belong to a full bundle, and the partial files that it replaces once durable."""

    file: ArchiveFile
    folder: str
    bundle: int
    replaces: list[str]


class Envelopes:
    """What belongs to the entries of the last bundle, by folder, and full files that are not yet durable."""

    def __init__(self, size: int = 0) -> None:
        """Begin before entry `size`, the first of a bundle."""
        assert size % TILE_WIDTH == 0, "the envelopes of a bundle are gathered from its first entry on"
        self._size = size
        self._kept: dict[str, list[Kept]] = {}
        self._durable: dict[str, PartialFile] = {}
        self._completed: list[_FullFile] = []
        self._superseded: list[str] = []

    def add(self, folder: str, data: bytes) -> None:
        """Keep what belongs to the next entry."""
        self._kept.setdefault(folder, []).append(Kept(self._size, data))
        self._size += 1
        if self._size % TILE_WIDTH == 0:
            self._completed += [self._complete(folder) for folder in self._kept]
            self._kept, self._durable = {}, {}

    def _complete(self, folder: str) -> _FullFile:
        bundle, partial = self._size // TILE_WIDTH - 1, self._durable.get(folder)
        file = self._file(folder, bundle, TILE_WIDTH)
        return _FullFile(file, folder, bundle, [] if partial is None else [partial.file.path])

    def completed(self) -> list[ArchiveFile]:
        """Full files that are not yet known to be durable."""
        return [full.file for full in self._completed]

    def partial(self) -> list[PartialFile]:
        """A file for each folder of the last bundle that is not durable as it is now."""
        bundle, width = divmod(self._size, TILE_WIDTH)
        return [
            PartialFile(self._file(folder, bundle, width), folder, bundle, len(kept))
            for folder, kept in self._kept.items()
            if folder not in self._durable or self._durable[folder].count != len(kept)
        ]

    def written(self, count: int, partial: list[PartialFile]) -> None:
        """The first `count` of the completed files are durable, and so are these partial ones."""
        for full in self._completed[:count]:
            self._superseded += full.replaces
        del self._completed[:count]
        waiting = {(full.folder, full.bundle): full for full in self._completed}
        for each in partial:
            full_since = waiting.get((each.folder, each.bundle))
            if full_since is not None:
                full_since.replaces.append(each.file.path)
                continue
            before = self._durable.get(each.folder)
            if before is not None and before.file.path != each.file.path:
                self._superseded.append(before.file.path)
            self._durable[each.folder] = each

    def take_superseded(self) -> list[str]:
        """Paths of partial files that durable ones have replaced: superfluous once a checkpoint covers those."""
        taken, self._superseded = self._superseded, []
        return taken

    def _file(self, folder: str, bundle: int, width: int) -> ArchiveFile:
        return ArchiveFile(envelopes_path(folder, bundle, width), encode_kept(self._kept[folder]))
