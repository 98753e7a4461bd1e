"""A state as `tacit state` shows it: names instead of ids, counts instead of sets. Pure, and one for both forms."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from tacit.acts import Deadline
from tacit.ids import ActId, BodyId, ChannelId, Scope, StateCode
from tacit.rules import State, Tally, evaluate
from tacit.rules.effects import Effect, PositionChanged
from tacit.rules.state import Body, Silence, Text
from tacit.rules.wording import show_reference

Priors = Mapping[tuple[ActId, StateCode, Scope], str]
"""What each member's present position replaced: an effect, so it is gathered while folding."""


class OfficeView(msgspec.Struct, frozen=True):
    """An office of the register; without a credential nobody can speak for it."""

    state: StateCode
    office: str
    commits: bool
    credential: str | None


class ChannelView(msgspec.Struct, frozen=True):
    """A channel."""

    body: BodyId
    channel: ChannelId
    title: str
    kind: str
    level: str


class BodyView(msgspec.Struct, frozen=True):
    """A body and its roster; `removed`: who once belonged to it."""

    body: BodyId
    title: str
    members: tuple[StateCode, ...]
    removed: tuple[StateCode, ...]


class ConsultationView(msgspec.Struct, frozen=True):
    """A consultation."""

    id: ActId
    body: BodyId
    channel: ChannelId
    basis: str
    subject: str
    status: str
    invoking: tuple[StateCode, ...]
    outcome: str | None


class PositionView(msgspec.Struct, frozen=True):
    """A member's position on a scope of a version, and the one before it."""

    state: StateCode
    scope: Scope
    stance: str
    prior: str


class TextView(msgspec.Struct, frozen=True):
    """A version of a text with the state of play; `consensus` is what the rules make of the positions now."""

    id: ActId
    body: BodyId
    channel: ChannelId
    reference: str
    title: str
    status: str
    paragraphs: int
    consensus: str
    blockers: tuple[StateCode, ...]
    qualifiers: tuple[StateCode, ...]
    undeclared: tuple[StateCode, ...]
    positions: tuple[PositionView, ...]
    tally: Tally | None


class SilenceView(msgspec.Struct, frozen=True):
    """A silence. `left_s`: seconds to the deadline at the time of looking, negative after it; null when not running."""

    id: ActId
    body: BodyId
    channel: ChannelId
    reference: str
    status: str
    deadline: Deadline
    left_s: float | None
    jeopardised: bool
    broken_by: tuple[StateCode, ...]
    late: tuple[StateCode, ...]
    asking: tuple[StateCode, ...]
    evidence: tuple[StateCode, ...]


class AcknowledgementView(msgspec.Struct, frozen=True):
    """Receipts asked for: of which act and kind, who still owes one, who gave it late; `left_s` as of a silence."""

    id: ActId
    body: BodyId
    channel: ChannelId
    act: ActId
    kind: str
    status: str
    deadline: Deadline
    left_s: float | None
    missing: tuple[StateCode, ...]
    late: tuple[StateCode, ...]


class DecisionView(msgspec.Struct, frozen=True):
    """A decision."""

    id: ActId
    body: BodyId
    channel: ChannelId
    reference: str
    mode: str
    void: bool


class View(msgspec.Struct, frozen=True):
    """A state, seen at a time."""

    organisation: ActId | None
    name: str | None
    purpose: str | None
    in_force: bool
    entries: int
    void: int
    term: int
    last_received_at: datetime | None
    register: tuple[OfficeView, ...]
    bodies: tuple[BodyView, ...]
    channels: tuple[ChannelView, ...]
    consultations: tuple[ConsultationView, ...]
    texts: tuple[TextView, ...]
    silences: tuple[SilenceView, ...]
    acknowledgements: tuple[AcknowledgementView, ...]
    decisions: tuple[DecisionView, ...]


def gather(priors: dict[tuple[ActId, StateCode, Scope], str], effects: Iterable[Effect]) -> None:
    """Remember what positions replaced."""
    for effect in effects:
        if isinstance(effect, PositionChanged):
            priors[effect.text, effect.state, effect.scope] = effect.prior


