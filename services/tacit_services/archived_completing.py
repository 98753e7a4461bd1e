"""Completing an archive: envelopes that it lacks are put back from wherever they are found. Awaits ports only.

A file is written only once every envelope of its bundle is at hand, and then it is the one that a notary writes: what
lies there stays what any notary would have made of the record. A damaged file is kept, under `.damaged`, as evidence.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Final, Protocol

from tacit.errors import RefusedError
from tacit.ids import Digest
from tacit.record.archive import CHECKPOINT, ENVELOPES
from tacit.record.tiles import ENTRIES, TILE_WIDTH, Tile, parse_path
from tacit_services.archive import Archive, ArchiveFile
from tacit_services.archived import ArchiveUnusableError
from tacit_services.archived_bundle import EnvelopeBundle
from tacit_services.archived_damaged import set_aside
from tacit_services.archived_leaves import bundle_leaves
from tacit_services.archived_witnessed import published_size
from tacit_services.kept_envelopes import bundle_of
from tacit_services.restoring import Teller

BUNDLES_AT_ONCE: Final = 64
"""For so many, all that is lacking is held in memory; every source is gone through once for them."""


class Sources(Protocol):
    """Where envelopes may be found."""

    async def find(self, wanted: set[Digest]) -> dict[Digest, bytes]:
        """What has one of these hashes."""
        ...


class EnvelopesLackingError(ArchiveUnusableError):
    """Nobody who was asked has them. What could be completed is complete."""

    def __init__(self, lacking: Sequence[int], digest: Digest | None) -> None:
        first, count = lacking[0], len(lacking)
        which = f"sha256 {digest}" if digest is not None else "whose leaf cannot be read"
        others = f" and of {count - 1} more" if count > 1 else ""
        super().__init__(
            f"The archive still lacks the envelope of entry {first} ({which}){others}, and nothing that was named "
            f"holds it: name other copies, too (docs/how-to/back-up-and-restore.md).",
            first,
        )
        self.lacking = lacking


async def complete(archive: Archive, sources: Sources, teller: Teller) -> int:
    """Put back whatever the archive lacks beside its leaves; how many envelopes it was. May be repeated at will.

    Raises:
        EnvelopesLackingError: some are in none of the sources; bundles that lack none of those are complete.
        StoreFailedError: the same may be done again.
    """
    teller.begin("looking for envelopes that are lacking", None)
    put, lacking, digests = 0, list[int](), dict[int, Digest]()
    async for part in _incomplete(archive, teller):
        wanted = sum(len(bundle.lacking) for bundle in part)
        digests |= {index: digest for bundle in part for index, digest in bundle.wanted.items()}
        found = await sources.find({digest for bundle in part for digest in bundle.wanted.values()})
        for bundle in part:
            bundle.take(found)
            if not bundle.lacking:
                await _write(archive, bundle)
        left = [index for bundle in part for index in bundle.lacking]
        put, lacking = put + wanted - len(left), lacking + left
    if lacking:
        raise EnvelopesLackingError(lacking, digests.get(lacking[0]))
    return put


async def _incomplete(archive: Archive, teller: Teller) -> AsyncIterator[list[EnvelopeBundle]]:
    part: list[EnvelopeBundle] = []
    async for bundle in _bundles(archive):
        teller.advance(1)
        if not bundle.is_whole:
            part.append(bundle)
        if len(part) == BUNDLES_AT_ONCE:
            yield part
            part = []
    if part:
        yield part


async def _bundles(archive: Archive) -> AsyncIterator[EnvelopeBundle]:
    """Every bundle of which leaves lie there, from the first on."""
    paths: dict[int, list[str]] = {}
    for path in await archive.below(ENVELOPES):
        tile = bundle_of(path)
        if tile is not None:
            paths.setdefault(tile.index, []).append(path)
    number, published = 0, published_size(await archive.get(CHECKPOINT))
    while leaves := await bundle_leaves(archive, number):
        is_full = len(leaves) == TILE_WIDTH
        widths = [TILE_WIDTH] if is_full else await _widths(archive, number, published - number * TILE_WIDTH)
        files = {path: await archive.get(path) or b"" for path in paths.get(number, ())}
        yield EnvelopeBundle(number, leaves, widths, files)
        number += 1


async def _widths(archive: Archive, number: int, least: int) -> list[int]:
    """Of the leaves of a bundle that is not full: those that the published checkpoint and later ones need."""
    found = []
    for path in await archive.below(f"{Tile(ENTRIES, number).path}.p"):
        try:
            found.append(parse_path(path).width)
        except RefusedError:
            continue
    return sorted(each for each in found if each >= least)


async def _write(archive: Archive, bundle: EnvelopeBundle) -> None:
    for path in bundle.damaged:
        content = bundle.content(path)
        await set_aside(archive, path)
        if content:
            await archive.replace(ArchiveFile(path, content))
        else:
            await archive.remove([path])
    await archive.put(list(bundle.due()))
