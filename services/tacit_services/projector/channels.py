"""View `channels`: every channel with its watch level and who owes a receipt in it, and what moved either."""

from collections.abc import Iterator
from typing import Final

import msgspec

from tacit.acts import AcknowledgementContent, Act, ChannelOpened, LevelRaised, tag
from tacit.ids import ActId, BodyId, ChannelId, StateCode
from tacit.rules.state import Body
from tacit_services.projector.acknowledgements import concerned
from tacit_services.projector.folding import Folded, View, table


class ChannelRow(msgspec.Struct, frozen=True):
    """A channel between two changes; `unacknowledged`: members that have not given a receipt which was called for."""

    body: BodyId
    channel: ChannelId
    title: str
    kind: str
    level: str
    unacknowledged: tuple[StateCode, ...]
    cause: str
    cause_act: ActId
    cause_state: StateCode
    cause_office: str


def rows(folded: Folded) -> Iterator[ChannelRow]:
    """A row where a channel is opened, its level is raised or a receipt is called for, given or missing."""
    entry = folded.entry
    if entry is None or folded.void:
        return
    header = entry.act.header
    body = folded.state.bodies.get(header.body or "")
    if body is None or not _concerns(body, entry.act, entry.leaf.act):
        return
    channel = body.channels[header.channel or ""]
    yield ChannelRow(
        body=header.body or "",
        channel=channel.channel,
        title=channel.title,
        kind=channel.kind,
        level=channel.level,
        unacknowledged=unacknowledged(body, channel.channel),
        cause=tag(entry.act.content),
        cause_act=entry.leaf.act,
        cause_state=header.state,
        cause_office=header.office,
    )


def _concerns(body: Body, act: Act, act_id: ActId) -> bool:
    if isinstance(act.content, AcknowledgementContent):
        return bool(concerned(body, act.header.channel or "", act.content, act_id))
    return isinstance(act.content, ChannelOpened | LevelRaised)


def unacknowledged(body: Body, channel: ChannelId) -> tuple[StateCode, ...]:
    """The members that owe a receipt in a channel, in the order of the body."""
    asked = [each for each in body.acknowledgements.values() if each.channel == channel]
    owing = {member for each in asked for member in each.missing if member not in each.late}
    return tuple(member for member in body.members if member in owing)


CHANNELS: Final = View(table("channels", 2, ChannelRow, key=("body", "channel")), rows)