def view(state: State, priors: Priors, now: datetime, channel: ChannelId | None = None) -> View:
    """Look at a state at a time; with `channel` at that channel alone, in whichever body it is."""
    bodies = tuple(state.bodies.values())
    charter = state.charter
    found = View(
        organisation=state.organisation,
        name=charter.name if charter else None,
        purpose=charter.purpose if charter else None,
        in_force=state.in_force,
        entries=state.size,
        void=state.void,
        term=state.term,
        last_received_at=state.last_received_at,
        register=tuple(OfficeView(o.state, o.office, o.commits, o.credential) for o in state.offices.values()),
        bodies=tuple(BodyView(b.body, b.title, b.members, tuple(b.removed)) for b in bodies),
        channels=tuple(each for body in bodies for each in _channels(body)),
        consultations=tuple(each for body in bodies for each in _consultations(body)),
        texts=tuple(_text(state, body, text, priors) for body in bodies for text in body.texts.values()),
        silences=tuple(_silence(body, silence, now) for body in bodies for silence in body.silences.values()),
        acknowledgements=tuple(each for body in bodies for each in _acknowledgements(body, now)),
        decisions=tuple(each for body in bodies for each in _decisions(body)),
    )
    return found if channel is None else _only(found, channel)


def _only(found: View, channel: ChannelId) -> View:
    channels = tuple(each for each in found.channels if each.channel == channel)
    there = {each.body for each in channels}
    return msgspec.structs.replace(
        found,
        bodies=tuple(each for each in found.bodies if each.body in there),
        channels=channels,
        consultations=tuple(each for each in found.consultations if each.channel == channel),
        texts=tuple(each for each in found.texts if each.channel == channel),
        silences=tuple(each for each in found.silences if each.channel == channel),
        acknowledgements=tuple(each for each in found.acknowledgements if each.channel == channel),
        decisions=tuple(each for each in found.decisions if each.channel == channel),
    )


def _channels(body: Body) -> Iterable[ChannelView]:
    for each in body.channels.values():
        yield ChannelView(body.body, each.channel, each.title, each.kind, each.level)


def _consultations(body: Body) -> Iterable[ConsultationView]:
    for each in body.consultations.values():
        invoking = tuple(each.invoking)
        yield ConsultationView(
            each.consultation, body.body, each.channel, each.basis, each.subject, each.status, invoking, each.outcome
        )


def _text(state: State, body: Body, text: Text, priors: Priors) -> TextView:
    # A version that was ever put under silence is judged by that; the question puts others.
    judged = evaluate(state, body.body, text.text, "SILENCE" if text.silence else "IN_MEETING")
    positions = tuple(
        PositionView(member, scope, stance, priors.get((text.text, member, scope), "UNDECLARED"))
        for (member, scope), stance in sorted(text.positions.items())
    )
    return TextView(
        id=text.text,
        body=body.body,
        channel=text.channel,
        reference=show_reference(text),
        title=text.title,
        status=text.status,
        paragraphs=text.paragraphs,
        consensus=judged.result,
        blockers=judged.blockers,
        qualifiers=judged.qualifiers,
        undeclared=judged.undeclared,
        positions=positions,
        tally=judged.tally,
    )


def _silence(body: Body, silence: Silence, now: datetime) -> SilenceView:
    running = silence.status == "RUNNING"
    return SilenceView(
        id=silence.silence,
        body=body.body,
        channel=silence.channel,
        reference=show_reference(body.texts[silence.text]),
        status=silence.status,
        deadline=silence.deadline,
        left_s=_left_s(silence.deadline, now) if running else None,
        jeopardised=silence.jeopardised,
        broken_by=tuple(silence.breakers),
        late=tuple(silence.late),
        asking=tuple(silence.requests.values()),
        evidence=tuple(silence.evidence.values()),
    )


def _left_s(deadline: Deadline, now: datetime) -> float:
    return round((deadline.at - now).total_seconds(), 3)


def _acknowledgements(body: Body, now: datetime) -> Iterable[AcknowledgementView]:
    for each in body.acknowledgements.values():
        yield AcknowledgementView(
            id=each.request,
            body=body.body,
            channel=each.channel,
            act=each.act,
            kind=each.kind,
            status=each.status,
            deadline=each.deadline,
            left_s=_left_s(each.deadline, now) if each.status == "OPEN" else None,
            missing=tuple(each.missing),
            late=tuple(each.late),
        )


def _decisions(body: Body) -> Iterable[DecisionView]:
    for each in body.decisions.values():
        reference, void = show_reference(body.texts[each.text]), each.voided_by is not None
        yield DecisionView(each.decision, body.body, each.channel, reference, each.mode, void)
