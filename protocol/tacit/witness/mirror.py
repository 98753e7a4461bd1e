"""A full copy of a log's leaves: pulled from the log, proven against the checkpoint, durable before it is cosigned.

Bundles and tiles lie as plain files under the paths of C2SP `tlog-tiles`.
"""

import asyncio
import shutil
from pathlib import Path
from typing import Final

from tacit.errors import RefusedError, Rule
from tacit.limits import LOG_SIZE_MAX
from tacit.record.merkle import CompactRange, leaf_hash, perfect_root
from tacit.record.proofs import perfect_subtrees
from tacit.record.strict_text import read_decimal
from tacit.record.tiles import (
    ENTRIES,
    TILE_WIDTH,
    Tile,
    TileHashes,
    decode_bundle,
    decode_tile,
    encode_bundle,
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
    """Keeps one log in a folder. What it holds only grows, and nothing is served that was not proven.

    Full bundles are written as they come, so that a try that took too long need not fetch them again; the rest is
    written once all of it has led to the root.
    """

    def __init__(self, folder: Path, source: Source) -> None:
        self._folder = folder
        self._source = source
        self._turn = asyncio.Lock()

    @property
    def size(self) -> int:
        """How many entries are held.

        Raises:
            RefusedError: `log.tile`: the file that says so is damaged.
        """
        try:
            return read_decimal((self._folder / SIZE_FILE).read_text("ascii"), LOG_SIZE_MAX, Rule.LOG_TILE)
        except FileNotFoundError:
            return 0
        except UnicodeDecodeError as error:
            raise RefusedError(Rule.LOG_TILE, f"{SIZE_FILE} is damaged") from error

    async def hold(self, size: int, root: bytes) -> None:
        """See the port."""
        end_s = asyncio.get_running_loop().time() + HOLD_WAIT_S
        try:
            async with asyncio.timeout_at(end_s):
                await self._turn.acquire()
        except TimeoutError as error:
            raise MirrorError("others are being held") from error
        try:
            if size > self.size:
                await self._catch_up(size, root, end_s)
        except (OSError, RefusedError) as error:
            raise MirrorError(str(error)) from error
        finally:
            self._turn.release()

    async def _catch_up(self, size: int, root: bytes, end_s: float) -> None:
        """Fetch what is missing, and count it as held if it leads to the root."""
        held, raw = self.size, b""
        tree = await asyncio.to_thread(self._restored, held)
        first, last = tree.size // TILE_WIDTH, -(-size // TILE_WIDTH)
        for start in range(first, last, BUNDLES_AT_ONCE):
            # Between two steps, never within one: nobody else may write here while a thread still does.
            if asyncio.get_running_loop().time() > end_s:
                raise MirrorError(f"not within {HOLD_WAIT_S:.0f} s")
            wanted = [tile_at(ENTRIES, index, size) for index in range(start, min(start + BUNDLES_AT_ONCE, last))]
            for tile, raw in zip(wanted, await self._bundles(wanted), strict=True):
                tree.extend([leaf_hash(entry) for entry in decode_bundle(raw, tile.width)])
        if tree.root() != root:
            await asyncio.to_thread(self._forget, range(first, last))
            raise MirrorError("the entries that the log serves are not those of its checkpoint")
        await asyncio.to_thread(self._keep, held, size, raw)

    def _restored(self, held: int) -> CompactRange:
        """The tree of the entries in full bundles."""
        whole, read = held - held % TILE_WIDTH, TileHashes(self._file, held)
        return CompactRange(whole, tuple(read(level, index) for level, index in perfect_subtrees(0, whole)))

    async def _bundles(self, wanted: list[Tile]) -> list[bytes]:
        """All of them; where one cannot be had, the others are waited for all the same."""
        found = await asyncio.gather(*map(self._bundle, wanted), return_exceptions=True)
        if failed := [each for each in found if isinstance(each, BaseException)]:
            raise failed[0]
        return [each for each in found if isinstance(each, bytes)]

    async def _bundle(self, tile: Tile) -> bytes:
        """A bundle from an earlier try, or from the log, where a partial one may have become full by now."""
        if tile.width < TILE_WIDTH:
            try:
                return await self._source.read(tile.path)
            except MirrorError:
                raw = await self._source.read(tile.full.path)
                return encode_bundle(decode_bundle(raw, TILE_WIDTH)[: tile.width])
        left = await asyncio.to_thread(self._left, tile)
        if left is not None:
            return left
        raw = await self._source.read(tile.path)
        decode_bundle(raw, TILE_WIDTH)
        await asyncio.to_thread(write_durably, self._folder / tile.path, raw)
        return raw

    def _left(self, tile: Tile) -> bytes | None:
        """What an earlier try has left, if it is a bundle."""
        try:
            raw = self._file(tile)
            decode_bundle(raw, tile.width)
        except (FileNotFoundError, RefusedError):
            return None
        return raw

    def _forget(self, bundles: range) -> None:
        """Bundles that did not lead to the root."""
        for index in bundles:
            (self._folder / Tile(ENTRIES, index).path).unlink(missing_ok=True)

    def _keep(self, held: int, size: int, last: bytes) -> None:
        """Write the last bundle and the hashes; then it counts as held, and partial files go where the full one is."""
        added = list(grown(held, size))
        for tile in added:
            if tile.level != ENTRIES:
                write_durably(self._folder / tile.path, self._hashes(tile))
            elif tile.width < TILE_WIDTH:
                write_durably(self._folder / tile.path, last)
        write_durably(self._folder / SIZE_FILE, str(size).encode())
        for tile in added:
            if tile.width == TILE_WIDTH:
                shutil.rmtree(self._folder / f"{tile.path}.p", ignore_errors=True)

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
