"""An entry of the record: the leaf, a line feed, the envelope, both verbatim. Stream sequence = leaf index + 1."""

from typing import Final

import msgspec

from tacit import acts, envelope
from tacit.acts import Act
from tacit.envelope import Envelope
from tacit.errors import RefusedError, Rule
from tacit.limits import ENVELOPE_BYTES_MAX
from tacit.record import leaf as leaf_format
from tacit.record.leaf import LEAF_BYTES_MAX, Leaf

ENTRY_BYTES_MAX: Final = LEAF_BYTES_MAX + 1 + ENVELOPE_BYTES_MAX


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One read entry. Signatures are not verified yet; the hashes in the leaf agree with the envelope."""

    leaf: Leaf
    envelope: Envelope
    act: Act


def encode_entry(leaf: Leaf, envelope_bytes: bytes) -> bytes:
    """The bytes that the stream holds."""
    return leaf_format.encode(leaf) + b"\n" + envelope_bytes


def split_entry(raw: bytes) -> tuple[Leaf, bytes]:
    """The leaf and the verbatim envelope bytes of an entry, whatever the envelope holds.

    Raises:
        RefusedError: `record.leaf` or `profile.*`.
    """
    _check_size(len(raw))
    head, found, rest = raw.partition(b"\n")
    if not found:
        raise RefusedError(Rule.LEAF, "no line feed after the leaf")
    return leaf_format.decode(head), rest


def decode_entry(raw: bytes) -> Entry:
    """Read an entry and check that its leaf is about its envelope.

    Raises:
        RefusedError: `record.leaf`, `profile.*`, `envelope.*` or `act.unknown_type`.
    """
    leaf, rest = split_entry(raw)
    return _read(leaf, rest)


def decode_parts(leaf: bytes, sealed: bytes) -> Entry:
    """Read an entry whose leaf and envelope lie apart, as an archive keeps them; the leaf has no line feed in it.

    Raises:
        RefusedError: what `decode_entry` raises for the two with a line feed between them.
    """
    _check_size(len(leaf) + 1 + len(sealed))
    return _read(leaf_format.decode(leaf), sealed)


def _check_size(size: int) -> None:
    if size > ENTRY_BYTES_MAX:
        raise RefusedError(Rule.TOO_LARGE, f"entry of {size} bytes")


def _read(leaf: Leaf, rest: bytes) -> Entry:
    if envelope.digest(rest) != leaf.envelope:
        raise RefusedError(Rule.LEAF, f"index {leaf.index}: the envelope has another hash")
    read = envelope.decode(rest)
    if envelope.act_id(read.payload) != leaf.act:
        raise RefusedError(Rule.LEAF, f"index {leaf.index}: the act has another id")
    return Entry(leaf, read, acts.decode(read.payload))
