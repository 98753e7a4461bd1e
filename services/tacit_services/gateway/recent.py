"""The last entries of the record, ready to be sent, bounded by number and by bytes. Older ones are in the store."""

from collections import deque
from typing import Self

import msgspec

from tacit.errors import RefusedError
from tacit.ids import BodyId
from tacit.record import Entry
from tacit.record.entry import split_entry
from tacit.record.leaf import Leaf
from tacit.session import EntryFrame, Withheld
from tacit.session.frames import encode
from tacit_services.gateway.entitlement import body_of
from tacit_services.ports import StoredMessage


class Sendable(msgspec.Struct, frozen=True, gc=False):
    """One entry as the frame for those who may read it, and the frame for those who may not. Encoded once for all."""

    index: int
    body: BodyId | None
    shown: bytes
    withheld: bytes

    @classmethod
    def of(cls, message: StoredMessage, entry: Entry | None, *, void: bool) -> Self:
        """Make both frames of a message of the record; `entry` is what was read of it, if it could be read."""
        index = message.sequence - 1
        body = body_of(message.subject, entry)
        shown = encode(EntryFrame(index, message.data))
        if body is None:
            return cls(index, body, shown, b"")
        leaf = entry.leaf if entry else _leaf(message.data)
        return cls(index, body, shown, encode(Withheld(index, leaf, void)))

    @property
    def size_bytes(self) -> int:
        """What it weighs in memory, nearly."""
        return len(self.shown) + len(self.withheld)


def _leaf(data: bytes) -> Leaf | None:
    try:
        return split_entry(data)[0]
    except RefusedError:
        return None


class Ring:
    """The last entries, contiguous. Whoever needs older ones must read the store."""

    def __init__(self, entries_max: int, bytes_max: int) -> None:
        self._entries_max = entries_max
        self._bytes_max = bytes_max
        self._bytes = 0
        self._kept: deque[Sendable] = deque()

    def add(self, entry: Sendable) -> None:
        """Keep the next entry and drop the oldest ones beyond the bounds; the newest is kept whatever it weighs."""
        self._kept.append(entry)
        self._bytes += entry.size_bytes
        while len(self._kept) > self._entries_max or (self._bytes > self._bytes_max and len(self._kept) > 1):
            self._bytes -= self._kept.popleft().size_bytes

    @property
    def first(self) -> int | None:
        """The index of the oldest entry kept; None if there is none."""
        return self._kept[0].index if self._kept else None

    def slice(self, first: int, limit: int) -> list[Sendable] | None:
        """Up to `limit` entries from index `first` on; None if `first` is older than what is kept."""
        if not self._kept or first < self._kept[0].index:
            return None
        start = first - self._kept[0].index
        return [self._kept[at] for at in range(start, min(start + limit, len(self._kept)))]
