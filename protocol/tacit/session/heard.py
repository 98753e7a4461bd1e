"""The record as one client has heard it: what the log signs has to be this, and it has to be this again later. Pure.

Kept are the hashes of the last entries alone, and of all before them one compact range.
Spec: docs/reference/spec/session.md, 11 and 12.
"""

from typing import Final, Self

import msgspec

from tacit.record import leaf as leaf_format
from tacit.record.archive import IRREGULAR, log_entry
from tacit.record.checkpoint import Checkpoint
from tacit.record.merkle import CompactRange, leaf_hash
from tacit.session.events import EntryArrived, EntryWithheld
from tacit.session.faults import Fault, SessionError

HEARD_HASHES_MAX: Final = 16_384
"""Last entries of which each hash is kept, where no checkpoint has covered them; of those before a root has to do."""


class Difference(msgspec.Struct, frozen=True):
    """The record that was read is not the one that was read before, or not the one that was signed.

    `first` is the first entry that differs, `heard` its hash (log 2) as it was heard before, `found` as it is now.
    Where it is not known which of the first `size` entries it is, `first` is None and they are the roots over those.
    `is_signed`: then `heard` is the root that the log has signed, so that there are two histories.
    """

    first: int | None
    size: int
    heard: bytes
    found: bytes
    is_signed: bool = False

    def __str__(self) -> str:
        if self.is_signed:
            return f"the first {self.size} entries of the record are not those that the log has signed"
        where = f"one of the first {self.size} entries" if self.first is None else f"entry {self.first}"
        return f"the record was read again and is not the same: {where} differs from what was heard before"


class OtherRecordError(SessionError):
    """What was sent is not what the log has signed (`session.other_record`); `difference` says how."""

    def __init__(self, size: int, signed: bytes, found: bytes) -> None:
        self.difference = Difference(None, size, signed, found, is_signed=True)
        super().__init__(Fault.OTHER_RECORD, str(self.difference))


def entry_hash(event: EntryArrived | EntryWithheld) -> bytes:
    """The hash of the log's entry for what has come (log 1, 16)."""
    if isinstance(event, EntryWithheld):
        irregular = IRREGULAR + (event.digest or "").encode()
        return leaf_hash(irregular if event.leaf is None else leaf_format.encode(event.leaf))
    return leaf_hash(log_entry(event.raw) if event.entry is None else leaf_format.encode(event.entry.leaf))


class Heard:
    """The entries that came, one after another, over however many connections."""

    def __init__(self, before: Self | None = None) -> None:
        """`before`: what was heard when the record was read the last time; it is compared with what comes now."""
        self._before = before
        self._base = CompactRange()
        self._tail: list[bytes] = []
        self._last: bytes | None = None
        self._next: Checkpoint | None = None
        self._latest: Checkpoint | None = None
        self.agreed = 0
        """Entries of which the log has signed what was heard."""

    @property
    def size(self) -> int:
        """Entries that were heard."""
        return self._base.size + len(self._tail)

    def again(self) -> "Heard":
        """For reading the record from its beginning once more, and comparing it with this reading."""
        return Heard(self._before or self)

    def is_last(self, index: int, hashed: bytes) -> bool:
        """Whether this is the entry that was heard last, in its place."""
        return index == self.size - 1 and hashed == self._last

    def take(self, hashed: bytes) -> Difference | None:
        """Take in the hash of the next entry; given back is how this reading first differs from the one before.

        Raises:
            OtherRecordError: it is not what the log has signed.
        """
        self._tail.append(hashed)
        self._last = hashed
        found = self._compare(hashed)
        self._settle()
        if len(self._tail) >= 2 * HEARD_HASHES_MAX:
            self._fold(self.size - HEARD_HASHES_MAX)
        return found

    def shown(self, checkpoint: Checkpoint) -> None:
        """The log has signed this: what was heard, and is heard later, has to be under it. Raises as `take` does."""
        self._latest = checkpoint
        if self._next is None:
            self._next = checkpoint
        self._settle()

    def _settle(self) -> None:
        while self._next is not None and self._next.size <= self.size:
            signed, self._next = self._next, None
            if signed.size >= self._base.size:
                self._fold(signed.size)
                if self._base.root() != signed.root:
                    raise OtherRecordError(signed.size, signed.root, self._base.root())
                self.agreed = signed.size
            if self._latest is not None and self._latest.size > signed.size:
                self._next = self._latest

    def _fold(self, size: int) -> None:
        """Of the first `size` entries keep the compact range alone."""
        count = size - self._base.size
        self._base.extend(self._tail[:count])
        del self._tail[:count]

    def _root(self) -> bytes:
        tree = CompactRange(self._base.size, self._base.frontier)
        tree.extend(self._tail)
        return tree.root()

    def _compare(self, hashed: bytes) -> Difference | None:
        before, index = self._before, self.size - 1
        if before is None:
            return None
        found = before.difference_at(index, hashed) or self._difference_over(before)
        if found is not None or self.size >= before.size:
            self._before = None
        return found

    def difference_at(self, index: int, hashed: bytes) -> Difference | None:
        """How this differs from the entry that was heard at an index, where its hash is kept."""
        at = index - self._base.size
        known = self._tail[at] if 0 <= at < len(self._tail) else hashed
        return None if known == hashed else Difference(index, self.size, known, hashed)

    def _difference_over(self, before: Self) -> Difference | None:
        size, root = before._base.size, before._base.root()
        if self.size != size or self._root() == root:
            return None
        if before.agreed == size:
            raise OtherRecordError(size, root, self._root())
        return Difference(None, size, root, self._root())
