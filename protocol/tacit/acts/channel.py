"""Acts in a channel: an ordered, labelled conversation of a body."""

from typing import Literal

import msgspec

from tacit.ids import ActId, Reason, Title

Level = Literal["ROUTINE", "HEIGHTENED", "CRISIS"]
"""The watch level of a crisis channel: it changes duties, not truth."""


class ChannelOpened(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="channel.opened.v1"):
    """Opens the channel that the header names."""

    title: Title
    kind: Literal["crisis", "standing"]


class MessagePosted(
    msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True, tag="message.posted.v1"
):
    """A message; its text is the detached body. A correction is a new message that refers to the old one."""

    subject: Title
    in_reply_to: ActId | None


class LevelRaised(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="level.raised.v1"):
    """Raises the level of a crisis channel."""

    level: Level
    reason: Reason
