"""An archive, or the log behind an address, as a source: entries, envelopes, bodies, tiles, checkpoints."""

import re
from collections.abc import Iterable, Iterator
from heapq import merge
from typing import Final, NamedTuple

from tacit.audit import Fault, Finding, Item
from tacit.cli.equivocations import EVIDENCE, SUFFIX, convictions
from tacit.cli.files import FILE_BYTES_MAX, Files
from tacit.cli.source import UnreadableError
from tacit.errors import RefusedError, Rule
from tacit.ids import Digest
from tacit.record.archive import BODIES, CHECKPOINT, ENVELOPES, WITNESSED, body_path, decode_kept, envelopes_path
from tacit.record.checkpoint import parse_checkpoint
from tacit.record.merkle import HASH_BYTES
from tacit.record.note import parse_note
from tacit.record.tiles import ENTRIES, TILE_WIDTH, Tile, decode_bundle, tile_at
from tacit.record.vkey import Vkey

BUNDLES_AHEAD: Final = 8
LOOKS_MAX: Final = 8
"""How often a file is looked for that is being replaced by a fuller one."""
_GROUP: Final = re.compile(r"\d{3}\Z", re.ASCII)
_ABOVE: Final = re.compile(r"x\d{3}\Z", re.ASCII)
_GROUPS_MAX: Final = 6
_WITHHELD: Final = (None, None)


class Held(NamedTuple):
    """A checkpoint as a source holds it: the size under which it lies, where, and its octets."""

    size: int
    name: str
    raw: bytes


class Published(NamedTuple):
    """The published checkpoint as it was when a source was opened, and the largest size that had one by then.

    What a notary publishes while its archive is being read is left out: the entries were counted before.
    """

    raw: bytes | None
    newest: int

    @property
    def size(self) -> int | None:
        """How many entries it has; None where there is none, or it is damaged."""
        return size_of(self.raw) if self.raw is not None else None


