"""Tiles of hashes and bundles of entries: the files of a log (C2SP `tlog-tiles`). Spec: docs/reference/spec/log.md."""

import re
from collections.abc import Callable, Generator, Iterator
from typing import Final, TypeVar

import msgspec

from tacit.errors import RefusedError, Rule
from tacit.limits import LOG_ENTRY_BYTES_MAX, LOG_SIZE_MAX
from tacit.record.merkle import HASH_BYTES, perfect_root
from tacit.record.proofs import HashReader

TILE_WIDTH: Final = 256
"""Hashes of a full tile, entries of a full bundle."""
TILE_LEVELS: Final = 8
"""Levels of the tree in one level of tiles."""
ENTRIES: Final = -1
"""The level of entry bundles, as it were below that of the leaf hashes."""
LEVEL_MAX: Final = 63

_PATH: Final = re.compile(r"tile/(entries|0|[1-9]\d?)/((?:x\d{3}/)*\d{3})(?:\.p/([1-9]\d{0,2}))?\Z", re.ASCII)


class Tile(msgspec.Struct, frozen=True):
    """A tile or, at level `ENTRIES`, a bundle: `width` hashes or entries, 256 where it is full."""

    level: int
    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """Where it lies below the prefix of a log, such as `tile/0/x001/234.p/5`."""
        groups = [f"{self.index % 1000:03d}"]
        rest = self.index // 1000
        while rest:
            groups.insert(0, f"x{rest % 1000:03d}")
            rest //= 1000
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{level}/{'/'.join(groups)}{partial}"

    @property
    def full(self) -> "Tile":
        """The full tile in the place of this one."""
        return Tile(self.level, self.index)


T = TypeVar("T")

TileReader = Callable[[Tile], bytes]
"""The bytes of a tile. May raise what its source raises."""


def parse_path(path: str) -> Tile:
    """The tile that a path names.

    Raises:
        RefusedError: `log.tile`, and nothing else.
    """
    found = _PATH.match(path)
    if found is None:
        raise RefusedError(Rule.LOG_TILE, f"no path of a tile: {path[:80]}")
    level = ENTRIES if found[1] == "entries" else int(found[1])
    tile = Tile(level, int(re.sub(r"[x/]", "", found[2])), int(found[3] or TILE_WIDTH))
    beyond = tile.index > LOG_SIZE_MAX or level > LEVEL_MAX
    if beyond or tile.path != path:
        raise RefusedError(Rule.LOG_TILE, f"no path of a tile: {path[:80]}")
    return tile


def tile_at(level: int, index: int, size: int) -> Tile:
    """The tile in this place of a log of `size` entries, full or partial.

    Raises:
        RefusedError: `log.tile` if such a log has none there.
    """
    width = min(TILE_WIDTH, hashes_at(level, size) - index * TILE_WIDTH)
    if index < 0 or width <= 0:
        raise RefusedError(Rule.LOG_TILE, f"no tile {index} at level {level} of a log of {size}")
    return Tile(level, index, width)


def hashes_at(level: int, size: int) -> int:
    """How many hashes the tiles of one level hold together, or how many entries the bundles."""
    return size >> (TILE_LEVELS * max(level, 0))


def grown(old: int, new: int) -> Iterator[Tile]:
    """Every tile and bundle that a log of `new` entries has and one of `old` had not; bundles first, then upward."""
    for level in range(ENTRIES, LEVEL_MAX + 1):
        before, after = hashes_at(level, old), hashes_at(level, new)
        if level > ENTRIES and not after:
            return
        for index in range(before // TILE_WIDTH, -(-after // TILE_WIDTH)):
            if after > before:
                yield tile_at(level, index, new)


def encode_tile(hashes: tuple[bytes, ...]) -> bytes:
    """The bytes of a tile."""
    return b"".join(hashes)


def decode_tile(raw: bytes, width: int) -> tuple[bytes, ...]:
    """The hashes of a tile.

    Raises:
        RefusedError: `log.tile` if it has another number of bytes.
    """
    if not 1 <= width <= TILE_WIDTH or len(raw) != width * HASH_BYTES:
        raise RefusedError(Rule.LOG_TILE, f"{len(raw)} bytes are not a tile of {width} hashes")
    return tuple(raw[at : at + HASH_BYTES] for at in range(0, len(raw), HASH_BYTES))


def encode_bundle(entries: tuple[bytes, ...]) -> bytes:
    """The bytes of a bundle: each entry after its length in two bytes, the higher first.

    Raises:
        RefusedError: `log.tile` if an entry is longer than that can say.
    """
    if any(len(entry) > LOG_ENTRY_BYTES_MAX for entry in entries):
        raise RefusedError(Rule.LOG_TILE, f"an entry has at most {LOG_ENTRY_BYTES_MAX} bytes")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_bundle(raw: bytes, width: int) -> tuple[bytes, ...]:
    """The entries of a bundle.

    Raises:
        RefusedError: `log.tile` if the bytes are not exactly `width` entries.
    """
    entries: list[bytes] = []
    at, end = 0, len(raw)
    for _ in range(min(width, TILE_WIDTH)):
        if at + 2 > end:
            break
        start = at + 2
        at = start + (raw[at] << 8 | raw[at + 1])
        entries.append(raw[start:at])
    if at != end or len(entries) != width or not entries:
        raise RefusedError(Rule.LOG_TILE, f"{end} bytes are not a bundle of {width} entries")
    return tuple(entries)


class TileHashes:
    """A `HashReader` over the tiles of a log of `size` entries. Keeps the last `kept` tiles that it has read."""

    def __init__(self, read: TileReader, size: int, kept: int = 64) -> None:
        self._read, self._size, self._kept = read, size, kept
        self._tiles: dict[Tile, tuple[bytes, ...]] = {}

    def __call__(self, level: int, index: int) -> bytes:
        """The root of a perfect subtree.

        Raises:
            RefusedError: `log.tile` if the log has no such subtree or the tile is no tile; and what the reader raises.
        """
        row, above = divmod(level, TILE_LEVELS)
        first = index << above
        tile = tile_at(row, first // TILE_WIDTH, self._size)
        start = first % TILE_WIDTH
        below = self._hashes(tile)[start : start + (1 << above)]
        if len(below) != 1 << above:
            raise RefusedError(Rule.LOG_TILE, f"no node {index} at level {level} of a log of {self._size}")
        return perfect_root(below)

    def _hashes(self, tile: Tile) -> tuple[bytes, ...]:
        found = self._tiles.pop(tile, None)
        if found is None:
            found = decode_tile(self._read(tile), tile.width)
            while len(self._tiles) >= self._kept:
                del self._tiles[next(iter(self._tiles))]
        self._tiles[tile] = found
        return found


class _MissingTileError(Exception):
    def __init__(self, tile: Tile) -> None:
        super().__init__(tile.path)
        self.tile = tile


def from_tiles(size: int, make: Callable[[HashReader], T]) -> Generator[Tile, bytes, T]:
    """Make something of the hashes of a log of `size`. It asks for one tile after the other and is sent the bytes.

    So whoever reads tiles may wait for them, and this need not.

    Raises:
        RefusedError: `log.tile` for bytes that are no such tile; and what `make` raises.
    """
    held: dict[Tile, bytes] = {}

    def look_up(tile: Tile) -> bytes:
        if tile not in held:
            raise _MissingTileError(tile)
        return held[tile]

    while True:
        try:
            return make(TileHashes(look_up, size))
        except _MissingTileError as missing:
            held[missing.tile] = yield missing.tile
