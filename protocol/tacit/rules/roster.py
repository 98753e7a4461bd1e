"""Rules of rosters: which bodies there are, who sits in them, and what a changed circle does to what is open.

A roster changes on the register, so that everybody can judge who might speak where. What it does in a body is seen by
those who fold that body.
"""

from datetime import datetime
from typing import assert_never

from tacit.acts import BodyConstituted, RosterAdmitted, RosterContent, RosterRemoved
from tacit.errors import RefusedError, Rule
from tacit.ids import StateCode
from tacit.record.leaf import Leaf
from tacit.rules.acknowledging import excuse
from tacit.rules.effects import DeadlineJeopardised, Effect, QuestionLapsed
from tacit.rules.silence import in_time
from tacit.rules.state import Body, State


def admit(state: State, content: RosterContent) -> None:
    """Check an act on a roster.

    Raises:
        RefusedError: `body.exists`, `body.unknown` or `roster.*`.
    """
    match content:
        case BodyConstituted():
            if content.body in state.bodies:
                raise RefusedError(Rule.BODY_EXISTS, content.body)
            _check_states(state, content.members)
        case RosterAdmitted():
            _check_states(state, content.states)
            sitting = set(content.states) & set(_body(state, content).members)
            if sitting:
                raise RefusedError(Rule.ROSTER_ADMITTED, ", ".join(sorted(sitting)))
        case RosterRemoved():
            _check_states(state, content.states)
            members = set(_body(state, content).members)
            if not set(content.states) <= members:
                raise RefusedError(Rule.ROSTER_NOT_ADMITTED, ", ".join(sorted(set(content.states) - members)))
            if set(content.states) == members:
                raise RefusedError(Rule.ROSTER_EMPTY, content.body)
        case _:
            assert_never(content)


def _check_states(state: State, named: tuple[StateCode, ...]) -> None:
    founders = {founder.state for founder in state.charter.founders} if state.charter else set()
    if len(set(named)) != len(named) or not set(named) <= founders:
        raise RefusedError(Rule.ROSTER_STATES, "members of the organisation, each once")


def _body(state: State, content: RosterAdmitted | RosterRemoved) -> Body:
    found = state.bodies.get(content.body)
    if found is None:
        raise RefusedError(Rule.BODY_UNKNOWN_HERE, content.body)
    return found


def enact(state: State, content: RosterContent, leaf: Leaf) -> tuple[Effect, ...]:
    """Carry out an admitted act on a roster."""
    if isinstance(content, BodyConstituted):
        state.bodies[content.body] = Body(content.body, content.title, content.members)
        return ()
    body = state.bodies[content.body]
    effects = _unsettle(state, body, leaf.received_at)
    if isinstance(content, RosterAdmitted):
        body.members += content.states
        for member in content.states:
            body.removed.pop(member, None)
        return effects
    body.members = tuple(member for member in body.members if member not in content.states)
    body.removed |= dict.fromkeys(content.states, leaf.index)
    return effects + excuse(state, body, content.states, leaf.received_at)


def _unsettle(state: State, body: Body, at: datetime) -> tuple[Effect, ...]:
    """What was put to one circle is not decided by another: nobody's consent is made by changing who is asked."""
    effects: list[Effect] = []
    for silence in body.silences.values():
        running = silence.status == "RUNNING" and not silence.jeopardised
        if running and in_time(state.rules.silence, at, silence.deadline.at):
            silence.jeopardised = True
            effects.append(DeadlineJeopardised(silence.silence, silence.deadline.at, None))
    for text in body.texts.values():
        if text.status == "NEGOTIATING" and text.question is not None:
            effects.append(QuestionLapsed(text.question.question, text.text))
            text.question = None
    return tuple(effects)
