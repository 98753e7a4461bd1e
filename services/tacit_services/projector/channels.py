"""View `channels`: every channel with its watch level and who owes a receipt in it, and what moved either."""

from collections.abc import Iterator
from typing import Final

import msgspec

from tacit.acts import ChannelOpened, LevelRaised, RosterAdmitted, RosterRemoved, tag
from tacit.ids import ActId, BodyId, ChannelId, StateCode
from tacit.record import Entry
from tacit.rules.state import Body, Channel
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
    """A row for each channel of which the level changed, or who owes a receipt in it."""
    entry = folded.entry
    if entry is None or folded.void:
        return
    content, header = entry.act.content, entry.act.header
    if isinstance(content, RosterAdmitted | RosterRemoved):
        body = folded.state.bodies[content.body]
        for channel in sorted({each.channel for each in body.acknowledgements.values()}):
            yield _row(body, body.channels[channel], entry)
    elif header.body is not None and header.channel is not None:
        body = folded.state.bodies[header.body]
        if isinstance(content, ChannelOpened | LevelRaised) or concerned(folded, body, entry):
            yield _row(body, body.channels[header.channel], entry)


def _row(body: Body, channel: Channel, entry: Entry) -> ChannelRow:
    header = entry.act.header
    return ChannelRow(
        body=body.body,
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


def unacknowledged(body: Body, channel: ChannelId) -> tuple[StateCode, ...]:
    """The members that owe a receipt in a channel, in the order of the body."""
    asked = [each for each in body.acknowledgements.values() if each.channel == channel]
    owing = {member for each in asked for member in each.missing if member not in each.late}
    return tuple(member for member in body.members if member in owing)


CHANNELS: Final = View(table("channels", 2, ChannelRow, key=("body", "channel")), rows)
