"""An act as a whole: its header, its content, its one encoding. Spec: docs/reference/spec/act.md."""

from typing import Final

import msgspec

from tacit import profile
from tacit.acts.header import Header
from tacit.acts.vocabulary import Content
from tacit.limits import PAYLOAD_BYTES_MAX


class Act(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """What a member says: the header and exactly one content of the vocabulary."""

    header: Header
    content: Content


_decoder: Final = msgspec.json.Decoder(Act)


def encode(act: Act) -> bytes:
    """The payload bytes of an act: what is signed."""
    return profile.encode(act)


def decode(payload: bytes) -> Act:
    """Read the payload of an act.

    Raises:
        RefusedError: `profile.*` or `act.unknown_type`, and nothing else.
    """
    return profile.decode(payload, _decoder, PAYLOAD_BYTES_MAX)


def tag(content: Content) -> str:
    """The written tag of a content, such as `position.declared.v1`."""
    return str(content.__struct_config__.tag)
