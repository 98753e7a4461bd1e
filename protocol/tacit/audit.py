"""Checking a record from its first entry, as any member or auditor can: pure, entry by entry, trusting no service.

What is slow is handed out: `Auditor.take` returns the signatures of an entry as a `Job`, and `check_job` may run in any
thread. The admission of every act is run again in `take`; so are form, hashes, chains and the order of time.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from tacit.envelope import Envelope
from tacit.errors import RefusedError
from tacit.record import Entry, decode_entry
from tacit.rules import (
    Signatory,
    State,
    Verifiers,
    apply,
    apply_bytes,
    catalogue,
    check_signatures,
    genesis,
    signing_keys,
)
from tacit.rules.effects import EntryVoid

PROVED: Final = (
    "every entry has the one form that the profile allows, and its leaf names the hashes of its envelope and act",
    "every signature is by the keys that the record itself had enrolled for that office at that entry",
    "each author's chain of acts has no gap, no repetition and no fork",
    "the index counts up without a gap and the time of receipt never goes back",
    "the rules, run again from the charter, admit every act and give the outcome shown",
)
NOT_PROVED: Final = (
    "that nothing is missing at the end, and everybody is shown the same record: checkpoints are not looked at yet",
    "that acts were received when the registrar says so: the times of cosignatures are not looked at yet",
    "that the detached texts are at hand: only their hashes are in the record",
    "whose keys the founders' root keys are: compare the fingerprints in the charter with the founders",
)


class Finding(msgspec.Struct, frozen=True):
    """What is wrong with one entry, by the name of the rule."""

    index: int
    rule: str
    detail: str


class Job(msgspec.Struct, frozen=True):
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
        self.findings: list[Finding] = []
        self.signatures = 0
        self.terms = 0
        self.first_received_at: datetime | None = None
        self._verifiers = Verifiers()
        self._at_once = at_once

    def take(self, raw: bytes) -> Job | None:
        """Check and fold the next entry; return what remains to be verified. Never raises: what is wrong is found."""
        index = self.state.size
        try:
            entry = decode_entry(raw)
        except RefusedError as error:
            apply_bytes(self.state, raw)
            self.findings.append(Finding(index, str(error.rule), error.detail))
            return None
        if self.first_received_at is None:
            self.first_received_at = entry.leaf.received_at
        job = None if self._at_once else self._job(index, entry)
        self._fold(entry, None if job is not None else self._verifiers)
        return job

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
                self.findings.append(Finding(effect.index, str(effect.rule), effect.detail))


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
