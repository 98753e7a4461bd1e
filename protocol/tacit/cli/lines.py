"""The record as JSON lines: one entry a line, leaf and envelope byte for byte, so that a file can be verified.

Whatever else stands in a line is for people and their tools; nothing that is read back relies on it.
"""

from datetime import datetime
from typing import Final

import msgspec

from tacit.limits import ENVELOPE_BYTES_MAX
from tacit.record.leaf import LEAF_BYTES_MAX

LINE_BYTES_MAX: Final = 2 * (ENVELOPE_BYTES_MAX + LEAF_BYTES_MAX) + 4_096
"""One line: an entry, in base64 where it is junk, and the words for people."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a line says for people; null where the entry cannot be read. `void`: the rules give it no effect."""

    index: int
    received_at: datetime | None = None
    who: str | None = None
    state: str | None = None
    office: str | None = None
    capacity: str | None = None
    type: str | None = None
    body: str | None = None
    channel: str | None = None
    words: str
    effects: tuple[str, ...]
    void: bool
    id: str | None = None


class _Written(Told, frozen=True, kw_only=True):
    leaf: msgspec.Raw
    envelope: msgspec.Raw


class _WrittenJunk(Told, frozen=True, kw_only=True):
    entry: bytes


class _Read(msgspec.Struct, frozen=True):
    leaf: msgspec.Raw = msgspec.Raw()
    envelope: msgspec.Raw = msgspec.Raw()
    entry: bytes | None = None


_lines: Final = msgspec.json.Decoder(_Read)


class NotALineError(ValueError):
    """A line that holds no entry."""


def encode_line(raw: bytes, told: Told) -> bytes:
    """One line, without its line feed, for the bytes of an entry."""
    fields = {name: getattr(told, name) for name in Told.__struct_fields__}
    leaf, _, envelope = raw.partition(b"\n")
    if _one_line_of_json(leaf) and _one_line_of_json(envelope):
        return msgspec.json.encode(_Written(leaf=msgspec.Raw(leaf), envelope=msgspec.Raw(envelope), **fields))
    return msgspec.json.encode(_WrittenJunk(entry=raw, **fields))


def decode_line(line: bytes) -> bytes:
    """The bytes of the entry in a line, exactly as they were.

    Raises:
        NotALineError: it is no JSON object with a leaf and an envelope, or is too long.
    """
    if len(line) > LINE_BYTES_MAX:
        raise NotALineError(f"longer than {LINE_BYTES_MAX} bytes")
    try:
        read = _lines.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotALineError(str(error)) from error
    if read.entry is not None:
        return read.entry
    if not (bytes(read.leaf) and bytes(read.envelope)):
        raise NotALineError("it has no leaf and envelope")
    return bytes(read.leaf) + b"\n" + bytes(read.envelope)


def _one_line_of_json(raw: bytes) -> bool:
    if b"\n" in raw or raw != raw.strip():
        return False
    try:
        msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True
