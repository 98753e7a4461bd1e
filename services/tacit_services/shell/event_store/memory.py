"""The fakes of event store and body store: in memory, on one loop, stricter than JetStream, and breakable.

A `MemoryRecord` is what outlives a process; several stores on one record are several processes. The fakes check types
that the real ones would only trip over, and answer each call after the loop has had a turn, so that callers interleave.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Final

from tacit_services.ports import (
    FOLLOW_MESSAGES_MAX,
    READ_BYTES_MAX,
    CallRefusedError,
    NewMessage,
    OutcomeUnknownError,
    RecordGapError,
    StoredMessage,
    StoreFailedError,
    WrongLastSequenceError,
)
from tacit_services.shell.event_store.bodies import check_bodies, check_digest
from tacit_services.shell.event_store.calls import (
    Subjects,
    check_append,
    check_follow,
    check_read,
    subjects_below,
)
from tacit_services.shell.event_store.faults import Call, Fault, Faults, no_faults

ANY_SUBJECT: Final = "tacit.>"


class MemoryRecord:
    """The messages themselves: what is on the disk of a real store."""

    def __init__(self, subjects: str = ANY_SUBJECT) -> None:
        self.subjects: Subjects = subjects_below(subjects)
        self._messages: list[StoredMessage | None] = []
        self._watchers: set[asyncio.Event] = set()

    @property
    def last(self) -> int:
        """The last sequence, 0 if empty."""
        return len(self._messages)

    def messages(self) -> list[StoredMessage]:
        """Everything, as a test looks at it. Raises RecordGapError."""
        return self.slice(1, self.last)

    def slice(self, first: int, limit: int) -> list[StoredMessage]:
        """Return up to `limit` messages from `first` on. Raises RecordGapError."""
        run = self.run(first, limit)
        if len(run) < min(limit, self.last - first + 1):
            raise RecordGapError(first + len(run))
        return run

    def run(self, first: int, limit: int) -> list[StoredMessage]:
        """Return up to `limit` messages from `first` on, until one is lost."""
        found: list[StoredMessage] = []
        for message in self._messages[first - 1 : first - 1 + limit]:
            if message is None:
                break
            found.append(message)
        return found

    def add(self, messages: Sequence[NewMessage], expected_last: int) -> int:
        """Append behind the fence and wake whoever follows. Raises WrongLastSequenceError."""
        if self.last != expected_last:
            raise WrongLastSequenceError(expected_last)
        for sequence, message in enumerate(messages, expected_last + 1):
            self._messages.append(StoredMessage(sequence, message.subject, message.data))
        for watcher in self._watchers:
            watcher.set()
        return self.last

    def lose(self, sequence: int) -> None:
        """Lose a message that was stored: the damage of which `RecordGapError` tells."""
        self._messages[sequence - 1] = None

    def truncate(self, last: int) -> None:
        """Lose everything after `last`."""
        del self._messages[last:]

    def watch(self, watcher: asyncio.Event) -> None:
        """Set this event at each addition, until `unwatch`."""
        self._watchers.add(watcher)

    def unwatch(self, watcher: asyncio.Event) -> None:
        """Forget this event."""
        self._watchers.discard(watcher)


class MemoryEventStore:
    """`EventStore` on a `MemoryRecord`; `faults` is asked at every call but `follow`."""

    def __init__(self, record: MemoryRecord, faults: Faults = no_faults) -> None:
        self._record = record
        self._faults = faults

    async def append(self, messages: Sequence[NewMessage], expected_last: int) -> int:
        """Append all at once, however many."""
        check_append(messages, expected_last, self._record.subjects)
        if not all(type(message.data) is bytes for message in messages):
            raise CallRefusedError("message_too_large")
        messages = tuple(messages)
        fault = self._faults(Call("append", len(messages), expected_last))
        await asyncio.sleep(fault.before_s)
        try:
            last = self._apply(messages, expected_last, fault)
        finally:
            await asyncio.sleep(fault.after_s)
        return last

    def _apply(self, messages: Sequence[NewMessage], expected_last: int, fault: Fault) -> int:
        if fault.answer == "failed":
            raise StoreFailedError("store_error")
        if fault.answer == "lost":
            part = messages if fault.stored is None else messages[: fault.stored]
            asyncio.get_running_loop().call_later(fault.late_s, self._add_quietly, part, expected_last)
            raise OutcomeUnknownError
        last = self._record.add(messages, expected_last)
        if fault.twice:
            self._add_quietly(messages, expected_last)
        return last

    def _add_quietly(self, messages: Sequence[NewMessage], expected_last: int) -> None:
        if self._record.last == expected_last:
            self._record.add(messages, expected_last)

    async def last_sequence(self) -> int:
        """Look at the end."""
        await self._asked(Call("last_sequence"))
        return self._record.last

    async def read(self, first: int, limit: int) -> list[StoredMessage]:
        """Copy from the list."""
        check_read(first, limit)
        await self._asked(Call("read", limit))
        size, found = 0, []
        for message in self._record.slice(first, limit):
            if size >= READ_BYTES_MAX:
                break
            size += len(message.data)
            found.append(message)
        return found

    async def _asked(self, call: Call) -> None:
        fault = self._faults(call)
        await asyncio.sleep(fault.before_s + fault.after_s)
        if fault.answer != "true":
            raise StoreFailedError("timeout")

    async def follow(self, after: int) -> AsyncGenerator[Sequence[StoredMessage], None]:
        """Copy from the list, and wait for what is added."""
        check_follow(after)
        news = asyncio.Event()
        self._record.watch(news)
        try:
            while True:
                news.clear()
                batch = self._record.run(after + 1, FOLLOW_MESSAGES_MAX)
                if batch:
                    after = batch[-1].sequence
                    yield batch
                    await asyncio.sleep(0)
                elif self._record.last != after:
                    raise RecordGapError(min(self._record.last, after) + 1)
                else:
                    await news.wait()
        finally:
            self._record.unwatch(news)


class MemoryBodyStore:
    """`BodyStore` on a dict, which may be shared by several stores."""

    def __init__(self, bodies: dict[str, bytes], faults: Faults = no_faults) -> None:
        self._bodies = bodies
        self._faults = faults

    async def put(self, digest_hex: str, data: bytes) -> None:
        """Keep it."""
        await self.put_many([(digest_hex, data)])

    async def put_many(self, bodies: Sequence[tuple[str, bytes]]) -> None:
        """Keep all; one that is held with other bytes is the mistake of the caller, who has to check the digest."""
        check_bodies(bodies)
        bodies = tuple(bodies)
        fault = self._faults(Call("put", len(bodies)))
        await asyncio.sleep(fault.before_s)
        if fault.answer != "failed":
            for digest_hex, data in bodies if fault.stored is None else bodies[: fault.stored]:
                assert self._bodies.setdefault(digest_hex, data) == data, "one digest, one body"
        await asyncio.sleep(fault.after_s)
        if fault.answer == "lost":
            raise OutcomeUnknownError
        if fault.answer == "failed":
            raise StoreFailedError("store_error")

    async def get(self, digest_hex: str) -> bytes | None:
        """Look it up."""
        check_digest(digest_hex)
        fault = self._faults(Call("get", 1))
        await asyncio.sleep(fault.before_s + fault.after_s)
        if fault.answer != "true":
            raise StoreFailedError("timeout")
        return self._bodies.get(digest_hex)

    async def ever(self) -> int:
        """Nothing is deleted here."""
        fault = self._faults(Call("get", 0))
        await asyncio.sleep(fault.before_s + fault.after_s)
        if fault.answer != "true":
            raise StoreFailedError("timeout")
        return len(self._bodies)
