"""The leaves of an archive, also those that no checkpoint covers yet.

Awaits the archive's port only. A notary puts bundles in their order, and each before its envelopes: no file knows of an
entry of which no leaf lies there.
"""

from tacit.errors import RefusedError
from tacit.record.tiles import ENTRIES, TILE_WIDTH, Tile, decode_bundle, parse_path
from tacit_services.archive import Archive


async def leaf_count(archive: Archive, known: int) -> int:
    """How many leaves lie there without a gap: at least `known`, which somebody else vouches for.

    Reads the bundles behind those alone. Raises StoreFailedError.
    """
    number = known // TILE_WIDTH
    while await archive.get(Tile(ENTRIES, number).path) is not None:
        number += 1
    return max(known, number * TILE_WIDTH + len(await bundle_leaves(archive, number)))


async def bundle_leaves(archive: Archive, number: int) -> tuple[bytes, ...]:
    """The leaves of a bundle: all, or as many as the widest file has while it is not full; none where it is damaged.

    Raises StoreFailedError.
    """
    tile = Tile(ENTRIES, number)
    raw = await archive.get(tile.path)
    if raw is None:
        tile = max(map(_tile, await archive.below(f"{tile.path}.p")), key=lambda each: each.width, default=tile)
        raw = await archive.get(tile.path)
    try:
        return decode_bundle(raw or b"", tile.width)
    except RefusedError:
        return ()


def _tile(path: str) -> Tile:
    """What a path names; of one that names none, a bundle without a leaf."""
    try:
        return parse_path(path)
    except RefusedError:
        return Tile(ENTRIES, 0, 0)
