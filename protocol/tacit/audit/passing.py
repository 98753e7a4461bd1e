"""One pass over a record with its log: acts, hashes, heads seen, times. Pure; what is slow is handed out."""

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from tacit.acts import AcknowledgementRequested, SilenceExtended, SilenceSet
from tacit.audit.auditor import Auditor, Job
from tacit.audit.checkpoints import Judged
from tacit.audit.findings import Fault, Finding, Findings
from tacit.audit.standing import Standing
from tacit.audit.tree import LeafStore, Tree, completed_tiles
from tacit.audit.watch import TIME_TOLERANCE_S, Watch
from tacit.detached import check_detached
from tacit.detached import decode as decode_detached
from tacit.errors import RefusedError
from tacit.record import Entry
from tacit.record.archive import IRREGULAR, folder_of, leaf_of, log_entry
from tacit.record.merkle import HASH_BYTES, leaf_hash
from tacit.record.tiles import TILE_WIDTH, Tile, hashes_at, tile_at
from tacit.rules import State, deadlines, encode_snapshot

NEWLINE: Final = b"\n"
_WITH_DEADLINE: Final = frozenset({SilenceSet, SilenceExtended, AcknowledgementRequested})


class Item(msgspec.Struct, frozen=True, gc=False):
    """One entry of a record as a source has it. At least one of the two is there."""

    entry: bytes | None
    """As the log holds it; None: the source has the record and not the log."""
    kept: bytes | None
    """What belongs to it beside the leaf; of a source without log the whole message; None: withheld."""
    folder: str | None = None
    """Under which body and channel it lay; None where a source does not keep them apart."""


