"""What checkpoints, and heads that authors had seen, say of the entries: roots, ends, and the times of receipt.

A cosignature at a time says: these entries were there then, and as far as was known no others. So what it covers was
received before it, and what it does not cover after it, give or take the tolerance.
"""

from datetime import UTC, datetime
from statistics import median_low
from typing import Final

import msgspec

from tacit.acts import Seen
from tacit.audit.checkpoints import Judged
from tacit.audit.findings import Fault, Findings
from tacit.audit.tree import Tree
from tacit.record.checkpoint import Checkpoint
from tacit.record.equivocation import Equivocation, same_size
from tacit.record.proofs import consistency_proof

TIME_TOLERANCE_S: Final = 30.0
"""How far a time of receipt may be from those of cosignatures: clocks of several parties, and a log that follows."""
EVIDENCE_MAX: Final = 16
"""Files of evidence that one audit makes: one is enough."""


class Times(msgspec.Struct):
    """How times of receipt agree with cosignatures; in seconds."""

    bracketed: int = 0
    """Entries that a cosignature covers."""
    late: int = 0
    """Entries that say they were received well before a checkpoint without them, while no deadline was known to run."""
    late_first: int | None = None
    late_s_max: float = 0.0
    gaps: int = 0
    """How often, while a deadline ran, entries came and nothing was cosigned for longer than the tolerance.

    What came in such a gap may have been received as early as its beginning, and as late as its end: nobody but the
    registrar says otherwise.
    """
    gap_first: int | None = None
    gap_s_max: float = 0.0


