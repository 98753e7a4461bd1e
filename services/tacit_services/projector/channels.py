"""View `channels`: every channel with its watch level, and what moved it."""

from collections.abc import Iterator
from typing import Final

import msgspec

from tacit.acts import ChannelOpened, LevelRaised, tag
from tacit.ids import ActId, BodyId, ChannelId, StateCode
from tacit_services.projector.folding import Folded, View, table


class ChannelRow(msgspec.Struct, frozen=True):
    """A channel from one level to the next; `cause` is the act that began it."""

    body: BodyId
    channel: ChannelId
    title: str
    kind: str
    level: str
    cause: str
    cause_act: ActId
    cause_state: StateCode
    cause_office: str


def rows(folded: Folded) -> Iterator[ChannelRow]:
    """A row where a channel is opened or its level is raised."""
    entry = folded.entry
    if entry is None or folded.void or not isinstance(entry.act.content, ChannelOpened | LevelRaised):
        return
    header = entry.act.header
    channel = folded.state.bodies[header.body or ""].channels[header.channel or ""]
    yield ChannelRow(
        body=header.body or "",
        channel=channel.channel,
        title=channel.title,
        kind=channel.kind,
        level=channel.level,
        cause=tag(entry.act.content),
        cause_act=entry.leaf.act,
        cause_state=header.state,
        cause_office=header.office,
    )


CHANNELS: Final = View(table("channels", 1, ChannelRow, key=("body", "channel")), rows)
