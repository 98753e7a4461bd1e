"""Rules of acknowledgements: who is to acknowledge what by when, who has, and who is missing when the time has come."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, assert_never, get_args

from tacit.acts import (
    AcknowledgementContent,
    AcknowledgementGiven,
    AcknowledgementOverdue,
    AcknowledgementRequested,
    Act,
    Deadline,
    DeliveryRecorded,
    Receipt,
)
from tacit.errors import RefusedError, Rule
from tacit.ids import ActId, ChannelId, StateCode
from tacit.limits import DEADLINE_AHEAD_S_MAX
from tacit.record.leaf import Leaf
from tacit.rules.effects import AcknowledgementComplete, AcknowledgementExcused, Effect
from tacit.rules.silence import in_time, is_exact
from tacit.rules.state import Acknowledgement, Body, State

RECEIPTS: Final[tuple[Receipt, ...]] = get_args(Receipt)
"""Least first: whoever acts on something has read it, and whoever has read it has received it."""


def admit(state: State, body: Body, act: Act, content: AcknowledgementContent, at: datetime) -> None:
    """Check an act about acknowledgements received `at`.

    Raises:
        RefusedError: `acknowledgement.*`.
    """
    match content:
        case AcknowledgementRequested():
            _check_members(body, content.addressees)
            _check_deadline(content.deadline, at)
        case AcknowledgementGiven():
            pass
        case DeliveryRecorded():
            _check_members(body, content.states)
        case AcknowledgementOverdue():
            _admit_overdue(state, body, act, content, at)
        case _:
            assert_never(content)


def _check_members(body: Body, named: tuple[StateCode, ...]) -> None:
    if len(set(named)) != len(named) or not set(named) <= set(body.members):
        raise RefusedError(Rule.ADDRESSEES, f"members of {body.body}, each once")


def _check_deadline(deadline: Deadline, at: datetime) -> None:
    ahead = (deadline.at - at).total_seconds()
    if not 0 < ahead <= DEADLINE_AHEAD_S_MAX or not is_exact(deadline):
        found = f"{ahead:.1f} s ahead, at most {DEADLINE_AHEAD_S_MAX}, and hour and minute in the words shown"
        raise RefusedError(Rule.ACKNOWLEDGEMENT_DEADLINE, found)


def _admit_overdue(state: State, body: Body, act: Act, content: AcknowledgementOverdue, at: datetime) -> None:
    found = body.acknowledgements.get(content.request)
    if found is None or found.channel != act.header.channel or found.status != "OPEN":
        raise RefusedError(Rule.ACKNOWLEDGEMENT_UNKNOWN, content.request)
    if content.deadline != found.deadline.at or in_time(state.rules.silence, at, found.deadline.at):
        raise RefusedError(Rule.ACKNOWLEDGEMENT_NOT_DUE, f"due at {found.deadline.at.isoformat()}")
    if content.missing != tuple(found.missing):
        raise RefusedError(Rule.ACKNOWLEDGEMENT_MISSING, ", ".join(found.missing))


def enact(state: State, body: Body, act: Act, content: AcknowledgementContent, leaf: Leaf) -> tuple[Effect, ...]:
    """Carry out an admitted act about acknowledgements."""
    channel = act.header.channel or ""
    match content:
        case AcknowledgementRequested():
            body.acknowledgements[leaf.act] = Acknowledgement(
                leaf.act, channel, content.act, content.kind, content.deadline, list(content.addressees)
            )
            body.asked.setdefault((channel, content.act), []).append(leaf.act)
        case AcknowledgementGiven():
            asked = _asked(body, channel, content.act, content.kind)
            return _receive(state, asked, (act.header.state,), leaf.received_at)
        case DeliveryRecorded():
            asked = _asked(body, channel, content.act, "DELIVERY")
            return _receive(state, asked, content.states, leaf.received_at)
        case AcknowledgementOverdue():
            body.acknowledgements[content.request].status = "OVERDUE"
        case _:
            assert_never(content)
    return ()


def excuse(state: State, body: Body, states: tuple[StateCode, ...], at: datetime) -> tuple[Effect, ...]:
    """Let those who have left the body out of every request whose deadline has not passed."""
    effects: list[Effect] = []
    for each in body.acknowledgements.values():
        leaving = tuple(member for member in each.missing if member in states)
        if leaving and each.status == "OPEN" and in_time(state.rules.silence, at, each.deadline.at):
            effects += [AcknowledgementExcused(each.request, leaving), *_without(each, leaving)]
    return tuple(effects)


def _without(asked: Acknowledgement, states: tuple[StateCode, ...]) -> tuple[Effect, ...]:
    asked.missing = [member for member in asked.missing if member not in states]
    if asked.status != "OPEN" or asked.missing:
        return ()
    asked.status = "COMPLETE"
    return (AcknowledgementComplete(asked.request, asked.act),)


def _asked(body: Body, channel: ChannelId, act: ActId, kind: Receipt) -> list[Acknowledgement]:
    """The requests which a receipt of this kind answers."""
    answered = RECEIPTS[: RECEIPTS.index(kind) + 1]
    asked = (body.acknowledgements[request] for request in body.asked.get((channel, act), ()))
    return [each for each in asked if each.kind in answered]


def _receive(
    state: State, asked: Iterable[Acknowledgement], states: tuple[StateCode, ...], at: datetime
) -> tuple[Effect, ...]:
    """A receipt after the deadline is noted as late and excuses nobody, so that it can be said who was missing then."""
    effects: list[Effect] = []
    for each in asked:
        answering = tuple(member for member in states if member in each.missing and member not in each.late)
        if not in_time(state.rules.silence, at, each.deadline.at):
            each.late += answering
            continue
        effects += _without(each, answering)
    return tuple(effects)