class Pass:
    """Takes the items of a record in order. `auditor`, `tree` and `watch` hold what came of it."""

    def __init__(self, leaves: LeafStore, tolerance_s: float = TIME_TOLERANCE_S, *, whole: bool = False) -> None:
        """Begin before entry 0. `whole`: whoever audits is entitled to everything, so that nothing may be withheld."""
        self.auditor = Auditor()
        self.findings = Findings()
        self.tree = Tree(leaves)
        self.watch = Watch(self.tree, self.findings, tolerance_s)
        self.bodies = 0
        """Detached bodies that were at hand and are the ones that were signed."""
        self.bodies_missing = 0
        self._whole = whole

    @property
    def size(self) -> int:
        """How many entries were taken."""
        return self.tree.size

    def take(self, item: Item) -> Job | None:
        """Check and fold the next entry; return its signatures to verify."""
        index = self.tree.size
        job, entry = self._fold(index, item)
        self.tree.append(leaf_hash(entry))
        read = self.auditor.entry
        if read is not None:
            if read.act.header.seen is not None:
                self.watch.author_saw(index, read.act.header.seen)
            if type(read.act.content) in _WITH_DEADLINE:
                self.watch.deadline_began()
        received_at = self.auditor.state.last_received_at
        if received_at is not None:
            self.watch.received(index, received_at)
        return job

    def standing(self) -> Standing:
        """Where it stands, for a later pass to go on from. Raises ValueError where the charter is withheld."""
        auditor = self.auditor
        return Standing(
            v=1,
            snapshot=encode_snapshot(auditor.state, self.tree.root(self.size)),
            tolerance_s=self.watch.tolerance_s,
            signatures=auditor.signatures,
            terms=auditor.terms,
            first_received_at=auditor.first_received_at,
            watched=self.watch.watched,
        )

    def go_on(self, stood: Standing, state: State) -> None:
        """Stand where an earlier pass stood, with this state; `hash_entry` is still to get its entries."""
        self.auditor.go_on(state, stood.signatures, stood.terms, stood.first_received_at)
        self.watch.go_on(stood.watched)

    def hash_entry(self, entry: bytes) -> None:
        """Take an entry that an earlier pass has folded, as the log holds it, into the tree."""
        self.tree.append(leaf_hash(entry))

    def _fold(self, index: int, item: Item) -> tuple[Job | None, bytes]:
        entry, kept, folder = item.entry, item.kept, item.folder
        if entry is not None and (kept is None or self.auditor.by_leaf_alone):
            self.auditor.step_over(entry)
            if self._whole:
                self.findings.add(index, Fault.WITHHELD, "its envelope is not at hand")
            return None, entry
        leaf, sealed = entry if entry is not None and _is_leaf(entry) else None, kept or b""
        if leaf is not None:
            job = self.auditor.take_parts(leaf, sealed)
        else:
            job = self.auditor.take(message_of(entry, sealed))
        read = self.auditor.entry
        if folder is not None and folder != _folder_of(read):
            self.findings.add(index, Fault.DAMAGED, f"its envelope lies under {folder}: others may read it there")
        if leaf is not None and read is not None:
            return job, leaf  # it was read with just these octets as its leaf
        return job, self._entry_of(index, entry, message_of(entry, sealed))

    def _entry_of(self, index: int, entry: bytes | None, message: bytes) -> bytes:
        """What the log must hold for a message, and whether it does."""
        found = log_entry(message) if self.auditor.entry is None else leaf_of(message)
        if entry is not None and found != entry:
            self.findings.add(index, "record.leaf", "what is kept is not what the entry is about")
        return found if entry is None else entry

    def take_body(self, index: int, raw: bytes | None) -> None:
        """The detached body of the entry that was taken last, from beside the record; None where it is not there."""
        read = self.auditor.entry
        if read is None or read.act.header.detached is None:
            return
        if raw is None:
            self.bodies_missing += 1
            return
        try:
            check_detached(read.act.header.detached, decode_detached(raw))
        except RefusedError as error:
            self.findings.add(index, error.rule, f"the detached body: {error.detail}")
            return
        self.bodies += 1

    def bracket(self, judged: Judged) -> None:
        """The tree is about to grow beyond this checkpoint."""
        state = self.auditor.state
        running = state.charter is not None and bool(deadlines(state))
        self.watch.bracket(judged, state.last_received_at, deadline=running)

    def check_tiles(self, read: Callable[[Tile], bytes | None], tiles: Iterator[Tile] | list[Tile]) -> None:
        """Compare tiles of hashes, as the log's files have them, with what the entries give."""
        for tile in tiles:
            theirs, ours = read(tile), self.tree.tile(tile)
            if theirs == ours:
                continue
            first = tile.index * TILE_WIDTH ** (tile.level + 1)
            if theirs is None or len(theirs) != len(ours):
                fault = Fault.MISSING if theirs is None else Fault.DAMAGED
                self.findings.add(first, fault, tile.path)
                continue
            at = next(at for at in range(tile.width) if _hash(theirs, at) != _hash(ours, at))
            self.findings.add(first + at * TILE_WIDTH**tile.level, Fault.TILE, tile.path)

    def found(self, found: list[Finding]) -> None:
        """Findings from elsewhere."""
        self.findings.extend(found)


def edge_tiles(size: int) -> list[Tile]:
    """The partial tiles of hashes of a log of so many entries."""
    found, level = [], 0
    while hashes_at(level, size):
        width = hashes_at(level, size) % TILE_WIDTH
        found += [tile_at(level, hashes_at(level, size) // TILE_WIDTH, size)] if width else []
        level += 1
    return found


def _folder_of(entry: Entry | None) -> str:
    return folder_of(None if entry is None else (entry.act.header.body, entry.act.header.channel))


def _is_leaf(entry: bytes) -> bool:
    """Whether these octets may be a leaf, to which the envelope was put."""
    return NEWLINE not in entry and not entry.startswith(IRREGULAR)


def message_of(entry: bytes | None, kept: bytes) -> bytes:
    """The message of the record's stream, as an item has it; nothing is checked."""
    if entry is None or entry.startswith(IRREGULAR):
        return kept
    return entry + NEWLINE + kept


def _hash(tile: bytes, at: int) -> bytes:
    return tile[at * HASH_BYTES : (at + 1) * HASH_BYTES]


__all__ = ["Item", "Pass", "completed_tiles", "edge_tiles"]
