"""A full copy of a log's leaves: pulled from the log, proven against the checkpoint, durable before it is cosigned.

Bundles and tiles lie as plain files under the paths of C2SP `tlog-tiles`.
"""

import asyncio
from pathlib import Path
from typing import Final

from tacit.errors import RefusedError
from tacit.record.merkle import CompactRange, leaf_hash, perfect_root
from tacit.record.proofs import perfect_subtrees
from tacit.record.tiles import (
    ENTRIES,
    TILE_WIDTH,
    Tile,
    TileHashes,
    decode_bundle,
    decode_tile,
    encode_tile,
    grown,
    hashes_at,
    parse_path,
    tile_at,
)
from tacit.witness.folder import write_durably
from tacit.witness.ports import MirrorError, Source

HOLD_WAIT_S: Final = 60.0
"""For all entries under one checkpoint; a log that is far ahead is caught up with in several requests."""
BUNDLES_AT_ONCE: Final = 8
SIZE_FILE: Final = "size"


class FolderMirror:
    """Keeps one log in a folder. What it holds only grows, and every file is proven before it is written."""

    def __init__(self, folder: Path, source: Source) -> None:
        self._folder = folder
        self._source = source
        self._turn = asyncio.Lock()

    @property
    def size(self) -> int:
        """How many entries are held."""
        try:
            return int((self._folder / SIZE_FILE).read_text())
        except FileNotFoundError:
            return 0

    async def hold(self, size: int, root: bytes) -> None:
        """See the port."""
        try:
            async with asyncio.timeout(HOLD_WAIT_S), self._turn:
                if size > self.size:
                    await self._catch_up(size, root)
        except TimeoutError as error:
            raise MirrorError(f"not within {HOLD_WAIT_S:.0f} s") from error
        except (OSError, RefusedError) as error:
            raise MirrorError(str(error)) from error

    async def _catch_up(self, size: int, root: bytes) -> None:
        """Fetch what is missing, and count it as held if it leads to the root; until then it is not served."""
        held = self.size
        tree = self._restored(held - held % TILE_WIDTH, held)
        first, last = tree.size // TILE_WIDTH, -(-size // TILE_WIDTH)
        for start in range(first, last, BUNDLES_AT_ONCE):
            wanted = [tile_at(ENTRIES, index, size) for index in range(start, min(start + BUNDLES_AT_ONCE, last))]
            read = await asyncio.gather(*(self._source.read(each.path) for each in wanted))
            for tile, raw in zip(wanted, read, strict=True):
                for entry in decode_bundle(raw, tile.width):
                    tree.append(leaf_hash(entry))
                await asyncio.to_thread(write_durably, self._folder / tile.path, raw)
        if tree.root() != root:
            raise MirrorError("the entries that the log serves are not those of its checkpoint")
        await asyncio.to_thread(self._write_hashes, held, size)

    def _restored(self, whole: int, held: int) -> CompactRange:
        """The tree of the entries in full bundles."""
        read = TileHashes(self._file, held)
        return CompactRange(whole, tuple(read(level, index) for level, index in perfect_subtrees(0, whole)))

    def _write_hashes(self, held: int, size: int) -> None:
        for tile in grown(held, size):
            if tile.level != ENTRIES:
                write_durably(self._folder / tile.path, self._hashes(tile))
        write_durably(self._folder / SIZE_FILE, str(size).encode())

    def _hashes(self, tile: Tile) -> bytes:
        if tile.level == 0:
            entries = decode_bundle(self._file(Tile(ENTRIES, tile.index, tile.width)), tile.width)
            return encode_tile(tuple(map(leaf_hash, entries)))
        below = (Tile(tile.level - 1, tile.index * TILE_WIDTH + at) for at in range(tile.width))
        return encode_tile(tuple(perfect_root(decode_tile(self._file(each), TILE_WIDTH)) for each in below))

    async def read(self, path: str) -> bytes:
        """See the port."""
        raw = await asyncio.to_thread(self.serve, parse_path(path))
        if raw is None:
            raise MirrorError(f"{path}: not held")
        return raw

    def _file(self, tile: Tile) -> bytes:
        return (self._folder / tile.path).read_bytes()

    def serve(self, tile: Tile) -> bytes | None:
        """A tile or bundle for others; None where it is not held, or not yet proven."""
        if tile.index * TILE_WIDTH + tile.width > hashes_at(tile.level, self.size):
            return None
        try:
            return self._file(tile)
        except FileNotFoundError:
            return None
