"""The log's own files, written again where an archive lacks them: hashes follow from leaves. Awaits ports only.

Nothing is written before the leaves have the root that the published checkpoint names. So what is written is what any
notary would have written, whoever a lost leaf was had from.
"""

from collections.abc import AsyncIterator, Callable
from typing import Protocol

from tacit.errors import RefusedError
from tacit.record.archive import CHECKPOINT
from tacit.record.checkpoint import Checkpoint, parse_checkpoint
from tacit.record.merkle import leaf_hash
from tacit.record.note import parse_note
from tacit.record.tiles import ENTRIES, TILE_WIDTH, Tile, decode_bundle, decode_tile, tile_at
from tacit_services.archive import Archive, ArchiveFile
from tacit_services.archived import ArchiveUnusableError
from tacit_services.archived_damaged import set_aside
from tacit_services.restoring import Teller
from tacit_services.right_edge import Head, LogFile, RightEdge

Leaves = tuple[bytes, ...]
"""Of one bundle, or their hashes."""


class Copies(Protocol):
    """Other copies of an archive, whole or in part. Nobody believes them."""

    async def files(self, path: str) -> list[bytes]:
        """What lies at this path in each of them that has something there."""
        ...


class LeavesLackingError(ArchiveUnusableError):
    """No copy has these leaves. Nothing was written."""

    def __init__(self, tile: Tile) -> None:
        super().__init__(
            f"The archive lacks the leaves in {tile.path}, and nothing that was named holds them: name another copy of "
            f"the archive, or what a witness mirrors, with --envelopes.",
            tile.index * TILE_WIDTH,
        )
        self.tile = tile


class OtherRootError(ArchiveUnusableError):
    """Leaves and checkpoint contradict each other. Nothing was written."""

    def __init__(self, size: int) -> None:
        super().__init__(
            f"The leaves of the archive have another root than its checkpoint of {size} entries: a file below "
            f"tile/entries was changed. Move that file away (tacit verify names it) and name a copy with --envelopes."
        )


async def complete_log(archive: Archive, copies: Copies, teller: Teller) -> int:
    """Write tiles and bundles again that are missing or damaged; how many it was. May be repeated at will.

    Raises:
        ArchiveUnusableError: there is no checkpoint, or what is lacking cannot be had.
        StoreFailedError: the same may be done again.
    """
    checkpoint = await _published(archive)
    teller.begin("following the leaves to their root", 2 * checkpoint.size)
    edge = RightEdge()
    async for leaves in _all_leaves(archive, copies, checkpoint.size):
        teller.advance(_append(edge, leaves))
        edge.written(len(edge.completed()))
    if edge.head != Head(checkpoint.size, checkpoint.root):
        raise OtherRootError(checkpoint.size)
    edge, written = RightEdge(), 0
    async for leaves in _all_leaves(archive, copies, checkpoint.size):
        teller.advance(_append(edge, leaves))
        completed = edge.completed()
        written += await _write(archive, completed)
        edge.written(len(completed))
    return written + await _write(archive, edge.partial())


async def _published(archive: Archive) -> Checkpoint:
    try:
        return parse_checkpoint(parse_note(await archive.get(CHECKPOINT) or b"").text)
    except RefusedError as error:
        raise ArchiveUnusableError(
            f"The archive has no checkpoint that can be read ({error}): copy the newest one below `witnessed` to "
            f"`{CHECKPOINT}`."
        ) from error


def _append(edge: RightEdge, leaves: Leaves) -> int:
    for leaf in leaves:
        edge.append(leaf)
    return len(leaves)


async def _all_leaves(archive: Archive, copies: Copies, size: int) -> AsyncIterator[Leaves]:
    for number in range(-(-size // TILE_WIDTH)):
        tile = tile_at(ENTRIES, number, size)
        found = [each async for each in _offered(archive, copies, tile, decode_bundle)]
        if not found:
            raise LeavesLackingError(tile)
        # Damage hits a leaf and its hash alike only by design: the root tells that.
        hashes = [each async for each in _offered(archive, copies, tile_at(0, number, size), decode_tile)]
        yield next((each for each in found if tuple(map(leaf_hash, each)) in hashes), found[0])


async def _offered(
    archive: Archive, copies: Copies, tile: Tile, decode: Callable[[bytes, int], Leaves]
) -> AsyncIterator[Leaves]:
    """What a file holds here, then in copies, as far as it can be read; a full file holds that of a partial one."""
    for each in dict.fromkeys((tile, tile.full)):
        own = await archive.get(each.path)
        for raw in [*([own] if own is not None else []), *await copies.files(each.path)]:
            try:
                yield decode(raw, each.width)[: tile.width]
            except RefusedError:
                continue


async def _write(archive: Archive, files: list[LogFile]) -> int:
    written = 0
    for tile, raw in files:
        there = await archive.get(tile.path)
        is_superseded = there is None and tile != tile.full and await archive.get(tile.full.path) is not None
        if there == raw or is_superseded:
            continue
        if there is not None:
            await set_aside(archive, tile.path)
        await archive.replace(ArchiveFile(tile.path, raw))
        written += 1
    return written
