"""What must hold before a notary signs again, from what was signed and what was witnessed. Pure.

A *pin* is a head that somebody has seen. The tree over the record must pass through every pin, and nothing is signed
before it has passed the largest.
"""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from tacit.errors import RefusedError
from tacit.ids import Count
from tacit.record.checkpoint import parse_checkpoint
from tacit.record.cosignature import verify_note
from tacit.record.note import Note, parse_note
from tacit.record.organisation_log import check_log_lines
from tacit.record.vkey import Vkey
from tacit_services.notary.errors import HistoryDiffersError, RecordBehindError
from tacit_services.right_edge import Head


class Pin(NamedTuple):
    """A head, and by whom it was seen, in words for an operator."""

    head: Head
    by: str


class Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last head that this notary has decided to sign; it is durable before the signature exists."""

    size: Count
    root: bytes

    @property
    def head(self) -> Head:
        """As a head."""
        return Head(self.size, self.root)


def encode_signed(head: Head) -> bytes:
    """The bytes of its file."""
    return msgspec.json.encode(Signed(head.size, head.root))


def decode_signed(raw: bytes) -> Head | None:
    """Read its file; None where it cannot be read."""
    try:
        return msgspec.json.decode(raw, type=Signed).head
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def head_of_note(note: Note) -> Head:
    """The head of a checkpoint that we made ourselves."""
    found = parse_checkpoint(note.text)
    return Head(found.size, found.root)


def own_head(checkpoint: bytes, origin: str, keys: Iterable[Vkey]) -> Head | None:
    """The head of a checkpoint of this log that all its keys have signed; None if it is none."""
    try:
        note = parse_note(checkpoint)
        check_log_lines(note, keys)
    except RefusedError:
        return None
    return _head(note, origin)


def seen_head(checkpoint: bytes, origin: str, keys: Iterable[Vkey]) -> Head | None:
    """The head of a checkpoint of this log as a witness shows it, perhaps with one of the log's lines alone."""
    try:
        note = parse_note(checkpoint)
        verify_note(note, keys)
    except RefusedError:
        return None
    return _head(note, origin)


def _head(note: Note, origin: str) -> Head | None:
    try:
        found = parse_checkpoint(note.text)
    except RefusedError:
        return None
    return Head(found.size, found.root) if found.origin == origin else None


class Pins:
    """The pins that are still ahead of the tree, and the largest of all."""

    def __init__(self, pins: Iterable[Pin]) -> None:
        self._ahead = sorted(pins, key=lambda pin: pin.head.size)
        self._largest = self._ahead[-1] if self._ahead else None

    @property
    def passed(self) -> bool:
        """Whether the tree has passed them all: then it may be signed."""
        return not self._ahead

    def check_end(self, entries: int) -> None:
        """Check that a record of so many entries can pass the largest.

        Raises:
            RecordBehindError: it cannot.
        """
        if self._largest is not None and entries < self._largest.head.size:
            raise RecordBehindError(entries, self._largest.head.size, self._largest.by)

    def check(self, head: Head) -> None:
        """Check a head of the tree, one after the other as it grows.

        Raises:
            HistoryDiffersError: the tree does not pass through a pin of this size.
        """
        while self._ahead and self._ahead[0].head.size <= head.size:
            pin = self._ahead.pop(0)
            if pin.head != head:
                raise HistoryDiffersError(pin.head.size, pin.by)

    def next_size(self) -> int | None:
        """The size of the next pin; the tree must be checked just there."""
        return self._ahead[0].head.size if self._ahead else None
