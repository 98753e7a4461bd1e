"""A log of numbered entries, made the slow and plain way, and every file of it."""

from functools import cache

from tacit.record.merkle import EMPTY_ROOT, leaf_hash, node_hash
from tacit.record.tiles import ENTRIES, TILE_WIDTH, Tile, encode_bundle, encode_tile, grown


def entry(index: int) -> bytes:
    return b"entry %d" % index


@cache
def leaves_of(size: int) -> tuple[bytes, ...]:
    """The hashes of the first leaves."""
    return tuple(leaf_hash(entry(index)) for index in range(size))


def root_of(leaves: tuple[bytes, ...]) -> bytes:
    """MTH as RFC 6962 writes it."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else EMPTY_ROOT
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(root_of(leaves[:split]), root_of(leaves[split:]))


@cache
def files_of(size: int) -> dict[Tile, bytes]:
    """Every file of a log of so many entries."""
    return {tile: _file(tile) for tile in grown(0, size)}


def _file(tile: Tile) -> bytes:
    first = tile.index * TILE_WIDTH
    if tile.level == ENTRIES:
        return encode_bundle(tuple(entry(first + at) for at in range(tile.width)))
    span = TILE_WIDTH**tile.level
    leaves = leaves_of((first + tile.width) * span)
    return encode_tile(tuple(root_of(leaves[at * span : (at + 1) * span]) for at in range(first, first + tile.width)))
