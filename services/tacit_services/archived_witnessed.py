"""Where the witnessed checkpoints of an archive lie: all of them, or the few that may be newer than `checkpoint`.

Awaits the archive's port only. Nothing of what lies there is judged here.
"""

from typing import Final

from tacit.errors import RefusedError
from tacit.record.archive import WITNESSED, witnessed_folder
from tacit.record.checkpoint import parse_checkpoint
from tacit.record.note import parse_note
from tacit.record.tiles import parse_path
from tacit_services.archive import Archive
from tacit_services.archived_leaves import leaf_count

SIZES_MAX: Final = 4096
"""Sizes at which one is looked for behind `checkpoint`, the largest first; a record may have a hundred thousand of them
before it. What lies behind without being found is shown as what no checkpoint covers."""

Witnessed = dict[int, list[str]]
"""The paths of checkpoints by the size under which they lie."""


async def every_witnessed(archive: Archive) -> Witnessed:
    """All of them. Raises StoreFailedError."""
    sizes: Witnessed = {}
    for path in await archive.below(WITNESSED):
        try:
            tile = parse_path(f"tile/entries/{path.removeprefix(f'{WITNESSED}/').rpartition('/')[0]}")
        except RefusedError:
            continue
        sizes.setdefault(tile.index, []).append(path)
    return sizes


async def newly_witnessed(archive: Archive, published: bytes | None) -> Witnessed:
    """Those of more entries than `published` covers, but of no more than have leaves. Raises StoreFailedError.

    A notary archives a checkpoint before it publishes it: one that was killed between the two leaves such a one.
    """
    size = published_size(published)
    leaves = await leaf_count(archive, size)
    looked_at = range(leaves, max(size, leaves - SIZES_MAX), -1)
    found = {each: await archive.below(witnessed_folder(each)) for each in looked_at}
    return {each: paths for each, paths in found.items() if paths}


def published_size(published: bytes | None) -> int:
    """How many entries the published checkpoint has; none where there is none, or it is damaged."""
    try:
        return parse_checkpoint(parse_note(published or b"").text).size
    except RefusedError:
        return 0
