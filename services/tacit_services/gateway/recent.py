"""The last entries of the record, ready to be sent, bounded by number and by bytes. Older ones are in the store."""

from collections import deque
from typing import Final, Self

from tacit.envelope import digest
from tacit.ids import BodyId
from tacit.record import Entry
from tacit.record.archive import IRREGULAR, log_entry
from tacit.record.entry import split_entry
from tacit.record.leaf import Leaf
from tacit.session import CODECS, Codec, EntryFrame, Withheld
from tacit_services.gateway.entitlement import body_of
from tacit_services.ports import StoredMessage

WITHHELD_BYTES: Final = 512
"""About what a frame with a leaf alone weighs."""


class Sendable:
    """One entry of the record, and its frames: for those who may read it and for those who may not, by codec.

    A frame is encoded when the first one needs it, once for all.
    """

    __slots__ = ("_frames", "_shown", "_withheld", "body", "index")

    def __init__(self, body: BodyId | None, shown: EntryFrame, withheld: Withheld) -> None:
        self.index = shown.index
        self.body = body
        self._shown = shown
        self._withheld = withheld
        self._frames: dict[tuple[str, bool], bytes] = {}

    @classmethod
    def of(cls, message: StoredMessage, entry: Entry | None, *, void: bool) -> Self:
        """A message of the record; `entry` is what was read of it, if it could be read."""
        index = message.sequence - 1
        leaf = entry.leaf if entry else _leaf(message.data)
        withheld = Withheld(index, leaf, void, digest(message.data) if leaf is None else None)
        return cls(body_of(message.subject, entry), EntryFrame(index, message.data), withheld)

    def frame(self, codec: Codec, *, shown: bool) -> bytes:
        """The frame with the entry, or with its leaf alone."""
        key = (codec.subprotocol, shown)
        made = self._frames.get(key)
        if made is None:
            made = self._frames[key] = codec.encode(self._shown if shown else self._withheld)
        return made

    @property
    def size_bytes(self) -> int:
        """What it weighs in memory at most, nearly: the octets, and its frames in every codec."""
        # In base64 octets are a third longer; in MessagePack they are as long.
        return len(self._shown.entry) * 10 // 3 + len(CODECS) * WITHHELD_BYTES


def _leaf(data: bytes) -> Leaf | None:
    """The leaf of a message as the log has it: none of one that is not a leaf and the envelope that it is about."""
    return None if log_entry(data).startswith(IRREGULAR) else split_entry(data)[0]


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
