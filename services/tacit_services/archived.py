"""A record as its archive has it: read, put together again, and checked. Awaits the archive's port only.

Nothing that lies there has to be trusted but the charter: every entry is under the root of a checkpoint that the log's
keys and a quorum of the witnesses have signed, and every envelope and body under an entry.
"""

from collections.abc import AsyncIterator
from typing import Final, NamedTuple

from tacit import acts, envelope, subjects
from tacit.acts import CharterDeposited
from tacit.errors import RefusedError
from tacit.ids import ActId, Digest
from tacit.record.archive import (
    BODIES,
    CHECKPOINT,
    ENVELOPES,
    decode_kept,
    message_of,
)
from tacit.record.checkpoint import Checkpoint
from tacit.record.merkle import CompactRange, leaf_hash
from tacit.record.note import parse_note
from tacit.record.organisation_log import open_checkpoint, organisation_policy, origin
from tacit.record.tiles import ENTRIES, TILE_WIDTH, Tile, decode_bundle, decode_tile, tile_at
from tacit_services.archive import Archive
from tacit_services.archived_witnessed import newest_witnessed
from tacit_services.kept_envelopes import DamagedEnvelopesError, KeptEnvelopes, bundle_of
from tacit_services.ports import NewMessage
from tacit_services.standing import readable

BRING_IN: Final = "bring it in from where it still is (tacit restore ARCHIVE --envelopes FROM)"
WRITE_AGAIN: Final = "write it again from its leaves (tacit restore ARCHIVE --log)"


class ArchiveUnusableError(Exception):
    """What lies there cannot be restored from, and why. `index`: the first entry that it is about, if it is one."""

    def __init__(self, sentence: str, index: int | None = None) -> None:
        super().__init__(sentence)
        self.index = index


class Kin(NamedTuple):
    """Whose record it is: the organisation's id, and its charter as the record's first entry has it."""

    organisation: ActId
    charter: CharterDeposited
    envelope: bytes


class Bundle(NamedTuple):
    """Some entries of the log, and the messages of the stream that belong to them, from index `first` on."""

    first: int
    entries: tuple[bytes, ...]
    messages: tuple[NewMessage, ...]


class Counted(NamedTuple):
    """A checkpoint that is signed as the charter demands, and its octets."""

    checkpoint: Checkpoint
    raw: bytes


