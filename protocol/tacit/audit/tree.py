"""The tree over the entries of a record as it grows, and the root that it had at every earlier size.

Leaf hashes are kept where the caller wants them (a file, for a record that is longer than the memory), 32 octets an
entry; above them 32 octets for every 256 entries are kept here.
"""

from typing import Final, Protocol

from tacit.record.merkle import EMPTY_ROOT, HASH_BYTES, perfect_root
from tacit.record.proofs import range_root
from tacit.record.tiles import TILE_LEVELS, TILE_WIDTH, Tile, TileHashes, decode_tile

TILE_BYTES: Final = TILE_WIDTH * HASH_BYTES
ROOTS_KEPT: Final = 1_024
"""Roots of earlier sizes that are remembered: most authors have seen one of the last checkpoints."""


class LeafStore(Protocol):
    """Where the hashes of full tiles of the lowest level are kept."""

    def append(self, tile: bytes) -> None:
        """Keep the next full tile of 8,192 octets."""
        ...

    def read(self, index: int) -> bytes:
        """The tile of this index."""
        ...


class MemoryLeaves:
    """Leaf hashes in memory."""

    def __init__(self) -> None:
        self._tiles: list[bytes] = []

    def append(self, tile: bytes) -> None:
        """Keep the next tile."""
        self._tiles.append(tile)

    def read(self, index: int) -> bytes:
        """The tile of this index."""
        return self._tiles[index]


class Tree:
    """Grows by leaf hashes; knows every tile and every root that it ever had."""

    def __init__(self, leaves: LeafStore) -> None:
        self._leaves = leaves
        self._edge: list[bytes] = []
        self._rows: list[bytearray] = []
        self._full = 0
        self.size = 0
        """How many leaves."""
        self._roots: dict[int, bytes] = {}

    def append(self, leaf: bytes) -> None:
        """Add the hash of the next leaf."""
        self._edge.append(leaf)
        self.size += 1
        if len(self._edge) == TILE_WIDTH:
            self._complete()

    def _complete(self) -> None:
        self._leaves.append(b"".join(self._edge))
        node = perfect_root(tuple(self._edge))
        self._full += 1
        self._edge = []
        for row in self._rows:
            row.extend(node)
            if len(row) % TILE_BYTES:
                return
            node = perfect_root(decode_tile(bytes(row[-TILE_BYTES:]), TILE_WIDTH))
        self._rows.append(bytearray(node))

    def tile(self, tile: Tile) -> bytes:
        """The octets of a tile of hashes that the tree has."""
        if tile.level:
            start = tile.index * TILE_BYTES
            return bytes(self._rows[tile.level - 1][start : start + tile.width * HASH_BYTES])
        full = self._leaves.read(tile.index) if tile.index < self._full else b"".join(self._edge)
        return full[: tile.width * HASH_BYTES]

    def node(self, level: int, index: int) -> bytes:
        """The root of a perfect subtree, for proofs."""
        return TileHashes(self.tile, self.size)(level, index)

    def root(self, size: int) -> bytes:
        """The root that the tree had when it had so many leaves, at most as many as now."""
        if size == 0:
            return EMPTY_ROOT
        found = self._roots.get(size)
        if found is None:
            while len(self._roots) >= ROOTS_KEPT:
                del self._roots[next(iter(self._roots))]
            found = self._roots[size] = range_root(0, size, TileHashes(self.tile, size))
        return found


def completed_tiles(index: int) -> list[Tile]:
    """The full tiles of hashes that bundle `index` completes, the lowest first."""
    found, level = [Tile(0, index)], 1
    count = index + 1
    while count % TILE_WIDTH == 0:
        count >>= TILE_LEVELS
        found.append(Tile(level, count - 1))
        level += 1
    return found
