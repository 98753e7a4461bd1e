"""Reading a log from its files: entries, roots, proofs, proof files. For everybody who has them; no service owns it.

Awaits whatever gives the files: an archive, or the address of a log.
"""

from collections.abc import Callable
from typing import Final, TypeVar, cast

from tacit.errors import RefusedError
from tacit.record.archive import CHECKPOINT
from tacit.record.checkpoint import parse_checkpoint
from tacit.record.merkle import HASH_BYTES
from tacit.record.note import parse_note
from tacit.record.proof_file import ProofFile
from tacit.record.proofs import HashReader, Proof, consistency_proof, inclusion_proof, range_root
from tacit.record.tiles import (
    ENTRIES,
    TILE_WIDTH,
    Tile,
    decode_bundle,
    decode_tile,
    encode_bundle,
    from_tiles,
    tile_at,
)
from tacit_services.archive import ArchiveReader

T = TypeVar("T")

TILES_KEPT: Final = 256
"""Full tiles in memory, 8 KiB each: three for each level are enough for the proofs of one checkpoint."""


class LogDamagedError(Exception):
    """A file of the log is missing or is not what it should be. No retry helps."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class LogReader:
    """Proofs from the tiles of an archive, of which it keeps some in memory."""

    def __init__(self, archive: ArchiveReader) -> None:
        self._archive = archive
        self._kept: dict[Tile, bytes] = {}

    async def inclusion(self, index: int, size: int) -> Proof:
        """The path from a leaf to the root of the first `size`.

        Raises:
            RefusedError: `log.proof` if there is no such leaf.
            LogDamagedError: a tile is missing or damaged.
            StoreFailedError: the archive cannot be read now.
        """
        return await self._with_tiles(size, lambda read: inclusion_proof(index, size, read))

    async def consistency(self, old: int, new: int) -> Proof:
        """Why the first `new` entries continue the first `old`; raises as `inclusion` does."""
        return await self._with_tiles(new, lambda read: consistency_proof(old, new, read))

    async def root(self, size: int, of: int | None = None) -> bytes:
        """The root of the first `size` entries, at least one, of a log that has `of`; raises as `inclusion` does."""
        return await self._with_tiles(of or size, lambda read: range_root(0, size, read))

    async def proof_file(self, index: int) -> ProofFile | None:
        """A proof that an entry is under the published checkpoint; None while it is not.

        Raises:
            LogDamagedError: the checkpoint, a tile or a bundle is missing or damaged.
            StoreFailedError: the archive cannot be read now.
        """
        raw = await self._archive.get(CHECKPOINT)
        if raw is None:
            return None
        try:
            note = parse_note(raw)
            size = parse_checkpoint(note.text).size
        except RefusedError as error:
            raise LogDamagedError(CHECKPOINT) from error
        return ProofFile(index, await self.inclusion(index, size), note) if index < size else None

    async def _with_tiles(self, size: int, make: Callable[[HashReader], T]) -> T:
        steps = from_tiles(size, make)
        try:
            tile = next(steps)
            while True:
                tile = steps.send(self._kept.get(tile) or await self._read(tile))
        except StopIteration as done:
            return cast("T", done.value)

    async def _read(self, tile: Tile) -> bytes:
        raw = await read_tile(self._archive, tile)
        if tile.width == TILE_WIDTH:
            while len(self._kept) >= TILES_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[tile] = raw
        return raw


async def read_tile(archive: ArchiveReader, tile: Tile) -> bytes:
    """A tile or bundle, or its part of the full one where only that is left.

    Raises:
        LogDamagedError: neither is there, or it is none.
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
        raise LogDamagedError(tile.path) from error


def _part(raw: bytes, width: int, wanted: Tile) -> bytes:
    if wanted.level == ENTRIES:
        return encode_bundle(decode_bundle(raw, width)[: wanted.width])
    decode_tile(raw, width)
    return raw[: wanted.width * HASH_BYTES]


async def read_entries(archive: ArchiveReader, bundle: int, size: int) -> tuple[bytes, ...]:
    """The entries of a bundle of a log of `size`; raises as `read_tile` does."""
    tile = tile_at(ENTRIES, bundle, size)
    return decode_bundle(await read_tile(archive, tile), tile.width)
