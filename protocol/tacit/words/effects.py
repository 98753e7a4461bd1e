"""Effects in words."""

from collections.abc import Callable
from typing import assert_never

from tacit.ids import ActId
from tacit.rules.effects import (
    AcknowledgementComplete,
    AcknowledgementExcused,
    ActContested,
    BreakProven,
    CharterInForce,
    DeadlineJeopardised,
    Effect,
    EntryVoid,
    LateObjectionRecorded,
    OutcomeVoided,
    PositionChanged,
    ProofCameLate,
    QuestionLapsed,
    SilenceBroke,
    TextAgreed,
    TextCounted,
    TextSuperseded,
)
from tacit.rules.state import State
from tacit.words.proofs import describe_proof
from tacit.words.quoting import ID_CHARS, known_reference, named, quote


def describe_effect(effect: Effect, state: State) -> str:
    """What the fold made of an act beyond the act itself; empty where the act has said it already."""
    bodies = state.bodies.values()
    return _effect(effect, lambda act: next(filter(None, (known_reference(body, act) for body in bodies)), ""))


def _effect(effect: Effect, reference: Callable[[ActId], str]) -> str:
    match effect:
        case CharterInForce():
            return f"the charter is in force: all {effect.founders} founders have accepted"
        case PositionChanged():
            return "" if effect.prior == "UNDECLARED" else f"before: {effect.prior}"
        case TextSuperseded():
            return f"{reference(effect.text)} is superseded, and the positions on it with it"
        case SilenceBroke() | LateObjectionRecorded() | DeadlineJeopardised():
            return _effect_on_silence(effect, reference)
        case TextAgreed() | TextCounted() | QuestionLapsed():
            return _effect_on_text(effect, reference)
        case AcknowledgementComplete() | AcknowledgementExcused():
            return _effect_on_request(effect, reference)
        case BreakProven() | ProofCameLate() | ActContested() | OutcomeVoided():
            return describe_proof(effect, reference)
        case EntryVoid():
            return f"void: {effect.rule} {quote(effect.detail)}".rstrip()
        case _:
            assert_never(effect)


def _effect_on_text(effect: TextAgreed | TextCounted | QuestionLapsed, reference: Callable[[ActId], str]) -> str:
    match effect:
        case TextAgreed():
            return f"{reference(effect.text)} is agreed"
        case TextCounted():
            return f"{reference(effect.text)} is closed by its count"
        case QuestionLapsed():
            return f"the question on {reference(effect.text)} has to be put again"
        case _:
            assert_never(effect)


def _effect_on_silence(
    effect: SilenceBroke | LateObjectionRecorded | DeadlineJeopardised, reference: Callable[[ActId], str]
) -> str:
    match effect:
        case SilenceBroke():
            return "a further break" if effect.further else "the silence is broken"
        case LateObjectionRecorded():
            return f"late objection, {effect.late_s:.3f} s after the deadline: recorded, without effect"
        case DeadlineJeopardised():
            why = "" if effect.unavailable_since else " by the change of the roster"
            return f"the deadline on {reference(effect.silence)} is jeopardised{why}: the chair must extend or withdraw"
        case _:
            assert_never(effect)


def _effect_on_request(
    effect: AcknowledgementComplete | AcknowledgementExcused, reference: Callable[[ActId], str]
) -> str:
    match effect:
        case AcknowledgementComplete():
            return f"everybody asked has acknowledged {reference(effect.act) or effect.act[:ID_CHARS]}"
        case AcknowledgementExcused():
            return f"{named(effect.states)}: no receipt is owed any more"
        case _:
            assert_never(effect)
