"""What is due: pure, from the state of the fold. It states only what the rules already imply."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from tacit.acts import AcknowledgementOverdue, DecisionAdopted, SilencePassed, Version
from tacit.compose import Author, Composed, Window, compose, next_link
from tacit.ids import ActId, BodyId, ChannelId
from tacit.limits import VALIDITY_S_MAX
from tacit.rules import State, deadlines
from tacit.rules.state import Body, Silence

RESOLUTION: Final = timedelta(milliseconds=1)
"""A break stamped on the very deadline is in time, so the passing is stamped after it."""


class Due(msgspec.Struct, frozen=True):
    """The next act to sign, where, and not before when."""

    at: datetime
    body: BodyId
    channel: ChannelId
    content: SilencePassed | DecisionAdopted | AcknowledgementOverdue


def next_due(state: State) -> Due | None:
    """The earliest thing to state: a decision that a passed silence implies, else the next deadline, else None.

    Two timekeepers that see the same record find the same, so two of them do no harm.
    """
    implied = [_adoption(body, silence) for body in state.bodies.values() for silence in _undecided(body)]
    if implied:
        return min(implied, key=lambda due: (due.at, due.body))
    running = deadlines(state)
    if not running:
        return None
    at, body_id, clock = running[0]
    return _lapse(state.bodies[body_id], clock, at + RESOLUTION)


def _lapse(body: Body, clock: ActId, at: datetime) -> Due:
    silence = body.silences.get(clock)
    if silence is not None:
        passed = SilencePassed(silence=clock, deadline=silence.deadline.at)
        return Due(at, body.body, silence.channel, passed)
    asked = body.acknowledgements[clock]
    overdue = AcknowledgementOverdue(request=clock, deadline=asked.deadline.at, missing=tuple(asked.missing))
    return Due(at, body.body, asked.channel, overdue)


def _undecided(body: Body) -> list[Silence]:
    passed = [silence for silence in body.silences.values() if silence.status == "PASSED"]
    return [silence for silence in passed if body.texts[silence.text].decision is None]


def _adoption(body: Body, silence: Silence) -> Due:
    text = body.texts[silence.text]
    content = DecisionAdopted(
        version=Version(text.text, text.wording),
        mode="SILENCE",
        basis=silence.passed_by or "",
        effective_at=silence.deadline.at,
        clauses=(),
    )
    return Due(silence.deadline.at, body.body, silence.channel, content)


def sign_due(state: State, author: Author, due: Due, now: datetime) -> Composed:
    """Sign what is due. The same record gives the same bytes for a whole day: a second timekeeper only repeats them."""
    days = max(0, (now - due.at).total_seconds()) // VALIDITY_S_MAX
    claimed_at = due.at + timedelta(seconds=days * VALIDITY_S_MAX)
    window = Window(claimed_at, claimed_at + timedelta(seconds=VALIDITY_S_MAX))
    link = next_link(state, author, (due.body, due.channel))
    return compose(author, due.content, (due.body, due.channel), link, window)
