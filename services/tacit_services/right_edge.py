"""The right edge of a growing log: what is needed to write its next files and to know its root. Pure.

It holds at most 256 hashes for each level of tiles, the entries of the last bundle, and the files that are complete and
not yet durable.
"""

from typing import NamedTuple

from tacit.record.merkle import CompactRange, leaf_hash, perfect_root
from tacit.record.tiles import ENTRIES, TILE_LEVELS, TILE_WIDTH, Tile, encode_bundle, encode_tile

LogFile = tuple[Tile, bytes]


class Head(NamedTuple):
    """How many entries a log has, and the root over them."""

    size: int
    root: bytes


class RightEdge:
    """A log of `size` entries, appended to. Give back with `written` what `completed` has handed out."""

    def __init__(self) -> None:
        self.size = 0
        self._tree = CompactRange()
        self._rows: list[list[bytes]] = []
        self._entries: list[bytes] = []
        self._completed: list[LogFile] = []

    @classmethod
    def resumed(cls, size: int, rows: list[list[bytes]], entries: list[bytes]) -> "RightEdge":
        """Where a log of `size` entries stood: its partial tiles, the lowest level first, and its last entries."""
        edge = cls()
        edge.size, edge._rows, edge._entries = size, rows, entries
        frontier = [root for row in reversed(rows) for root in _perfect_roots(row)]
        edge._tree = CompactRange(size, tuple(frontier))
        return edge

    @property
    def head(self) -> Head:
        """Size and root now."""
        return Head(self.size, self._tree.root())

    def append(self, entry: bytes) -> None:
        """Add an entry."""
        leaf = leaf_hash(entry)
        self._tree.append(leaf)
        self._entries.append(entry)
        self.size += 1
        if self.size % TILE_WIDTH == 0:
            bundle = encode_bundle(tuple(self._entries))
            self._completed.append((Tile(ENTRIES, self.size // TILE_WIDTH - 1), bundle))
            self._entries = []
        self._push(leaf)

    def _push(self, root: bytes) -> None:
        level = 0
        while True:
            if level == len(self._rows):
                self._rows.append([])
            row = self._rows[level]
            row.append(root)
            if len(row) < TILE_WIDTH:
                return
            hashes = tuple(row)
            index = (self.size >> (TILE_LEVELS * (level + 1))) - 1
            self._completed.append((Tile(level, index), encode_tile(hashes)))
            row.clear()
            root, level = perfect_root(hashes), level + 1

    def completed(self) -> list[LogFile]:
        """Full tiles and bundles that are not yet known to be durable, in the order of their completion."""
        return list(self._completed)

    def partial(self) -> list[LogFile]:
        """The partial tiles and the partial bundle of a log of this size."""
        found: list[LogFile] = []
        if self._entries:
            tile = Tile(ENTRIES, self.size // TILE_WIDTH, len(self._entries))
            found.append((tile, encode_bundle(tuple(self._entries))))
        for level, row in enumerate(self._rows):
            if row:
                tile = Tile(level, self.size >> (TILE_LEVELS * (level + 1)), len(row))
                found.append((tile, encode_tile(tuple(row))))
        return found

    def written(self, count: int) -> None:
        """The first `count` of the completed files are durable."""
        del self._completed[:count]


def _perfect_roots(row: list[bytes]) -> list[bytes]:
    """The roots of the perfect subtrees that the hashes of a partial tile make up, the largest first."""
    roots, start = [], 0
    for bit in range(TILE_LEVELS - 1, -1, -1):
        width = 1 << bit
        if len(row) & width:
            roots.append(perfect_root(tuple(row[start : start + width])))
            start += width
    return roots
