"""A bundle of an archive that may lack envelopes: what it holds, what it should hold, and which files that makes. Pure.

A leaf holds the hash of its envelope. So whatever is found elsewhere is the right one or is not, and needs no witness.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from tacit.errors import RefusedError
from tacit.ids import Digest
from tacit.record.archive import (
    ENVELOPES,
    Kept,
    decode_damaged,
    encode_kept,
    envelopes_path,
    folder_of,
    kept_digest,
    message_of,
)
from tacit.record.tiles import TILE_WIDTH
from tacit_services.archive import ArchiveFile
from tacit_services.kept_envelopes import bundle_of
from tacit_services.standing import readable


class _Place(NamedTuple):
    """Where a file of envelopes lies: the folder of its channel, and how many entries of the bundle it is about."""

    folder: str
    width: int


class EnvelopeBundle:
    """The envelopes of one bundle. `widths`: of its leaves, as they lie there in files; `files`: of envelopes."""

    def __init__(self, number: int, leaves: Sequence[bytes], widths: Sequence[int], files: Mapping[str, bytes]) -> None:
        self._number = number
        self._leaves = leaves
        self._widths = widths
        self._files = files
        self._kept: dict[int, tuple[str, bytes]] = {}
        for path, raw in files.items():
            for each in decode_damaged(raw):
                self._take(each.index, each.data, _place_of(path).folder)

    @property
    def lacking(self) -> list[int]:
        """The indices of entries whose envelopes are nowhere in it."""
        first = self._number * TILE_WIDTH
        return [index for index in range(first, first + len(self._leaves)) if index not in self._kept]

    @property
    def wanted(self) -> dict[int, Digest]:
        """The hash of what each of those lacks; an entry that cannot be read wants nothing that could be found."""
        found = {}
        for index in self.lacking:
            try:
                found[index] = kept_digest(self._leaf(index))
            except RefusedError:
                continue
        return found

    @property
    def is_whole(self) -> bool:
        """Whether nothing is to be done: nothing lacks, and every file is what a notary makes of it."""
        return not self.lacking and not self.damaged and all(file.path in self._files for file in self.due())

    @property
    def damaged(self) -> list[str]:
        """The paths of files that are not what a notary makes of these envelopes, where none lacks."""
        return [path for path, raw in self._files.items() if raw != self.content(path)]

    def take(self, found: Mapping[Digest, bytes]) -> None:
        """Take what is wanted, where it was found."""
        for index, digest in self.wanted.items():
            if digest in found:
                self._take(index, found[digest], None)

    def content(self, path: str) -> bytes:
        """What belongs into a file of this bundle."""
        return self._content(_place_of(path))

    def due(self) -> Iterator[ArchiveFile]:
        """The files that have to be there: a full one, or one for each width of leaves at which a channel had grown."""
        there = {_place_of(path) for path in self._files}
        for folder in sorted({folder for folder, _ in self._kept.values()}):
            before = b""
            for width in self._widths:
                content = self._content(_Place(folder, width))
                others = (each for each in there if each.folder == folder and each.width <= width < TILE_WIDTH)
                if content != before and not any(self._content(each) == content for each in others):
                    yield ArchiveFile(envelopes_path(folder, self._number, width), content)
                before = content

    def _content(self, place: _Place) -> bytes:
        end = self._number * TILE_WIDTH + place.width
        kept = sorted((at, data) for at, (folder, data) in self._kept.items() if folder == place.folder and at < end)
        return encode_kept([Kept(index, data) for index, data in kept])

    def _leaf(self, index: int) -> bytes:
        return self._leaves[index - self._number * TILE_WIDTH]

    def _take(self, index: int, data: bytes, folder: str | None) -> None:
        """Keep it, in the folder in which it lies or belongs, if it is the one that its entry names."""
        if not 0 <= index - self._number * TILE_WIDTH < len(self._leaves):
            return
        try:
            message = message_of(self._leaf(index), data)
        except RefusedError:
            return
        self._kept[index] = (folder or _folder_of(message), data)


def _folder_of(message: bytes) -> str:
    entry = readable(message)
    return folder_of(None if entry is None else (entry.act.header.body, entry.act.header.channel))


def _place_of(path: str) -> _Place:
    tile = bundle_of(path)
    body, channel, *_ = path.removeprefix(f"{ENVELOPES}/").split("/")
    return _Place(f"{body}/{channel}", 0 if tile is None else tile.width)
