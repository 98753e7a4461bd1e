"""What the read-only page shows, as values: built from the state of the fold and a few notes. Pure.

It holds titles, positions, levels and times. It never holds the text of a message or of a version: those are detached
and the page cannot ask for them.
"""

from datetime import datetime
from typing import Final, Literal

import msgspec

from tacit.acts import Stance
from tacit.ids import ActId, BodyId, ChannelId, Scope, StateCode
from tacit.rules import Evaluation, State, evaluate
from tacit.rules.ruleset import TallyRules
from tacit.rules.state import Body, Silence, Tally, Text
from tacit.rules.wording import show_reference

TEXTS_SHOWN_MAX: Final = 6
CONSULTATIONS_SHOWN_MAX: Final = 3
ACKNOWLEDGEMENTS_SHOWN_MAX: Final = 4
ENDED_SILENCES_SHOWN_MAX: Final = 3
OPEN: Final = frozenset({"NEGOTIATING", "UNDER_SILENCE"})
SETTLED: Final = frozenset({"AGREED", "COUNTED"})


class Moved(msgspec.Struct, frozen=True):
    """A member's last move on a scope of a text: from where, in which entry, when."""

    prior: Stance
    index: int
    at: datetime


Moves = dict[tuple[ActId, StateCode, Scope], Moved]


class BodyView(msgspec.Struct, frozen=True):
    """A body and who belongs to it now."""

    body: BodyId
    title: str
    members: tuple[StateCode, ...]


Weight = Literal["blocks", "undeclared", "qualifies", "joins"]
"""What a position does to consensus."""


class HeadView(msgspec.Struct, frozen=True):
    """Whose record this is, and what its rules make of a stance.

    `weights`: of every stance that does not simply join; `counts`: which stance is which vote, where votes are counted,
    else null. `founders` are in the order of the charter.
    """

    name: str
    purpose: Literal["exercise", "operation"]
    organisation: ActId
    in_force: bool
    founders: tuple[StateCode, ...]
    bodies: tuple[BodyView, ...]
    weights: dict[Stance, Weight]
    counts: dict[Stance, Literal["yes", "no", "abstain"]] | None


class ChannelView(msgspec.Struct, frozen=True):
    """A crisis channel and its level."""

    body: BodyId
    channel: ChannelId
    title: str
    level: str


class AcknowledgementView(msgspec.Struct, frozen=True):
    """A request for receipts that is not complete: which kind, by when, and who has not given one."""

    request: ActId
    channel: str
    kind: str
    status: str
    deadline: datetime
    shown: str
    missing: tuple[StateCode, ...]


class ConsultationView(msgspec.Struct, frozen=True):
    """A consultation: under what, on what, who asked, how far it has come."""

    consultation: ActId
    basis: str
    subject: str
    invoking: tuple[StateCode, ...]
    status: str
    outcome: str | None


class SilenceView(msgspec.Struct, frozen=True):
    """A silence: on what, until when, and who has spoken."""

    silence: ActId
    reference: str
    title: str
    status: str
    deadline: datetime
    zone: str
    shown: str
    breakers: tuple[StateCode, ...]
    late: tuple[StateCode, ...]
    requests: tuple[StateCode, ...]
    jeopardised: bool


class PositionView(msgspec.Struct, frozen=True):
    """One row of the state of play. `weight`: what it does to consensus. Undeclared members have no `index`."""

    state: StateCode
    scope: Scope
    stance: Stance
    prior: Stance | None
    index: int | None
    at: datetime | None
    weight: Weight


class TextView(msgspec.Struct, frozen=True):
    """A version and where every member stands on it. `tally`: where it was counted; it has no positions then."""

    text: ActId
    reference: str
    title: str
    body: str
    status: str
    result: Literal["yes", "no", "indeterminate"]
    positions: tuple[PositionView, ...]
    tally: Tally | None = None


class ActView(msgspec.Struct, frozen=True):
    """One act in words."""

    index: int
    at: datetime | None
    who: str
    office: str
    words: str
    effects: tuple[str, ...]


def head(state: State) -> HeadView | None:
    """The organisation, once it is founded."""
    if state.charter is None or state.organisation is None:
        return None
    charter, rules = state.charter, state.rules
    weights: dict[Stance, Weight] = {
        "UNDECLARED": "undeclared",
        **dict.fromkeys(rules.consensus.qualifies, "qualifies"),
    }
    weights |= dict.fromkeys(rules.consensus.blocks, "blocks")
    return HeadView(
        name=charter.name,
        purpose=charter.purpose,
        organisation=state.organisation,
        in_force=state.in_force,
        founders=tuple(founder.state for founder in charter.founders),
        bodies=tuple(BodyView(body.body, body.title, body.members) for body in state.bodies.values()),
        weights=weights,
        counts=None if rules.tally is None else _counts(rules.tally),
    )


def _counts(rules: TallyRules) -> dict[Stance, Literal["yes", "no", "abstain"]]:
    votes: dict[Stance, Literal["yes", "no", "abstain"]] = dict.fromkeys(rules.yes, "yes")
    votes |= dict.fromkeys(rules.no, "no")
    return votes | dict.fromkeys(rules.abstain, "abstain")


