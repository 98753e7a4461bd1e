"""View `acknowledgements`: every request for receipts, with who is missing and who was late, between two changes."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from tacit.acts import (
    AcknowledgementContent,
    AcknowledgementGiven,
    AcknowledgementOverdue,
    AcknowledgementRequested,
    DeliveryRecorded,
    RosterRemoved,
    tag,
)
from tacit.ids import ActId, BodyId, ChannelId, StateCode
from tacit.record import Entry
from tacit.rules.effects import AcknowledgementExcused
from tacit.rules.state import Body
from tacit_services.projector.folding import Folded, View, table


class AcknowledgementRow(msgspec.Struct, frozen=True):
    """A request between two receipts. Whoever was late is missing, too: that is how it stood at the deadline."""

    request: ActId
    body: BodyId
    channel: ChannelId
    act: ActId
    kind: str
    deadline: datetime
    zone: str
    shown: str
    status: str
    missing: tuple[StateCode, ...]
    late: tuple[StateCode, ...]
    cause: str
    cause_act: ActId
    cause_state: StateCode
    cause_office: str


def rows(folded: Folded) -> Iterator[AcknowledgementRow]:
    """A row for each request that the entry is about."""
    entry = folded.entry
    if entry is None or folded.void:
        return
    content, header = entry.act.content, entry.act.header
    body = folded.state.bodies.get(content.body if isinstance(content, RosterRemoved) else header.body or "")
    if body is not None:
        yield from (_row(body, request, entry) for request in concerned(folded, body, entry))


def concerned(folded: Folded, body: Body, entry: Entry) -> list[ActId]:
    """The requests that an entry made, answered, closed, or in which it excused somebody."""
    channel, content = entry.act.header.channel or "", entry.act.content
    if not isinstance(content, AcknowledgementContent):
        return [effect.request for effect in folded.effects if isinstance(effect, AcknowledgementExcused)]
    return _named(body, channel, content, entry.leaf.act)


def _named(body: Body, channel: ChannelId, content: AcknowledgementContent, act: ActId) -> list[ActId]:
    match content:
        case AcknowledgementRequested():
            return [act]
        case AcknowledgementOverdue():
            return [content.request]
        case AcknowledgementGiven() | DeliveryRecorded():
            return body.asked.get((channel, content.act), [])


def _row(body: Body, request: ActId, entry: Entry) -> AcknowledgementRow:
    found, header = body.acknowledgements[request], entry.act.header
    return AcknowledgementRow(
        request=request,
        body=body.body,
        channel=found.channel,
        act=found.act,
        kind=found.kind,
        deadline=found.deadline.at,
        zone=found.deadline.zone,
        shown=found.deadline.shown,
        status=found.status,
        missing=tuple(found.missing),
        late=tuple(found.late),
        cause=tag(entry.act.content),
        cause_act=entry.leaf.act,
        cause_state=header.state,
        cause_office=header.office,
    )


ACKNOWLEDGEMENTS: Final = View(table("acknowledgements", 1, AcknowledgementRow, key=("request",)), rows)
