"""Compares a state, and what the last act did to it, with what a row expects. Says in words what differs. Pure."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Final

import msgspec

from tacit.ids import ActId, BodyId, ChannelId
from tacit.rules import Effect, State, evaluate
from tacit.rules.effects import LateObjectionRecorded, PositionChanged
from tacit.rules.state import Body
from tacit_services.scenario.model import (
    AcknowledgementExpected,
    ConsultationExpected,
    DecisionExpected,
    EvaluationExpected,
    Expectation,
    LateObjectionExpected,
    PositionExpected,
    SilenceExpected,
    TextExpected,
)


class Seen(msgspec.Struct, frozen=True):
    """What there is to see after a row. `late_within_s`: how much later than expected a late objection may come."""

    state: State
    place: tuple[BodyId, ChannelId]
    recorded: Mapping[str, ActId]
    times: Callable[[datetime], datetime]
    effects: tuple[Effect, ...]
    refused: str | None
    late_within_s: float = 0.0

    @property
    def body(self) -> Body:
        """The scenario's body."""
        return self.state.bodies[self.place[0]]


def check(expected: Expectation, seen: Seen) -> tuple[str, ...]:
    """What differs, one sentence each; nothing where the row came out as expected."""
    return tuple(_differences(expected, seen))


def _differences(expected: Expectation, seen: Seen) -> Iterator[str]:
    yield from _differs("refused by", expected.refused, seen.refused)
    for name, look in _LOOKS.items():
        wanted = getattr(expected, name)
        if wanted is not None:
            yield from look(wanted, seen)


def _differs(what: str, expected: object, actual: object) -> Iterator[str]:
    if expected != actual:
        yield f"{what}: expected {_words(expected)}, found {_words(actual)}"


def _words(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value)) or "none"
    return "nothing" if value is None else str(value)


def _level(expected: str, seen: Seen) -> Iterator[str]:
    channel = seen.body.channels.get(seen.place[1])
    yield from _differs("level", expected, channel.level if channel else None)


def _consultations(expected: int, seen: Seen) -> Iterator[str]:
    mine = [each for each in seen.body.consultations.values() if each.channel == seen.place[1]]
    yield from _differs("consultations", expected, len(mine))


def _decisions(expected: int, seen: Seen) -> Iterator[str]:
    mine = set(seen.recorded.values()) & seen.body.decisions.keys()
    yield from _differs("decisions", expected, len(mine))


def _consultation(expected: ConsultationExpected, seen: Seen) -> Iterator[str]:
    found = seen.body.consultations.get(seen.recorded.get(expected.ref, ""))
    if found is None:
        yield f"there is no consultation {expected.ref}"
        return
    yield from _differs("consultation", expected.status, found.status)
    yield from _differs("invoking", expected.invoking, tuple(found.invoking))
    yield from _differs("outcome", expected.outcome, found.outcome)


def _text(expected: TextExpected, seen: Seen) -> Iterator[str]:
    found = seen.body.texts.get(seen.recorded.get(expected.ref, ""))
    if found is None:
        yield f"there is no text {expected.ref}"
        return
    yield from _differs("text", expected.status, found.status)
    yield from _differs("revision", expected.revision, found.revision)
    yield from _differs("lineage", seen.recorded.get(expected.lineage or ""), found.lineage)


def _position(expected: PositionExpected, seen: Seen) -> Iterator[str]:
    text = seen.body.texts.get(seen.recorded.get(expected.text, ""))
    held = text.positions.get((expected.member, expected.scope)) if text else None
    yield from _differs(f"position of {expected.member} on {expected.scope}", expected.stance, held)
    moved = [each for each in seen.effects if isinstance(each, PositionChanged) and each.state == expected.member]
    yield from _differs("position before", expected.prior, moved[0].prior if moved else None)


def _silence(expected: SilenceExpected, seen: Seen) -> Iterator[str]:
    found = seen.body.silences.get(seen.recorded.get(expected.ref, ""))
    if found is None:
        yield f"there is no silence {expected.ref}"
        return
    yield from _differs("silence", expected.status, found.status)
    yield from _differs("deadline", seen.times(expected.deadline), found.deadline.at)
    yield from _differs("broken by", expected.breakers, tuple(found.breakers))
    yield from _differs("late", expected.late, tuple(found.late))
    yield from _differs("asking for more time", expected.requests, tuple(found.requests.values()))


def _evaluation(expected: EvaluationExpected, seen: Seen) -> Iterator[str]:
    text = seen.recorded.get(expected.text, "")
    if text not in seen.body.texts:
        yield f"there is no text {expected.text}"
        return
    found = evaluate(seen.state, seen.place[0], text, expected.mode)
    yield from _differs("consensus", expected.result, found.result)
    yield from _differs("blocked by", expected.blockers, found.blockers)
    yield from _differs("qualified by", expected.qualifiers, found.qualifiers)
    if expected.undeclared is not None:
        yield from _differs("undeclared", expected.undeclared, len(found.undeclared))


def _decision(expected: DecisionExpected, seen: Seen) -> Iterator[str]:
    found = seen.body.decisions.get(seen.recorded.get(expected.ref, ""))
    yield from _differs("decision", expected.mode, found.mode if found else None)
    yield from _differs("decision on", seen.recorded.get(expected.text), found.text if found else None)


def _acknowledgement(expected: AcknowledgementExpected, seen: Seen) -> Iterator[str]:
    found = seen.body.acknowledgements.get(seen.recorded.get(expected.ref, ""))
    if found is None:
        yield f"there is no request for receipts {expected.ref}"
        return
    yield from _differs("receipts", expected.status, found.status)
    yield from _differs("missing", expected.missing, tuple(found.missing))
    yield from _differs("late", expected.late, tuple(found.late))


def _members(expected: int, seen: Seen) -> Iterator[str]:
    yield from _differs("members", expected, len(seen.body.members))


def _late_objection(expected: LateObjectionExpected, seen: Seen) -> Iterator[str]:
    found = next((each for each in seen.effects if isinstance(each, LateObjectionRecorded)), None)
    if found is None:
        yield "no late objection was recorded"
        return
    yield from _differs("late objection by", expected.member, found.state)
    yield from _differs("late objection to", seen.recorded.get(expected.silence), found.silence)
    if not 0 <= found.late_s - expected.late_s <= seen.late_within_s:
        yield f"late by: expected {expected.late_s} s and at most {seen.late_within_s} s more, found {found.late_s} s"


_LOOKS: Final[dict[str, Callable[..., Iterator[str]]]] = {
    "level": _level,
    "consultations": _consultations,
    "consultation": _consultation,
    "text": _text,
    "position": _position,
    "silence": _silence,
    "evaluation": _evaluation,
    "decision": _decision,
    "decisions": _decisions,
    "late_objection": _late_objection,
    "acknowledgement": _acknowledgement,
    "members": _members,
}