def channels(state: State) -> tuple[ChannelView, ...]:
    """Every crisis channel."""
    return tuple(
        ChannelView(body.body, channel.channel, channel.title, channel.level)
        for body in state.bodies.values()
        for channel in body.channels.values()
        if channel.kind == "crisis"
    )


def acknowledgements(state: State) -> tuple[AcknowledgementView, ...]:
    """Those that are overdue, then those that wait, by deadline; of each the first few."""
    found = [(body, each) for body in state.bodies.values() for each in body.acknowledgements.values() if each.missing]
    views = [
        AcknowledgementView(
            each.request,
            body.channels[each.channel].title,
            each.kind,
            each.status,
            each.deadline.at,
            each.deadline.shown,
            tuple(each.missing),
        )
        for body, each in found
    ]
    views.sort(key=lambda view: (view.status != "OVERDUE", view.deadline))
    return tuple(views[:ACKNOWLEDGEMENTS_SHOWN_MAX])


def consultations(state: State) -> tuple[ConsultationView, ...]:
    """The newest first, those that are concluded last."""
    found = [each for body in state.bodies.values() for each in body.consultations.values()]
    newest = list(reversed(found))
    ordered = [each for each in newest if each.status != "CONCLUDED"]
    ordered += [each for each in newest if each.status == "CONCLUDED"]
    return tuple(
        ConsultationView(each.consultation, each.basis, each.subject, tuple(each.invoking), each.status, each.outcome)
        for each in ordered[:CONSULTATIONS_SHOWN_MAX]
    )


def silences(state: State) -> tuple[SilenceView, ...]:
    """Running ones by deadline, then the last that have ended."""
    views = [_silence(body, silence) for body in state.bodies.values() for silence in body.silences.values()]
    running = sorted((view for view in views if view.status == "RUNNING"), key=lambda view: view.deadline)
    ended = sorted((view for view in views if view.status != "RUNNING"), key=lambda view: view.deadline)
    return (*running, *ended[::-1][:ENDED_SILENCES_SHOWN_MAX])


def _silence(body: Body, silence: Silence) -> SilenceView:
    text, deadline = body.texts[silence.text], silence.deadline
    return SilenceView(
        silence.silence,
        show_reference(text),
        text.title,
        silence.status,
        deadline.at,
        deadline.zone,
        deadline.shown,
        tuple(silence.breakers),
        tuple(silence.late),
        tuple(silence.requests.values()),
        silence.jeopardised,
    )


def texts(state: State, moves: Moves) -> tuple[TextView, ...]:
    """Open versions, the newest first; then the newest that are agreed or counted while there is room."""
    found = [(body, text) for body in state.bodies.values() for text in body.texts.values()]
    newest = found[::-1]
    shown = [pair for pair in newest if pair[1].status in OPEN] + [p for p in newest if p[1].status in SETTLED]
    return tuple(_text(state, body, text, moves) for body, text in shown[:TEXTS_SHOWN_MAX])


def _text(state: State, body: Body, text: Text, moves: Moves) -> TextView:
    title, reference = body.title, show_reference(text)
    if text.tally is not None:
        return TextView(text.text, reference, text.title, title, text.status, "indeterminate", (), text.tally)
    mode: Literal["SILENCE", "IN_MEETING"] = "IN_MEETING" if text.silence is None else "SILENCE"
    judged = evaluate(state, body.body, text.text, mode)
    rows = [row for member in body.members for row in _rows(state, text, member, moves)]
    order = ("blocks", "undeclared", "qualifies", "joins")
    rows.sort(key=lambda row: order.index(row.weight))
    return TextView(text.text, reference, text.title, title, text.status, _result(text, judged), tuple(rows))


def _result(text: Text, judged: Evaluation) -> Literal["yes", "no", "indeterminate"]:
    return "yes" if text.status == "AGREED" else judged.result


def _rows(state: State, text: Text, member: StateCode, moves: Moves) -> list[PositionView]:
    held = [(scope, stance) for (who, scope), stance in text.positions.items() if who == member]
    if not held:
        return [PositionView(member, "text", "UNDECLARED", None, None, None, "undeclared")]
    return [_row(state, text, member, scope, stance, moves) for scope, stance in sorted(held)]


def _row(state: State, text: Text, member: StateCode, scope: Scope, stance: Stance, moves: Moves) -> PositionView:
    moved = moves.get((text.text, member, scope))
    rules = state.rules.consensus
    weight: Weight = "joins"
    if stance in rules.blocks:
        weight = "blocks"
    elif stance in rules.qualifies:
        weight = "qualifies"
    elif stance == "UNDECLARED":
        weight = "undeclared"
    if moved is None:
        return PositionView(member, scope, stance, None, None, None, weight)
    prior = None if moved.prior == "UNDECLARED" else moved.prior
    return PositionView(member, scope, stance, prior, moved.index, moved.at, weight)