class ArchivedRecord:
    """The entries under the last witnessed checkpoint of an archive."""

    def __init__(self, archive: Archive, kin: Kin, counted: Counted) -> None:
        self.kin = kin
        self.note = counted.raw
        """The checkpoint, as it lies there."""
        self._archive = archive
        self._checkpoint = counted.checkpoint
        self._envelopes = KeptEnvelopes(archive)

    @classmethod
    async def open(cls, archive: Archive, organisation: ActId | None = None) -> "ArchivedRecord | None":
        """Find the largest checkpoint that counts; None where there is none at all.

        Looks at those that are larger than the published one, if that counts, and at all of them if it does not.

        Raises:
            ArchiveUnusableError: it is of another organisation, or no checkpoint in it counts.
            StoreFailedError: it cannot be read now.
        """
        published = await archive.get(CHECKPOINT)
        witnessed = newest_witnessed(archive)
        newest = await anext(witnessed, None)
        if published is None and newest is None:
            return None
        kin = await _kin(archive)
        if organisation not in {None, kin.organisation}:
            raise ArchiveUnusableError(
                f"The archive is of the organisation {kin.organisation[:12]}: name the right one."
            )
        best = None if published is None else _counted(published, kin)
        while newest is not None and (best is None or best.checkpoint.size < newest[0]):
            # What lies under a larger size and does not count must not hide the largest that does.
            best = _larger(best, await _counted_among(archive, await archive.below(newest[1]), kin))
            newest = await anext(witnessed, None)
        if best is None:
            raise ArchiveUnusableError(
                "No checkpoint of the archive is signed by the keys and the quorum of its charter: name another copy."
            )
        return cls(archive, kin, best)

    @property
    def size(self) -> int:
        """How many entries the checkpoint covers."""
        return self._checkpoint.size

    @property
    def root(self) -> bytes:
        """The root that it has signed."""
        return self._checkpoint.root

    async def bundle(self, number: int) -> Bundle:
        """The entries of a bundle and their messages: each envelope is the one that its entry names.

        Raises:
            ArchiveUnusableError: a file is missing or damaged; says from which entry on.
            StoreFailedError: it cannot be read now.
        """
        first = number * TILE_WIDTH
        entries = await self.entries(number)
        kept = await self._kept(number)
        messages = []
        for index, entry in enumerate(entries, first):
            if index not in kept:
                self._envelopes.forget()
                kept |= await self._kept(number)
            messages.append(self._message(index, entry, kept.get(index)))
        return Bundle(first, entries, tuple(messages))

    async def bundles(self) -> AsyncIterator[Bundle]:
        """Every bundle; raises as `bundle` does."""
        for number in range(-(-self.size // TILE_WIDTH)):
            yield await self.bundle(number)

    async def entries(self, number: int) -> tuple[bytes, ...]:
        """The entries of a bundle, without their envelopes; raises as `bundle` does."""
        tile = tile_at(ENTRIES, number, self.size)
        raw, width = await self._tile(tile)
        try:
            return decode_bundle(raw, width)[: tile.width]
        except RefusedError as error:
            raise _damaged(tile.path, number * TILE_WIDTH) from error

    async def check(self) -> AsyncIterator[int]:
        """Check every entry against its leaf hash, and all of them against the root; yields how many are checked.

        Raises:
            ArchiveUnusableError: names the first entry that is not the one under the checkpoint, if the tiles tell.
        """
        tree = CompactRange()
        suspect: int | None = None
        async for bundle in self.bundles():
            leaves = tuple(map(leaf_hash, bundle.entries))
            tree.extend(leaves)
            if suspect is None:
                suspect = await self._first_other(bundle.first, leaves)
            yield tree.size
        if tree.root() != self.root:
            where = "" if suspect is None else f" Entry {suspect} is the first that is not the one of its tile."
            raise ArchiveUnusableError(
                f"The {self.size} entries of the archive do not have the root of its checkpoint: restore the archive "
                f"from a copy.{where}",
                suspect,
            )

    async def bodies(self) -> AsyncIterator[tuple[str, Digest]]:
        """The path and the digest of every detached body that lies in the archive."""
        for path in await self._archive.below(BODIES):
            yield path, path.rpartition("/")[2]

    async def get(self, path: str) -> bytes | None:
        """What lies there. Raises StoreFailedError."""
        return await self._archive.get(path)

    async def _first_other(self, first: int, leaves: tuple[bytes, ...]) -> int | None:
        try:
            raw, width = await self._tile(tile_at(0, first // TILE_WIDTH, self.size))
            hashes = decode_tile(raw, width)
        except (ArchiveUnusableError, RefusedError):
            return None
        return next((first + at for at, leaf in enumerate(leaves) if hashes[at] != leaf), None)

    async def _tile(self, tile: Tile) -> tuple[bytes, int]:
        for each in (tile, tile.full):
            raw = await self._archive.get(each.path)
            if raw is not None:
                return raw, each.width
        raise _damaged(tile.path, tile.index * TILE_WIDTH)

    async def _kept(self, number: int) -> dict[int, bytes]:
        try:
            return await self._envelopes.of_bundle(number)
        except DamagedEnvelopesError as error:
            raise _damaged(error.path, number * TILE_WIDTH, BRING_IN) from error

    def _message(self, index: int, entry: bytes, kept: bytes | None) -> NewMessage:
        if kept is None:
            raise ArchiveUnusableError(f"The archive lacks the envelope of entry {index}: {BRING_IN}.", index)
        try:
            data = message_of(entry, kept)
        except RefusedError as error:
            raise ArchiveUnusableError(
                f"The envelope of entry {index} in the archive is not the one that it names: {BRING_IN}.", index
            ) from error
        return NewMessage(subject_of(self.kin.organisation, data), data)


def subject_of(organisation: ActId, data: bytes) -> str:
    """The subject under which a message of the record stands: that of the place that its author signed."""
    entry = readable(data)
    place = (None, None) if entry is None else (entry.act.header.body, entry.act.header.channel)
    return subjects.entry(organisation, *place)


async def _kin(archive: Archive) -> Kin:
    """Whose archive it is: its first entry says so, and the id of the organisation is the hash of it."""
    paths = [path for path in await archive.below(f"{ENVELOPES}/_/_") if _is_first(path)]
    for path in reversed(paths):
        try:
            first = decode_kept(await archive.get(path) or b"")[0]
            signed = envelope.decode(first.data)
            content = acts.decode(signed.payload).content
        except (RefusedError, IndexError):
            continue
        if first.index == 0 and isinstance(content, CharterDeposited):
            return Kin(envelope.act_id(signed.payload), content, first.data)
    raise ArchiveUnusableError(
        "The archive does not begin with a charter: name the folder in which a notary keeps one.", 0
    )


def _is_first(path: str) -> bool:
    tile = bundle_of(path)
    return tile is not None and tile.index == 0


async def _counted_among(archive: Archive, paths: list[str], kin: Kin) -> Counted | None:
    """The largest of these that counts."""
    notes = [raw for path in paths if (raw := await archive.get(path)) is not None]
    found = [counted for raw in notes if (counted := _counted(raw, kin)) is not None]
    return max(found, key=lambda each: each.checkpoint.size, default=None)


def _larger(one: Counted | None, other: Counted | None) -> Counted | None:
    return max(filter(None, (one, other)), key=lambda each: each.checkpoint.size, default=None)


def _counted(raw: bytes, kin: Kin) -> Counted | None:
    try:
        accepted = open_checkpoint(parse_note(raw), organisation_policy(kin.organisation, kin.charter))
    except RefusedError:
        return None
    found = accepted.checkpoint
    return Counted(found, raw) if found.origin == origin(kin.organisation) and found.size else None


def _damaged(path: str, index: int, remedy: str = WRITE_AGAIN) -> ArchiveUnusableError:
    return ArchiveUnusableError(
        f"{path} of the archive is missing or damaged (from entry {index} on): {remedy}.", index
    )
