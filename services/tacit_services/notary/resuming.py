"""The right edge of a log, read from its files. Awaits the archive."""

from tacit.record.tiles import ENTRIES, TILE_LEVELS, TILE_WIDTH, Tile, decode_bundle, decode_tile, hashes_at
from tacit_services.archive import ArchiveReader
from tacit_services.log_reading import read_tile
from tacit_services.right_edge import RightEdge


async def resume_edge(archive: ArchiveReader, size: int) -> RightEdge:
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
