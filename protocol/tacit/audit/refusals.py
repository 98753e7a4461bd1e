"""A refusal judged again: the rules, run on the record as it was, say whether the act had to be refused. Pure.

Spec: docs/reference/verification.md, section Refusals.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from tacit import envelope, profile
from tacit.audit.auditor import Auditor
from tacit.detached import check_detached
from tacit.envelope import REFUSAL_TYPE
from tacit.errors import RefusedError, Rule
from tacit.ids import ORGANISATION, ActId, Count
from tacit.keys import Verifier
from tacit.limits import PAYLOAD_BYTES_MAX
from tacit.reading import Reading, read, refused_digest
from tacit.record import Refusal, open_refusal
from tacit.record.refusal_file import RefusalFile
from tacit.rules import State, Verifiers, check_signatures, signing_keys
from tacit.rules.handing_in import admit_handed_in, is_taken, refused_as_taken

_decoder: Final = msgspec.json.Decoder(Refusal)


class Verdict(StrEnum):
    """What a refusal comes to."""

    JUSTIFIED = "refusal.justified"
    """The rules refuse the act, by the rule that is named."""
    WRONGFUL = "refusal.wrongful"
    """The rules would have admitted the act, or it stood in the record already."""
    OTHER_RULE = "refusal.other_rule"
    """The rules refuse the act, but by another rule than the one that was signed."""
    MISPLACED = "refusal.misplaced"
    """What it says of where and when it was judged is not so in the record."""
    UNSIGNED = "refusal.unsigned"
    """The registrar of that time has not signed it: it convicts nobody and binds nobody."""
    UNDECIDED = "refusal.undecided"
    """What is at hand does not tell."""


class OtherSubmissionError(ValueError):
    """A refusal lies beside something that it is not about."""


class Rejudged(msgspec.Struct, frozen=True):
    """The verdict, on which refusal, and why in a sentence."""

    verdict: Verdict
    detail: str
    act: ActId | None
    rule: Rule
    size: Count
    received_at: datetime

    @property
    def is_wrong(self) -> bool:
        """Whether something is wrong, and not merely unknown."""
        return self.verdict not in {Verdict.JUSTIFIED, Verdict.UNDECIDED}


class Retrial:
    """Judges one refusal again, beside an `Auditor` that takes the record entry by entry."""

    def __init__(self, file: RefusalFile) -> None:
        """Take a refusal file; who signed it is known later.

        Raises:
            RefusedError: `profile.*` or `envelope.payload_type`: it holds no refusal.
            OtherSubmissionError: it holds one of something else.
        """
        self._file = file
        self.refusal = _read(file)
        self._reading, self._unreadable = _reading(file.submission)
        self._standing: int | None = None
        self._void = 0
        self._found: tuple[Verdict, str] | None = None
        self._later = False

    def look(self, auditor: Auditor) -> None:
        """Look at the record after each entry that the auditor took."""
        state, size = auditor.state, self.refusal.size
        effective, self._void = state.void == self._void, state.void
        if state.size <= size and effective:
            self._note_place(auditor)
        if state.size == size:
            self._found = self._judge(state, auditor.withheld)
        elif state.size > size and effective and not self._later:
            self._later = True
            if state.last_received_at is not None and state.last_received_at < self.refusal.received_at:
                self._misplace(f"entry {state.size - 1}, which came after it, was received before it")

    def conclude(self, entries: int, root: Callable[[int], bytes]) -> Rejudged:
        """The verdict, now that the record has been read to its end; `root` gives that of its first so many entries."""
        refusal = self.refusal
        if self._found is None:
            self._found = (Verdict.UNDECIDED, f"it was judged at {refusal.size} entries, and {entries} are at hand")
        seen = self._reading.act.header.seen if self._reading else None
        if seen is not None and refusal.size < seen.size <= entries and root(seen.size).hex() == seen.root:
            self._misplace(f"the act names the root of {seen.size} entries, so that many stood there already")
        verdict, detail = self._found
        return Rejudged(verdict, detail, refusal.act, refusal.rule, refusal.size, refusal.received_at)

    def _note_place(self, auditor: Auditor) -> None:
        reading, entry = self._reading, auditor.entry
        if reading is not None and entry is not None and entry.leaf.act == reading.act_id:
            self._standing = entry.leaf.index

    def _misplace(self, words: str) -> None:
        # What is not signed by the registrar says nothing about it.
        if self._found is None or self._found[0] is not Verdict.UNSIGNED:
            self._found = (Verdict.MISPLACED, words)

    def _judge(self, state: State, withheld: int) -> tuple[Verdict, str]:
        if state.charter is None:
            return Verdict.UNDECIDED, "the charter is not at hand, and with it the keys of the registrar"
        try:
            open_refusal(envelope.encode(self._file.refusal), _registrar(state))
        except RefusedError as error:
            return Verdict.UNSIGNED, str(error)
        place = self._place(state)
        if place is not None:
            return Verdict.MISPLACED, place
        return self._weigh(self._rejudge(state), withheld)

    def _place(self, state: State) -> str | None:
        """What the refusal says of the record that is not so."""
        refusal, last = self.refusal, state.last_received_at
        assert state.charter is not None
        if (refusal.organisation, refusal.ruleset) != (state.organisation, state.charter.ruleset):
            return "of another organisation, or under another rule-set"
        if refusal.term != state.term:
            return f"judged in term {refusal.term}, while term {state.term} ran"
        if last is not None and refusal.received_at < last:
            return f"received before entry {state.size - 1}, after which it was judged"
        return None

    def _rejudge(self, state: State) -> RefusedError | None:
        """What a registrar that follows the rules would have said; None: nothing against the act."""
        reading = self._reading
        if reading is None:
            return self._unreadable
        act, act_id = reading.act, reading.act_id
        try:
            check_signatures(signing_keys(state, act, Verifiers()), reading.envelope)
            check_detached(act.header.detached, reading.detached)
            if not is_taken(state, act):
                admit_handed_in(state, act, act_id, self.refusal.received_at)
            elif self._standing is None:
                return refused_as_taken(state, act, act_id)
        except RefusedError as error:
            return error
        return None

    def _weigh(self, ours: RefusedError | None, withheld: int) -> tuple[Verdict, str]:
        if ours is not None and ours.rule is self.refusal.rule:
            return Verdict.JUSTIFIED, str(ours)
        if ours is not None:
            verdict, words = Verdict.OTHER_RULE, f"the rules refuse the act by another rule: {ours}"
        elif self._standing is not None:
            verdict, words = Verdict.WRONGFUL, f"the act stood in the record already, as entry {self._standing}"
        else:
            verdict, words = Verdict.WRONGFUL, "the rules would have admitted the act"
        # What was handed in, and what is in the record, no entry that is withheld can change.
        if not withheld or self._standing is not None or self._reading is None:
            return verdict, words
        return Verdict.UNDECIDED, (
            f"of {withheld} entries before it only the leaves are at hand, and one of them may be the reason; "
            f"by what is at hand, {words}"
        )


def _read(file: RefusalFile) -> Refusal:
    if file.refusal.payload_type != REFUSAL_TYPE:
        raise RefusedError(Rule.PAYLOAD_TYPE, f"{file.refusal.payload_type[:80]} instead of {REFUSAL_TYPE}")
    refusal = profile.decode(file.refusal.payload, _decoder, PAYLOAD_BYTES_MAX)
    if (refusal.act, refusal.submission) != refused_digest(file.submission):
        raise OtherSubmissionError("the refusal is about something else than what lies beside it")
    return refusal


def _reading(raw: bytes) -> tuple[Reading | None, RefusedError | None]:
    try:
        return read(raw), None
    except RefusedError as error:
        return None, error


def _registrar(state: State) -> Verifier:
    """The key of the registrar as the record had it then."""
    for found in state.credentials.values():
        if (found.state, found.office) == (ORGANISATION, "registrar") and found.revoked_at is None:
            return Verifier(found.keys)
    raise RefusedError(Rule.SIGNATURE_KEY, "the organisation had no registrar then")
