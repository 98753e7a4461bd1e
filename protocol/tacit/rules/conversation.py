"""Rules of channels and consultations."""

from typing import Final, assert_never

from tacit.acts import (
    Act,
    ChannelContent,
    ChannelOpened,
    ConsultationConcluded,
    ConsultationContent,
    ConsultationConvened,
    ConsultationJoined,
    ConsultationRequested,
    ExportRecorded,
    LevelRaised,
    MessagePosted,
)
from tacit.acts.channel import Level
from tacit.errors import RefusedError, Rule
from tacit.ids import ActId, ChannelId
from tacit.rules.effects import Effect
from tacit.rules.state import Body, Channel, Consultation

LEVELS: Final[tuple[Level, ...]] = ("ROUTINE", "HEIGHTENED", "CRISIS")
NEEDS_ADOPTION: Final = frozenset({"BODY_STATEMENT", "DECISION"})
"""Outcomes in the body's own name: they rest on an adopted decision."""


def admit_channel(body: Body, channel: ChannelId, content: ChannelContent) -> None:
    """Check an act on a channel.

    Raises:
        RefusedError: `channel.*`.
    """
    match content:
        case ChannelOpened():
            if channel in body.channels:
                raise RefusedError(Rule.CHANNEL_EXISTS, channel)
        case LevelRaised():
            current = body.channels[channel]
            if current.kind != "crisis":
                raise RefusedError(Rule.CHANNEL_KIND, channel)
            if LEVELS.index(content.level) <= LEVELS.index(current.level):
                raise RefusedError(Rule.LEVEL, f"{content.level} after {current.level}")
        case MessagePosted():
            pass
        case _:
            assert_never(content)


def enact_channel(body: Body, channel: ChannelId, content: ChannelContent) -> tuple[Effect, ...]:
    """Carry out an admitted act on a channel."""
    match content:
        case ChannelOpened():
            body.channels[channel] = Channel(channel, content.title, content.kind)
        case LevelRaised():
            body.channels[channel].level = content.level
        case MessagePosted():
            pass
        case _:
            assert_never(content)
    return ()


def admit_export(size: int, content: ExportRecorded) -> None:
    """Check the record of an export against the `size` of the record before it.

    Raises:
        RefusedError: `export.span`.
    """
    entries = content.last - content.first + 1
    if not 0 <= content.first <= content.last < size or content.withheld > entries:
        raise RefusedError(
            Rule.EXPORT_SPAN, f"{content.first} to {content.last} of {size}, {content.withheld} withheld"
        )


def admit_consultation(body: Body, act: Act, content: ConsultationContent) -> None:
    """Check an act of a consultation. There is no rule by which a request could be refused on its merits.

    Raises:
        RefusedError: `consultation.*`.
    """
    if isinstance(content, ConsultationRequested):
        return
    found = body.consultations.get(content.consultation)
    if found is None or found.channel != act.header.channel:
        raise RefusedError(Rule.CONSULTATION_UNKNOWN, content.consultation)
    match content:
        case ConsultationJoined():
            _require(found, "REQUESTED", "CONVENED")
            if act.header.state in found.invoking:
                raise RefusedError(Rule.CONSULTATION_JOINED, act.header.state)
        case ConsultationConvened():
            _require(found, "REQUESTED")
        case ConsultationConcluded():
            _require(found, "CONVENED")
            _check_outcome(body, content)
        case _:
            assert_never(content)


def _require(found: Consultation, *statuses: str) -> None:
    if found.status not in statuses:
        raise RefusedError(Rule.CONSULTATION_STATUS, f"it is {found.status}")


def _check_outcome(body: Body, content: ConsultationConcluded) -> None:
    unknown = [each for each in content.decisions if each not in body.decisions or body.decisions[each].voided_by]
    if unknown or (content.outcome in NEEDS_ADOPTION and not content.decisions):
        raise RefusedError(Rule.CONSULTATION_OUTCOME, content.outcome)


def enact_consultation(body: Body, act: Act, content: ConsultationContent, act_id: ActId) -> tuple[Effect, ...]:
    """Carry out an admitted act of a consultation."""
    match content:
        case ConsultationRequested():
            channel = act.header.channel or ""
            opened = Consultation(
                act_id, channel, content.basis, content.subject, [act.header.state], content.threatened
            )
            body.consultations[act_id] = opened
        case ConsultationJoined():
            body.consultations[content.consultation].invoking.append(act.header.state)
        case ConsultationConvened():
            body.consultations[content.consultation].status = "CONVENED"
        case ConsultationConcluded():
            found = body.consultations[content.consultation]
            found.status, found.outcome = "CONCLUDED", content.outcome
        case _:
            assert_never(content)
    return ()