class StoppedError(Exception):
    """From here on the source cannot be read; the finding says from where and why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.detail)
        self.finding = finding


class Archive:
    """The log of `size` entries in `log`, and envelopes and bodies in `beside`, as far as they are at hand."""

    def __init__(self, log: Files, beside: Files, published: Published, size: int) -> None:
        self._log, self._beside, self._published, self.size = log, beside, published, size
        self.has_log = True
        self.findings: list[Finding] = []
        self.has_bodies = bool(beside.names(BODIES))
        self._folders = [
            f"{body}/{channel}" for body in beside.names(ENVELOPES) for channel in beside.names(f"{ENVELOPES}/{body}")
        ]

    @property
    def places(self) -> list[str]:
        """Body and channel of every folder of envelopes."""
        return self._folders

    def items(self, first: int = 0) -> Iterator[Item]:
        """Every entry from `first` on, its envelope where it is at hand. Raises StoppedError, UnreadableError."""
        bundles = -(-self.size // TILE_WIDTH)
        for bundle in range(first // TILE_WIDTH, bundles):
            self._look_ahead(bundle, bundles)
            tile = tile_at(ENTRIES, bundle, self.size)
            entries = self._entries(tile)
            kept = self._kept(bundle, tile.width)
            start = bundle * TILE_WIDTH
            for at, entry in enumerate(entries[max(0, first - start) :], max(start, first)):
                sealed, folder = kept.get(at, _WITHHELD)
                yield Item(entry, sealed, folder)

    def entries(self, size: int) -> Iterator[bytes]:
        """The first `size` entries, envelopes unread. Raises StoppedError, UnreadableError."""
        size = min(size, self.size)
        bundles = -(-size // TILE_WIDTH)
        for bundle in range(bundles):
            self._look_ahead(bundle, bundles)
            yield from self._entries(tile_at(ENTRIES, bundle, self.size))[: size - bundle * TILE_WIDTH]

    def _look_ahead(self, bundle: int, bundles: int) -> None:
        ahead = range(bundle, min(bundle + BUNDLES_AHEAD, bundles)) if bundle % BUNDLES_AHEAD == 0 else ()
        for each in ahead:
            self._log.expect(tile_at(ENTRIES, each, self.size).path)
            self._log.expect(tile_at(0, each, self.size).path)

    def _entries(self, tile: Tile) -> tuple[bytes, ...]:
        first = tile.index * TILE_WIDTH
        for each in (tile, tile.full):
            raw = self._log.read(each.path)
            if raw is not None:
                try:
                    return decode_bundle(raw, each.width)[: tile.width]
                except RefusedError as error:
                    raise StoppedError(Finding(first, Fault.DAMAGED, f"{each.path}: {error.detail}")) from error
        raise StoppedError(Finding(first, Fault.MISSING, tile.path))

    def _kept(self, bundle: int, width: int) -> dict[int, tuple[bytes, str]]:
        first, found, weight = bundle * TILE_WIDTH, dict[int, tuple[bytes, str]](), 0
        for folder in self._folders:
            path, raw = self._envelopes(folder, bundle, width)
            weight += len(raw or b"")
            try:
                if weight > FILE_BYTES_MAX:
                    raise RefusedError(Rule.LOG_TILE, f"more than {FILE_BYTES_MAX} bytes of envelopes for one bundle")
                kept = decode_kept(raw or b"")
            except RefusedError as error:
                self.findings.append(Finding(first, Fault.DAMAGED, f"{path}: {error.detail}"))
                continue
            for each in kept:
                here = (each.data, folder)
                if first <= each.index < first + width and found.setdefault(each.index, here) != here:
                    self.findings.append(Finding(each.index, Fault.DAMAGED, f"{path}: another envelope lies elsewhere"))
        return found

    def _envelopes(self, folder: str, bundle: int, width: int) -> tuple[str, bytes | None]:
        """Of a bundle that is not full the file for its width, or the fuller one by which a notary has replaced it."""
        full = envelopes_path(folder, bundle, TILE_WIDTH)
        for look in range(LOOKS_MAX):
            raw = self._beside.read(full)
            if raw is not None or width == TILE_WIDTH:
                return full, raw
            widths = [int(name) for name in self._beside.names(f"{full}.p") if name.isascii() and name.isdecimal()]
            if widths:
                path = f"{full}.p/{max((each for each in widths if each <= width), default=min(widths))}"
                raw = self._beside.read(path)
                if raw is not None:
                    return path, raw
            elif look:
                break
        return full, None

    def tile(self, tile: Tile) -> bytes | None:
        """The octets of a tile of hashes; of a partial one that is gone the part of the full one."""
        raw = self._log.read(tile.path)
        if raw is None and tile.width < TILE_WIDTH:
            full = self._log.read(tile.full.path)
            raw = full[: tile.width * HASH_BYTES] if full is not None else None
        return raw

    def body(self, folder: str, digest: Digest) -> bytes | None:
        """A detached body."""
        return self._beside.read(body_path(folder, digest))

    def checkpoints(self) -> Iterator[Held]:
        """Every checkpoint, by size."""
        return checkpoints_in(self._log, self._published)

    def convictions(self, keys: Iterable[Vkey]) -> Iterator[Finding]:
        """Evidence that the log with these keys has signed two histories."""
        return convictions(self._log, keys)


def open_archive(log: Files, beside: Files) -> Archive:
    """The archive in these files, of the size of its newest checkpoint whose entries are there.

    Raises:
        UnreadableError: it has no checkpoint.
    """
    published = published_in(log)
    archive = Archive(log, beside, published, published.size or 0)
    if published.size is None:
        sizes = [held.size for held in checkpoints_in(log, published) if size_of(held.raw) is not None]
        if not sizes:
            raise UnreadableError("there is no checkpoint: it is no archive, or the log has not published one yet.")
        archive.size = max(sizes)
        fault = Fault.MISSING if published.raw is None else Fault.DAMAGED
        archive.findings.append(Finding(archive.size - 1, fault, CHECKPOINT))
    elif published.newest > published.size and _has_last(log, published.newest):
        archive.size = published.newest  # archived, and by a notary that was killed not published yet
    return archive


def _has_last(log: Files, size: int) -> bool:
    """Whether the last bundle of a log of so many entries is there."""
    last = tile_at(ENTRIES, (size - 1) // TILE_WIDTH, size)
    return any(log.read(each.path) is not None for each in (last, last.full))


def published_in(files: Files) -> Published:
    """What is published now. Whoever counts entries does so after this."""
    # In this order, for a notary archives a checkpoint before it publishes it.
    newest = max((size for size, _ in _sizes(files)), default=0)
    found = Published(files.read(CHECKPOINT), newest)
    return found._replace(newest=max(newest, found.size or 0))


def checkpoints_in(files: Files, published: Published) -> Iterator[Held]:
    """Every checkpoint in an archive by the size under which it lies, without reading more than one at a time."""
    kept = [f"{EVIDENCE}/{each}" for each in files.names(EVIDENCE) if not each.endswith((SUFFIX, ".asked"))]
    elsewhere = [(name, raw) for name in kept if (raw := files.read(name)) is not None]
    if published.raw is not None:
        elsewhere.append((CHECKPOINT, published.raw))
    extra = [Held(size_of(raw) or 0, name, raw) for name, raw in elsewhere]
    return merge(_witnessed(files, published.newest), sorted(extra), key=lambda held: held.size)


def size_of(raw: bytes) -> int | None:
    """The size that a checkpoint names; None where it is no checkpoint."""
    try:
        return parse_checkpoint(parse_note(raw).text).size
    except RefusedError:
        return None


def _witnessed(files: Files, newest: int) -> Iterator[Held]:
    for size, folder in _sizes(files):
        if size > newest:
            continue
        for each in files.names(folder):
            raw = files.read(f"{folder}/{each}")
            if raw is not None:
                yield Held(size, f"{folder}/{each}", raw)


def _sizes(files: Files) -> Iterator[tuple[int, str]]:
    """Every size under which checkpoints lie, and the folder of them, smaller ones first."""
    for groups in range(_GROUPS_MAX):
        yield from _below(files, WITNESSED, 0, groups)


def _below(files: Files, folder: str, number: int, groups: int) -> Iterator[tuple[int, str]]:
    """In the order of sizes: those written with fewer groups of digits are smaller."""
    pattern = _ABOVE if groups else _GROUP
    for name in files.names(folder):
        if pattern.match(name) is None:
            continue
        size = number * 1000 + int(name[-3:])
        if groups:
            yield from _below(files, f"{folder}/{name}", size, groups - 1)
        else:
            yield size, f"{folder}/{name}"
