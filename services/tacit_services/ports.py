"""What the services need from the world, as promises without an implementation.

A promise is in the docstring: what returning means, what raising means. Adapters live in `shell`; every fake lives
beside its adapter and one contract suite tests both. This room imports no IO and knows no transport; messages are
bytes.
"""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Final, Literal, Protocol

import msgspec

MESSAGE_BYTES_MAX: Final = 1_000_000
"""Data of one message. Leaves 48,576 bytes of the server's 1 MiB for subject and headers."""

APPEND_MESSAGES_MAX: Final = 5_000
READ_MESSAGES_MAX: Final = 1_000
READ_BYTES_MAX: Final = 8_000_000
FOLLOW_MESSAGES_MAX: Final = 1_024
"""The longest batch that `EventStore.follow` yields."""


class NewMessage(msgspec.Struct, frozen=True, gc=False):
    """A message that is to be appended."""

    subject: str
    data: bytes


class StoredMessage(msgspec.Struct, frozen=True, gc=False):
    """A message with its place. It has no server time: the record carries its own."""

    sequence: int
    subject: str
    data: bytes


class StoreError(Exception):
    """The root of the three families; never raised itself."""


class StoreRefusedError(StoreError):
    """Refused: nothing of this call is stored, and the same call will be refused again."""


class StoreFailedError(StoreError):
    """Failed: nothing of this call is stored, and it may be tried again. A read that fails fails so, too."""

    def __init__(self, reason: "FailureReason") -> None:
        super().__init__(reason)
        self.reason: FailureReason = reason


class OutcomeUnknownError(StoreError):
    """Unknown: any prefix of this call may be stored, now or later. Only `settle.append_settled` may repeat it."""

    def __init__(self) -> None:
        super().__init__("the store does not say whether it has taken what it was given: start again")


FailureReason = Literal["busy", "disk_full", "not_connected", "no_stream", "store_error", "timeout"]
RefusalReason = Literal["empty", "too_many", "message_too_large", "subject_not_accepted", "sequence_out_of_range"]


class WrongLastSequenceError(StoreRefusedError):
    """The store does not end at `expected`: somebody else appended, or an earlier try of ours did after all."""

    def __init__(self, expected: int) -> None:
        super().__init__(f"the store does not end with {expected} entries")
        self.expected = expected


class CallRefusedError(StoreRefusedError):
    """The call breaks a limit of this port; the caller should have known."""

    def __init__(self, reason: RefusalReason) -> None:
        super().__init__(reason)
        self.reason: RefusalReason = reason


class FencedError(StoreRefusedError):
    """At `sequence` stands a message of another writer: this writer has been superseded and must step down."""

    def __init__(self, sequence: int) -> None:
        super().__init__(
            f"entry {sequence - 1} is another writer's: it serves now, and this one must not be started again."
        )
        self.sequence = sequence


class RecordGapError(StoreError):
    """The store itself lacks `sequence`, which it once had. No retry helps: a registrar or a restore puts it back."""

    def __init__(self, sequence: int) -> None:
        super().__init__(
            f"the store lacks entry {sequence - 1}: start the registrar, which puts back what anybody still has, then "
            f"this again; if the registrar ends so twice, restore the record from its archive (tacit restore ARCHIVE)."
        )
        self.sequence = sequence


class RecordChangedError(StoreError):
    """At `sequence` another message stands than the one that was there before. It is not the same record any more."""

    def __init__(self, sequence: int) -> None:
        super().__init__(f"the store holds another entry {sequence - 1} than before")
        self.sequence = sequence


class EventStore(Protocol):
    """One totally ordered, append-only stream; sequences start at 1 and have no holes."""

    async def append(self, messages: Sequence[NewMessage], expected_last: int) -> int:
        """Append all messages, in order, right after `expected_last`; return the last sequence.

        Returning means: all are durable (fsynced), contiguous, in order, at `expected_last + 1` and after.
        `expected_last` must be a place whose content the caller knows, because it was returned to it or read by it:
        a number merely counted ahead of an answer does not fence, since others may have filled the places between.

        Raises `WrongLastSequenceError` (nothing of this call is stored), `StoreFailedError` (nothing stored, may be
        tried again), `OutcomeUnknownError` (any prefix may be stored, now or later), `CallRefusedError` (1 to
        `APPEND_MESSAGES_MAX` messages of at most `MESSAGE_BYTES_MAX`, on subjects of this store).
        """
        ...

    async def last_sequence(self) -> int:
        """Return the last sequence, 0 if empty; consistent with the leader. Raises `StoreFailedError`."""
        ...

    async def read(self, first: int, limit: int) -> list[StoredMessage]:
        """Return messages from `first` on, contiguous, consistent with the leader.

        Fewer than `limit` may come (the store ends, or `READ_BYTES_MAX` is reached); none means that the store ends
        before `first`. Raises `RecordGapError` if a sequence within the store is missing, `StoreFailedError`, and
        `CallRefusedError` unless `first >= 1` and `1 <= limit <= READ_MESSAGES_MAX`.
        """
        ...

    def follow(self, after: int) -> AsyncGenerator[Sequence[StoredMessage], None]:
        """Yield everything from `after + 1` on, contiguous and without end, in batches; then what is appended live.

        Survives restarts of the server and slow readers: what was lost on the way is fetched again from the last good
        sequence. Buffers a bounded number of messages and bytes, so a slow reader slows the store's sending, not the
        store. Raises `RecordGapError` if the store itself lacks a sequence, or ends before `after`.
        Close it: `async with contextlib.aclosing(store.follow(n)) as batches`.
        """
        ...


class BodyStore(Protocol):
    """Detached bodies by the digest that the act names. The caller has checked that digest; bytes are opaque here."""

    async def put(self, digest_hex: str, data: bytes) -> None:
        """Store one body. Returning means durable. May always be repeated: a digest already held is left as it is.

        Raises `StoreFailedError`, `OutcomeUnknownError` (repeat it), `CallRefusedError`.
        """
        ...

    async def put_many(self, bodies: Sequence[tuple[str, bytes]]) -> None:
        """Store bodies as `put` does, sharing the cost; each digest once. On raising, any of them may be held."""
        ...

    async def get(self, digest_hex: str) -> bytes | None:
        """Return the body, or None if it is not held. Raises `StoreFailedError`, `CallRefusedError`."""
        ...

    async def ever(self) -> int:
        """How many bodies were ever put here; one that was deleted since counts. Raises `StoreFailedError`."""
        ...


class KeptState(Protocol):
    """One state of a fold, in a service's own folder: where it is lost, that costs time and nothing else."""

    async def read(self) -> bytes | None:
        """Return what was written last, whole; None where there is nothing. Raises `StoreFailedError`."""
        ...

    async def write(self, raw: bytes) -> None:
        """Put `raw` in its place, durably; a crash leaves one or the other. Raises `StoreFailedError`."""
        ...


class Clock(Protocol):
    """The only source of time; the rules and handlers get instants as arguments."""

    def now(self) -> datetime:
        """Return the time in UTC, aware. It may step back when the machine's clock is set."""
        ...

    async def sleep_until(self, instant: datetime) -> None:
        """Return when `now() >= instant`, at once if that is past. A set clock is noticed within a second."""
        ...


class Entropy(Protocol):
    """The only source of randomness; `os.urandom` is one."""

    def __call__(self, size: int, /) -> bytes:
        """Return `size` bytes that nobody can predict (or, in a simulation, those of the seed)."""
        ...
