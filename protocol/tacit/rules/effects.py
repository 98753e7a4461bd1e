"""What the fold makes of an act beyond the act itself. Computed, never stored: every reader gets the same."""

from datetime import datetime
from typing import Literal

import msgspec

from tacit.acts import Stance
from tacit.errors import Rule
from tacit.ids import ActId, Scope, StateCode


class CharterInForce(msgspec.Struct, frozen=True, tag="charter_in_force"):
    """The last founder accepted."""

    founders: int


class PositionChanged(msgspec.Struct, frozen=True, tag="position_changed"):
    """A member moved; the value before is kept."""

    text: ActId
    state: StateCode
    scope: Scope
    prior: Stance
    stance: Stance


class TextSuperseded(msgspec.Struct, frozen=True, tag="text_superseded"):
    """A revision replaced a version; its positions are void with it."""

    text: ActId
    by: ActId


class SilenceBroke(msgspec.Struct, frozen=True, tag="silence_broke"):
    """A break in time: the first breaks, a further one is added to it."""

    silence: ActId
    state: StateCode
    further: bool


class LateObjectionRecorded(msgspec.Struct, frozen=True, tag="late_objection_recorded"):
    """An objection received after the deadline: visible, without effect."""

    silence: ActId
    state: StateCode
    late_s: float


class DeadlineJeopardised(msgspec.Struct, frozen=True, tag="deadline_jeopardised"):
    """The silence cannot pass until the chair acts.

    Nobody can show that acts were received up to the deadline; where `unavailable_since` is None, the roster changed.
    """

    silence: ActId
    deadline: datetime
    unavailable_since: datetime | None


class TextAgreed(msgspec.Struct, frozen=True, tag="text_agreed"):
    """A decision adopted the version."""

    text: ActId
    decision: ActId
    mode: Literal["IN_MEETING", "SILENCE"]


class TextCounted(msgspec.Struct, frozen=True, tag="text_counted"):
    """The votes on a version were counted, and it is closed."""

    text: ActId
    yes: int
    no: int
    abstain: int


class AcknowledgementComplete(msgspec.Struct, frozen=True, tag="acknowledgement_complete"):
    """Every addressee has acknowledged in time."""

    request: ActId
    act: ActId


class AcknowledgementExcused(msgspec.Struct, frozen=True, tag="acknowledgement_excused"):
    """Addressees that have left the body owe nothing any more."""

    request: ActId
    states: tuple[StateCode, ...]


class QuestionLapsed(msgspec.Struct, frozen=True, tag="question_lapsed"):
    """The roster changed before the decision: the question has to be put to the circle as it is now."""

    question: ActId
    text: ActId


class BreakProven(msgspec.Struct, frozen=True, tag="break_proven"):
    """Witnesses attested the break in time and it was lodged in time: it counts as if it had been received."""

    silence: ActId
    act: ActId
    state: StateCode
    attested: int
    needed: int


class ProofCameLate(msgspec.Struct, frozen=True, tag="proof_came_late"):
    """The break was attested in time but lodged after the closing period: the chair may void the silence on it.

    Or the silence was void by then: it stays so. `late_s` is negative where that was before the end of the period.
    """

    silence: ActId
    act: ActId
    state: StateCode
    late_s: float


class ActContested(msgspec.Struct, frozen=True, tag="act_contested"):
    """The registrar's receipt says that an act is in the record at an index, and it is not.

    `silence`: the one that it would have broken, by the time in the receipt.
    """

    act: ActId
    silence: ActId | None
    state: StateCode
    index: int
    received_at: datetime


class OutcomeVoided(msgspec.Struct, frozen=True, tag="outcome_voided"):
    """The chair voided a silence; the decision that rested on it, if there was one, is void too."""

    silence: ActId
    text: ActId
    decision: ActId | None


class EntryVoid(msgspec.Struct, frozen=True, tag="entry_void"):
    """An entry that the rules do not admit: a leaf without effect."""

    index: int
    rule: Rule
    detail: str


Effect = (
    CharterInForce
    | PositionChanged
    | TextSuperseded
    | SilenceBroke
    | LateObjectionRecorded
    | DeadlineJeopardised
    | TextAgreed
    | TextCounted
    | AcknowledgementComplete
    | AcknowledgementExcused
    | QuestionLapsed
    | BreakProven
    | ProofCameLate
    | ActContested
    | OutcomeVoided
    | EntryVoid
)
