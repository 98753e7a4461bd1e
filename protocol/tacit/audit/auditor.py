"""The acts of a record: form, hashes in the leaf, chains, order of time, and the admission of every act again.

What is slow is handed out: `Auditor.take` returns the signatures of an entry as a `Job`, and `check_job` may run in any
thread.
"""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from tacit.audit.findings import Finding, Findings
from tacit.envelope import Envelope
from tacit.errors import RefusedError, Rule
from tacit.record import Entry, Leaf, decode_entry, decode_parts
from tacit.record import leaf as leaf_format
from tacit.rules import (
    Signatory,
    State,
    Verifiers,
    apply,
    catalogue,
    check_signatures,
    genesis,
    signing_keys,
    step_over,
)
from tacit.rules.effects import EntryVoid


class Job(msgspec.Struct, frozen=True, gc=False):
    """The signatures of one entry, and who must have made them."""

    index: int
    signers: tuple[Signatory, ...]
    envelope: Envelope


class Auditor:
    """One pass over a record. `state` is the fold of what has been taken."""

    def __init__(self, *, at_once: bool = False) -> None:
        """Begin before entry 0. `at_once`: verify in `take`, so that an entry with a bad signature is void in the fold.

        A first pass leaves the signatures to the jobs; if one of them is bad, what follows it was judged as if it were
        not, and a second pass at once gives the record its due.
        """
        self.state: State = genesis(catalogue())
        self.findings = Findings()
        self.signatures = 0
        self.terms = 0
        self.withheld = 0
        self.first_received_at: datetime | None = None
        self._verifiers = Verifiers()
        self._at_once = at_once
        self._first: Leaf | None = None
        self.entry: Entry | None = None
        """The entry that was taken last; None where it could not be read or was withheld."""

    def go_on(self, state: State, signatures: int, terms: int, first_received_at: datetime | None) -> None:
        """Stand where an earlier one stood: `take` gets the entry after those of this state, and keeps it."""
        self.state, self.signatures, self.terms, self.first_received_at = state, signatures, terms, first_received_at

    def take(self, raw: bytes) -> Job | None:
        """Check and fold the next entry; return what remains to be verified. Never raises: what is wrong is found."""
        try:
            entry = decode_entry(raw)
        except RefusedError as error:
            self._unreadable(error)
            return None
        return self._taken(entry)

    def take_parts(self, leaf: bytes, sealed: bytes) -> Job | None:
        """Check and fold the next entry, of which leaf and envelope lie apart. Never raises."""
        try:
            entry = decode_parts(leaf, sealed)
        except RefusedError as error:
            self._unreadable(error)
            return None
        return self._taken(entry)

    def _unreadable(self, error: RefusedError) -> None:
        self.entry = None
        self.findings.add(self.state.size, error.rule, error.detail)
        step_over(self.state, None, void=True)

    def _taken(self, entry: Entry) -> Job | None:
        self.entry = entry
        if self.first_received_at is None:
            self.first_received_at = entry.leaf.received_at
        job = None if self._at_once else self._job(self.state.size, entry)
        self._fold(entry, None if job is not None else self._verifiers)
        return job

    def step_over(self, entry: bytes) -> None:
        """Check and fold an entry of which only the leaf is at hand, as the log holds it. Never raises.

        It is taken to have had an effect: the leaf does not tell.
        """
        self.entry = None
        self.withheld += 1
        state, void, last = self.state, self.state.void, self.state.last_received_at
        leaf = self._leaf(entry)
        if state.charter is None:
            self._without_register(leaf)
            return
        step_over(state, leaf, void=False)
        if leaf is not None and state.void != void:
            back = last is not None and leaf.received_at < last
            detail = f"index {leaf.index}, term {leaf.term}, received at {leaf.received_at.isoformat()}"
            self.findings.add(state.size - 1, Rule.ORDER if back else Rule.LEAF, detail)

    def _without_register(self, leaf: Leaf | None) -> None:
        """Where the charter itself is withheld, of each leaf only what leaves say of one another can be checked."""
        state, first = self.state, self._first
        if leaf is not None:
            if first is None:
                self._first, self.first_received_at = leaf, leaf.received_at
                wrong = leaf.organisation != leaf.act
            else:
                wrong = leaf.organisation != first.organisation or not state.term <= leaf.term <= state.term + 1
            if wrong or leaf.index != state.size:
                self.findings.add(state.size, Rule.LEAF, f"index {leaf.index}, term {leaf.term} at {state.size}")
            elif state.last_received_at is not None and leaf.received_at < state.last_received_at:
                self.findings.add(state.size, Rule.ORDER, "received_at went back")
            else:
                state.term, state.last_received_at = leaf.term, leaf.received_at
        state.size += 1

    @property
    def by_leaf_alone(self) -> bool:
        """Whether the charter is withheld: then no act can be checked, at hand or not."""
        return self.withheld > 0 and self.state.charter is None

    def _leaf(self, entry: bytes) -> Leaf | None:
        try:
            return leaf_format.decode(entry)
        except RefusedError as error:
            self.findings.add(self.state.size, error.rule, error.detail)
            return None

    def _job(self, index: int, entry: Entry) -> Job | None:
        try:
            signers = signing_keys(self.state, entry.act, self._verifiers)
        except RefusedError:
            return None  # folding it with the keys says which rule it breaks
        self.signatures += len(entry.envelope.signatures)
        return Job(index, signers, entry.envelope)

    def _fold(self, entry: Entry, verifiers: Verifiers | None) -> None:
        if self._at_once:
            self.signatures += len(entry.envelope.signatures)
        term = self.state.term
        effects = apply(self.state, entry, verifiers)
        self.terms += self.state.term != term
        for effect in effects:
            if isinstance(effect, EntryVoid):
                self.findings.add(effect.index, effect.rule, effect.detail)


def check_job(job: Job) -> Finding | None:
    """Verify the signatures of one entry. Thread-safe; releases the GIL."""
    try:
        check_signatures(job.signers, job.envelope)
    except RefusedError as error:
        return Finding(job.index, str(error.rule), error.detail)
    return None


def audit(entries: Iterable[bytes]) -> Auditor:
    """Check a whole record in one thread: the simple way, for a program that can wait."""
    auditor = Auditor(at_once=True)
    for raw in entries:
        auditor.take(raw)
    return auditor
