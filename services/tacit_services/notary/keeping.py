"""What is at hand of a log in an archive: tiles for proofs, and its right edge at a size. Awaits the archive."""

from collections.abc import Callable
from typing import Final, TypeVar

from tacit.errors import RefusedError
from tacit.record.merkle import HASH_BYTES
from tacit.record.proofs import HashReader, Proof, consistency_proof, inclusion_proof, range_root
from tacit.record.tiles import (
    ENTRIES,
    TILE_LEVELS,
    TILE_WIDTH,
    Tile,
    TileHashes,
    decode_bundle,
    decode_tile,
    encode_bundle,
    hashes_at,
    tile_at,
)
from tacit_services.archive import Archive
from tacit_services.notary.edge import RightEdge
from tacit_services.notary.errors import ArchiveDamagedError

T = TypeVar("T")

TILES_KEPT: Final = 256
"""Full tiles in memory, 8 KiB each: three for each level are enough for the proofs of one checkpoint."""


class _MissingTileError(Exception):
    def __init__(self, tile: Tile) -> None:
        super().__init__(tile.path)
        self.tile = tile


class LogReader:
    """Proofs from the tiles of an archive, of which it keeps some in memory."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._kept: dict[Tile, bytes] = {}

    async def inclusion(self, index: int, size: int) -> Proof:
        """The path from a leaf to the root of the first `size`.

        Raises:
            RefusedError: `log.proof` if there is no such leaf.
            ArchiveDamagedError: a tile is missing or damaged.
            StoreFailedError: the archive cannot be read now.
        """
        return await self._with_tiles(size, lambda read: inclusion_proof(index, size, read))

    async def consistency(self, old: int, new: int) -> Proof:
        """Why the first `new` entries continue the first `old`; raises as `inclusion` does."""
        return await self._with_tiles(new, lambda read: consistency_proof(old, new, read))

    async def root(self, size: int) -> bytes:
        """The root of the first `size` entries, at least one; raises as `inclusion` does."""
        return await self._with_tiles(size, lambda read: range_root(0, size, read))

    async def _with_tiles(self, size: int, make: Callable[[HashReader], T]) -> T:
        held: dict[Tile, bytes] = {}

        def look_up(tile: Tile) -> bytes:
            found = held.get(tile) or self._kept.get(tile)
            if found is None:
                raise _MissingTileError(tile)
            return found

        while True:
            try:
                return make(TileHashes(look_up, size))
            except _MissingTileError as missing:
                held[missing.tile] = await self._read(missing.tile)

    async def _read(self, tile: Tile) -> bytes:
        raw = await read_tile(self._archive, tile)
        if tile.width == TILE_WIDTH:
            while len(self._kept) >= TILES_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[tile] = raw
        return raw


async def read_tile(archive: Archive, tile: Tile) -> bytes:
    """A tile or bundle, or its part of the full one where only that is left.

    Raises:
        ArchiveDamagedError: neither is there, or it is none.
        StoreFailedError: the archive cannot be read now.
    """
    raw = await archive.get(tile.path)
    whole = tile
    if raw is None and tile.width < TILE_WIDTH:
        whole = tile.full
        raw = await archive.get(whole.path)
    try:
        return _part(raw or b"", whole.width, tile)
    except RefusedError as error:
        raise ArchiveDamagedError(tile.path, tile.index * TILE_WIDTH) from error


def _part(raw: bytes, width: int, wanted: Tile) -> bytes:
    if wanted.level == ENTRIES:
        return encode_bundle(decode_bundle(raw, width)[: wanted.width])
    decode_tile(raw, width)
    return raw[: wanted.width * HASH_BYTES]


async def resume_edge(archive: Archive, size: int) -> RightEdge:
    """The right edge of the log at a size for which a checkpoint was published; raises as `read_tile` does."""
    rows: list[list[bytes]] = []
    level = 0
    while hashes_at(level, size):
        width = hashes_at(level, size) % TILE_WIDTH
        tile = Tile(level, size >> (TILE_LEVELS * (level + 1)), width)
        rows.append(list(decode_tile(await read_tile(archive, tile), width)) if width else [])
        level += 1
    last = size % TILE_WIDTH
    tile = Tile(ENTRIES, size // TILE_WIDTH, last)
    entries = list(decode_bundle(await read_tile(archive, tile), last)) if last else []
    return RightEdge.resumed(size, rows, entries)


async def read_entries(archive: Archive, bundle: int, size: int) -> tuple[bytes, ...]:
    """The entries of a bundle of a log of `size`; raises as `read_tile` does."""
    tile = tile_at(ENTRIES, bundle, size)
    return decode_bundle(await read_tile(archive, tile), tile.width)
