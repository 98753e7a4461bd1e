"""Where a pass over a record stood, as octets, so that a later one goes on from there.

It holds the state of the fold and what checkpoints so far say of later times. It proves nothing by itself: whoever goes
on from it has signed its digest (docs/reference/verification.md).
"""

from datetime import datetime
from typing import Final, Literal

import msgspec

from tacit.audit.watch import Watched
from tacit.rules import OtherSnapshotError


class Standing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a pass stood after the entries of its snapshot; none of them was withheld."""

    v: Literal[1]
    snapshot: bytes
    """As `tacit.rules.encode_snapshot` makes it."""
    tolerance_s: float
    """What the times were held to: under another they have to be looked at again."""
    signatures: int
    terms: int
    first_received_at: datetime | None
    watched: Watched


_encode: Final = msgspec.msgpack.Encoder().encode
_decoder: Final = msgspec.msgpack.Decoder(Standing)


def encode_standing(standing: Standing) -> bytes:
    """Its octets, in MessagePack."""
    return _encode(standing)


def decode_standing(raw: bytes) -> Standing:
    """Read one that the caller knows to be its own.

    Raises:
        OtherSnapshotError: another version wrote it.
    """
    try:
        found = _decoder.decode(raw)
    except (ValueError, RecursionError) as error:  # msgspec's own are among them, and of text that is not UTF-8
        raise OtherSnapshotError(str(error)) from error
    if encode_standing(found) != raw:
        raise OtherSnapshotError("written again it is other octets")
    return found
