"""The fold at the registrar: one act after another, in the order of their stamps. Pure; changes its state in place."""

from datetime import datetime

import msgspec

from tacit import profile, subjects
from tacit.errors import RefusedError, Rule
from tacit.ids import ActId, Digest
from tacit.limits import REASON_CHARS_MAX
from tacit.reading import Place, Reading
from tacit.record import Leaf, Refusal, encode_entry
from tacit.rules import State, Verifiers, enact, signing_keys
from tacit.rules.handing_in import admit_handed_in, is_taken, refused_as_taken
from tacit_services.ports import NewMessage
from tacit_services.registrar.recent import Recent
from tacit_services.registrar.signatures import Claim, check_claim


class Recorded(msgspec.Struct, frozen=True, gc=False):
    """An act that was admitted: its leaf, its entry, where it stands, and the detached body that must precede it."""

    leaf: Leaf
    message: NewMessage
    place: Place
    body: tuple[Digest, bytes] | None


class Sought(msgspec.Struct, frozen=True, gc=False):
    """An act whose number is taken, longer ago than memory reaches: the index knows whether by this very act."""

    place: Place
    act_id: ActId
    otherwise: Refusal


Verdict = Recorded | Leaf | Refusal | Sought
"""Recorded, a repeat (the leaf of its first time), refused, or to be looked up."""


class Judge:
    """The state and who has spoken lately. Every verdict counts on the verdicts before it being carried out."""

    def __init__(self, state: State, verifiers: Verifiers, recent: Recent) -> None:
        self.state = state
        self.recent = recent
        self._verifiers = verifiers

    def claim(self, reading: Reading) -> Claim:
        """Whose signatures the act must bear, as far as the state knows now.

        Raises:
            RefusedError: `credential.unknown`, `header.releaser` or `key.unsafe`.
        """
        signers = signing_keys(self.state, reading.act, self._verifiers)
        return Claim(signers, reading.envelope, reading.act.header.detached, reading.detached)

    def judge(self, reading: Reading, received_at: datetime, checked: RefusedError | None, *, sure: bool) -> Verdict:
        """Judge an act whose signatures gave `checked`, unless its keys were not known then (`sure` is false)."""
        if not sure:
            # An act before this one may have enrolled the credential since.
            checked = self._check_again(reading)
        if checked is not None:
            return self.refuse(reading.act_id, reading.sealed, received_at, checked)
        place = reading.place
        if is_taken(self.state, reading.act):
            return self._repeat(reading, place, received_at)
        try:
            admit_handed_in(self.state, reading.act, reading.act_id, received_at)
        except RefusedError as error:
            return self.refuse(reading.act_id, reading.sealed, received_at, error)
        return self._record(reading, place, received_at)

    def refuse(self, act_id: ActId | None, sealed: Digest, received_at: datetime, error: RefusedError) -> Refusal:
        """The refusal, judged at the state as it is now."""
        state = self.state
        assert state.charter is not None, "nothing is judged before the founding"
        return Refusal(
            state.organisation or "",
            act_id,
            sealed,
            state.term,
            state.size,
            received_at,
            error.rule,
            error.detail[:REASON_CHARS_MAX],
            state.charter.ruleset,
        )

    def _check_again(self, reading: Reading) -> RefusedError | None:
        try:
            claim = self.claim(reading)
        except RefusedError as error:
            return error
        return check_claim(claim)

    def _repeat(self, reading: Reading, place: Place, received_at: datetime) -> Verdict:
        known = self.recent.find(place)
        if known is not None and known.act == reading.act_id:
            return known
        taken = refused_as_taken(self.state, reading.act, reading.act_id)
        refusal = self.refuse(reading.act_id, reading.sealed, received_at, taken)
        if known is not None or taken.rule is not Rule.EQUIVOCATION:
            return refusal
        return Sought(place, reading.act_id, refusal)

    def _record(self, reading: Reading, place: Place, received_at: datetime) -> Recorded:
        leaf, message = next_entry(self.state, reading, received_at, self.state.term)
        enact(self.state, reading.act, leaf)
        self.recent.add(place, leaf)
        digest = reading.act.header.detached
        body = (digest, profile.encode(reading.detached)) if digest and reading.detached else None
        return Recorded(leaf, message, place, body)


def next_entry(state: State, reading: Reading, received_at: datetime, term: int) -> tuple[Leaf, NewMessage]:
    """The entry that holds an act at the end of the record, and its leaf."""
    organisation = state.organisation or reading.act_id
    leaf = Leaf(1, organisation, state.size, term, received_at, reading.act_id, reading.sealed)
    header = reading.act.header
    subject = subjects.entry(organisation, header.body, header.channel)
    return leaf, NewMessage(subject, encode_entry(leaf, reading.envelope_bytes))
