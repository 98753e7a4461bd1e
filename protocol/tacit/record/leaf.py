"""The leaf: what the registrar writes about an act, all that a mirror may hold. Spec: docs/reference/spec/record.md."""

from typing import Final, Literal

import msgspec

from tacit import profile
from tacit.ids import ActId, Count, Digest, Instant

LEAF_BYTES_MAX: Final = 512


class Leaf(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """Where and when an act was recorded. It says nothing about the act that a mirror may not hold."""

    v: Literal[1]
    organisation: ActId
    index: Count
    term: Count
    received_at: Instant
    act: ActId
    envelope: Digest


_decoder: Final = msgspec.json.Decoder(Leaf)


def encode(leaf: Leaf) -> bytes:
    """The one encoding of a leaf, about 300 bytes."""
    return profile.encode(leaf)


def decode(raw: bytes) -> Leaf:
    """Read a leaf.

    Raises:
        RefusedError: `profile.*`, and nothing else.
    """
    return profile.decode(raw, _decoder, LEAF_BYTES_MAX)
