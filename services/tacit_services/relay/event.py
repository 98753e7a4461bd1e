"""One entry of the record as a CloudEvent 1.0 in structured mode. Pure: the same entry gives the same bytes for ever.

Page: docs/reference/bus.md.
"""

from datetime import datetime
from typing import Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from tacit import acts, subjects
from tacit.acts import Header
from tacit.errors import RefusedError, Rule
from tacit.ids import ActId
from tacit.record import Entry, Leaf
from tacit.record.entry import split_entry
from tacit_services.ports import NewMessage
from tacit_services.relay.public import public_part

CONTENT_TYPE: Final = "application/cloudevents+json"
TYPE_PREFIX: Final = "tacit."
VOID: Final = "void.v1"
"""What stands in the place of an act's tag for an entry that the rules do not admit. No act may bear it."""
SEQUENCE_DIGITS: Final = 16
"""Enough for the largest whole number of the profile, so that the words sort as the numbers do."""


class ActData(msgspec.Struct, frozen=True):
    """What is told of an act: its leaf, its header as signed, and the public part of its content."""

    leaf: Leaf
    header: Header
    content: msgspec.Struct


class VoidData(msgspec.Struct, frozen=True):
    """What is told of an entry without effect: the rule that it breaks, and its leaf if it has one that can be read."""

    leaf: Leaf | None
    rule: Rule


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """The attributes and the data (CloudEvents 1.0.2, sections 3.1 and 3.3; extension `sequence`)."""

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    subject: str | UnsetType = UNSET
    time: datetime | UnsetType = UNSET
    datacontenttype: Literal["application/json"] = "application/json"
    sequence: str
    data: ActData | VoidData


_encoder: Final = msgspec.json.Encoder()


def source(organisation: ActId) -> str:
    """The `source` of every event of an organisation."""
    return f"tacit:{organisation}"


def act_message(entry: Entry) -> NewMessage:
    """The event of an admitted entry, on the subject of its body, channel and act."""
    header, content, leaf = entry.act.header, entry.act.content, entry.leaf
    kind = acts.tag(content)
    event = Event(
        id=leaf.act,
        source=source(leaf.organisation),
        type=TYPE_PREFIX + kind,
        subject=f"{header.body}/{header.channel}" if header.body else UNSET,
        time=leaf.received_at,
        sequence=sequence(leaf.index),
        data=ActData(leaf, header, public_part(content)),
    )
    return NewMessage(subjects.event(leaf.organisation, header.body, header.channel, kind), _encoder.encode(event))


def void_message(organisation: ActId, index: int, raw: bytes, rule: Rule) -> NewMessage:
    """The event of an entry that is void. It bears no act's id and no time, since nothing that it says is believed."""
    event = Event(
        id=f"void:{index}",
        source=source(organisation),
        type=TYPE_PREFIX + VOID,
        sequence=sequence(index),
        data=VoidData(_leaf(raw), rule),
    )
    return NewMessage(subjects.event(organisation, None, None, VOID), _encoder.encode(event))


def sequence(index: int) -> str:
    """The index of an entry as the extension attribute `sequence` wants it."""
    return f"{index:0{SEQUENCE_DIGITS}}"


def _leaf(raw: bytes) -> Leaf | None:
    try:
        return split_entry(raw)[0]
    except RefusedError:
        return None


class _Named(msgspec.Struct):
    id: str


def same_event(one: bytes, other: bytes) -> bool:
    """Whether two messages tell of the same entry, though perhaps in the words of two versions of this room."""
    try:
        return msgspec.json.decode(one, type=_Named) == msgspec.json.decode(other, type=_Named)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False
