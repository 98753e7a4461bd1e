"""Looks in the files of a log for what convicts it, where it has proven nothing. Awaits ports only.

A consistency proof from a power of two takes the old root as given, and a log that forks need not send a proof at all.
But it has to serve the tiles under what it signed, and a mirror holds those under what was cosigned.
"""

import asyncio
import logging
from typing import Final, Literal

from tacit.errors import RefusedError
from tacit.record.checkpoint import Checkpoint
from tacit.record.equivocation import Equivocation, shown_by_tree
from tacit.record.merkle import HASH_BYTES
from tacit.record.tiles import TILE_WIDTH, Tile, from_tiles
from tacit.witness.deciding import Held
from tacit.witness.ports import LogFiles, MirrorError, Source
from tacit.witness.telling import told_with

LOOK_WAIT_S: Final = 10.0
"""For all tiles of one look; at most three for each level of tiles are read."""

log: Final = logging.getLogger("tacit.witness")


class Forks:
    """Finds evidence in tiles, one look at a time: a crowd of bad requests does not become a crowd of readers."""

    def __init__(self, files: LogFiles) -> None:
        """A log has to have what it signs; a mirror has what was cosigned."""
        self._files = files
        self._is_looking = False

    async def find(self, held: Held, shown: Checkpoint, note: str) -> Equivocation | Literal["continues", "unknown"]:
        """What shows that the checkpoint in this note and the one that is held cannot both be true.

        `continues`: it was shown that they can. `unknown`: nothing was, for want of tiles.
        """
        larger = shown.size > held.size
        source = (self._files.logs if larger else self._files.mirrors).get(shown.origin)
        if source is None or self._is_looking or not held.note or shown.size in {0, held.size}:
            return "unknown"
        self._is_looking = True
        try:
            async with asyncio.timeout(LOOK_WAIT_S):
                if larger:
                    return await _look(source, held.note, note, shown.size) or "continues"
                return await _look(source, note, held.note, held.size) or "continues"
        except (MirrorError, RefusedError, TimeoutError) as error:
            log.warning("tiles_not_shown", extra=told_with(size=shown.size, reason=str(error) or "not in time"))
            return "unknown"
        finally:
            self._is_looking = False


async def _look(source: Source, first: str, second: str, size: int) -> Equivocation | None:
    steps = from_tiles(size, lambda read: shown_by_tree(first, second, read))
    try:
        tile = next(steps)
        while True:
            tile = steps.send(await _read(source, tile))
    except StopIteration as done:
        found: Equivocation | None = done.value
        return found


async def _read(source: Source, tile: Tile) -> bytes:
    """A tile, or its part of the full one where only that is left."""
    try:
        return await source.read(tile.path)
    except MirrorError:
        if tile.width == TILE_WIDTH:
            raise
        return (await source.read(tile.full.path))[: tile.width * HASH_BYTES]