class Watched(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a watch stands between two entries: what it has counted, and what it holds later times of receipt to."""

    times: Times
    seen: int
    floor_s: int
    floor_size: int
    deadline: bool
    waiting: tuple[int, datetime] | None
    began: bool


class Watch:
    """Takes checkpoints in the order of their sizes while the tree passes them, and every entry's time and head."""

    def __init__(self, tree: Tree, findings: Findings, tolerance_s: float = TIME_TOLERANCE_S) -> None:
        self._tree, self._findings, self.tolerance_s = tree, findings, tolerance_s
        self.times = Times()
        self.checkpoints = 0
        self.covered = 0
        """Entries under the largest checkpoint that holds."""
        self.cosignatures = 0
        self.seen = 0
        self.evidence: list[Equivocation] = []
        """What proves to others that the log has signed two histories, at most `EVIDENCE_MAX`."""
        self._last: Judged | None = None
        self._others: list[Judged] = []
        self._floor_s, self._floor_size, self._deadline = 0, 0, False
        self._waiting: tuple[int, datetime] | None = None
        self._began = False

    @property
    def watched(self) -> Watched:
        """Where it stands."""
        floor = (self._floor_s, self._floor_size, self._deadline)
        return Watched(self.times, self.seen, *floor, self._waiting, self._began)

    def go_on(self, stood: Watched) -> None:
        """Stand where an earlier one stood."""
        self.times, self.seen = stood.times, stood.seen
        self._floor_s, self._floor_size, self._deadline = stood.floor_s, stood.floor_size, stood.deadline
        self._waiting, self._began = stood.waiting, stood.began

    def deadline_began(self) -> None:
        """The entry that was taken last has set a deadline."""
        self._began = True

    def bracket(self, judged: Judged, last_received_at: datetime | None, *, deadline: bool) -> None:
        """The tree is about to grow beyond this checkpoint. `deadline`: one is open just here."""
        if judged.finding is not None or judged.checkpoint is None or not judged.times_s:
            return
        at_s = median_low(judged.times_s)
        if last_received_at is not None:
            ahead_s = last_received_at.timestamp() - at_s
            if ahead_s > self.tolerance_s:
                words = f"{ahead_s:.1f} s after {_instant(at_s)}, when it was cosigned ({judged.name})"
                self._findings.add(max(0, judged.checkpoint.size - 1), Fault.TIME_AHEAD, words)
        self._measure(at_s, ran=deadline or self._deadline or self._began)
        self.times.bracketed = max(self.times.bracketed, judged.checkpoint.size)
        if at_s >= self._floor_s:
            self._floor_s, self._floor_size, self._deadline = at_s, judged.checkpoint.size, deadline

    def _measure(self, at_s: int, *, ran: bool) -> None:
        """How long nothing was cosigned around the first entry that waited."""
        waiting, self._waiting, self._began = self._waiting, None, False
        if waiting is None or not ran:
            return
        first, received_at = waiting
        since_s = received_at.timestamp()
        if self._deadline:
            # It ran when the last one was cosigned, so the next was due at once: also before anything came.
            since_s = min(since_s, self._floor_s)
        silent_s = at_s - since_s
        if silent_s > self.tolerance_s:
            times = self.times
            times.gaps += 1
            times.gap_first = first if times.gap_first is None else times.gap_first
            times.gap_s_max = max(times.gap_s_max, silent_s)

    def received(self, index: int, received_at: datetime) -> None:
        """An entry that no checkpoint so far has covered."""
        if self._waiting is None:
            self._waiting = (index, received_at)
        early_s = self._floor_s - received_at.timestamp()
        if early_s <= self.tolerance_s:
            return
        if self._deadline:
            words = (
                f"received {early_s:.1f} s before {_instant(self._floor_s)}, when {self._floor_size} entries were "
                "cosigned without it: dated back, or the log was behind while a deadline ran"
            )
            self._findings.add(index, Fault.TIME_BEHIND, words)
            return
        times = self.times
        times.late += 1
        times.late_first = index if times.late_first is None else times.late_first
        times.late_s_max = max(times.late_s_max, early_s)

    def author_saw(self, index: int, seen: Seen) -> None:
        """The head that the author of an entry names; the tree must have passed it."""
        self.seen += 1
        if seen.size > index:
            self._findings.add(index, Fault.SEEN_BEYOND, f"its author had seen {seen.size} entries")
        elif self._tree.root(seen.size).hex() != seen.root:
            words = f"its author had seen another root of {seen.size} entries: {seen.root}"
            self._findings.add(index, Fault.SEEN_ROOT, words)

    def check(self, judged: Judged) -> None:
        """Compare a checkpoint with the tree, which has at least as many entries."""
        if judged.finding is not None:
            self._findings.extend((judged.finding,))
        found = judged.checkpoint
        if found is None or not judged.by_the_log:
            return
        if self._tree.root(found.size) != found.root:
            self._findings.add(max(0, found.size - 1), Fault.CHECKPOINT_ROOT, f"{judged.name}: {_head(found)}")
            self._remember(judged)
            return
        if judged.finding is None:
            self.checkpoints += 1
            self.cosignatures += judged.signatures
            self.covered = max(self.covered, found.size)
        self._contradict(judged)
        self._last = judged

    def beyond(self, judged: Judged) -> None:
        """A checkpoint of more entries than there are."""
        if judged.finding is not None:
            self._findings.extend((judged.finding,))
        if judged.checkpoint is not None and judged.by_the_log:
            words = f"{judged.name}: {judged.checkpoint.size} entries, and here are {self._tree.size}"
            self._findings.add(max(0, self._tree.size - 1), Fault.CHECKPOINT_BEYOND, words)

    def _remember(self, judged: Judged) -> None:
        """Keep what the tree contradicts: what it contradicts in turn is proof against the log."""
        found = judged.checkpoint
        for other in [each for each in (self._last, *self._others) if each is not None and found is not None]:
            if other.checkpoint is not None and found is not None and other.checkpoint.size == found.size:
                self._convict(other, judged)
        if not any(other.checkpoint == found for other in self._others):
            self._others = [*self._others[-15:], judged]

    def _contradict(self, good: Judged) -> None:
        """The tree passes through all that is smaller: a smaller one that it contradicts cannot be true with this."""
        size = good.checkpoint.size if good.checkpoint is not None else 0
        larger = []
        for other in self._others:
            if other.checkpoint is None or other.checkpoint.size > size:
                larger.append(other)
            else:
                self._convict(other, good)
        self._others = larger

    def _convict(self, one: Judged, other: Judged) -> None:
        if one.checkpoint is None or other.checkpoint is None or one.checkpoint == other.checkpoint:
            return
        words = f"{one.name} ({_head(one.checkpoint)}) and {other.name} ({_head(other.checkpoint)})"
        self._findings.add(max(0, one.checkpoint.size - 1), Fault.EQUIVOCATION, f"the log signed both {words}")
        if len(self.evidence) < EVIDENCE_MAX:
            self.evidence.append(self._prove(one, other, one.checkpoint.size, other.checkpoint.size))

    def _prove(self, one: Judged, other: Judged, small: int, large: int) -> Equivocation:
        """Of two sizes the tree has the root of the larger: so what the tree was at the smaller is shown by it."""
        if small == large:
            return same_size(one.note, other.note)
        proof = consistency_proof(small, large, self._tree.node)
        return Equivocation(1, one.note, other.note, self._tree.root(small), proof)


def _head(found: Checkpoint) -> str:
    return f"{found.size} entries, root {found.root.hex()[:16]}"


def _instant(at_s: int) -> str:
    """For a person. A cosignature may name a second that is in no calendar."""
    try:
        return datetime.fromtimestamp(at_s, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return f"second {at_s} since 1970"
