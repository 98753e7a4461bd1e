"""A record that is followed, and its end remembered: what a store loses, those who followed it can give back.

A store that has become shorter than what was followed is not given up at once: whoever writes the record appends again
what was lost, from copies such as this one. Meanwhile this copy must stay.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Final

import structlog

from tacit.ids import Digest
from tacit_services.copies import Seen, bounded, message_digest
from tacit_services.ports import (
    EventStore,
    NewMessage,
    RecordChangedError,
    RecordGapError,
    StoredMessage,
    StoreFailedError,
)
from tacit_services.standing import stored_at

KEPT_MESSAGES_MAX: Final = 16_384
KEPT_BYTES_MAX: Final = 32_000_000
MEND_WAIT_S: Final = 120.0
"""How long a store may stay shorter than what was followed, without growing, before it is given up."""
LOOK_S: Final = 0.25

log = structlog.get_logger()


class LastSeen:
    """`EventStore`, and a `RecordCopy` of the end of what `follow` has yielded."""

    def __init__(self, store: EventStore, name: str, wait_s: float = MEND_WAIT_S) -> None:
        """`name`: who remembers, in words for an operator."""
        self._store = store
        self._name = name
        self._wait_s = wait_s
        self._kept: deque[StoredMessage] = deque()
        self._bytes = 0

    async def append(self, messages: Sequence[NewMessage], expected_last: int) -> int:
        """As the store."""
        return await self._store.append(messages, expected_last)

    async def last_sequence(self) -> int:
        """As the store."""
        return await self._store.last_sequence()

    async def read(self, first: int, limit: int) -> list[StoredMessage]:
        """As the store."""
        return await self._store.read(first, limit)

    async def follow(self, after: int) -> AsyncGenerator[Sequence[StoredMessage], None]:
        """As the store, but one that lost its end is waited for. Raises RecordChangedError where it came back other."""
        while True:
            try:
                async with aclosing(self._store.follow(after)) as batches:
                    async for batch in batches:
                        self._keep(batch)
                        after = batch[-1].sequence
                        yield batch
            except RecordGapError as gap:
                if gap.sequence > after:
                    raise
                await self._come_back(after, gap)

    async def _come_back(self, after: int, gap: RecordGapError) -> None:
        """Wait until the store reaches as far as it was followed, and check that it is the same record."""
        log.warning("record_shorter", after=after, size=gap.sequence - 1)
        loop = asyncio.get_running_loop()
        best, since_s = -1, loop.time()
        while True:
            try:
                last = await self._store.last_sequence()
                if last >= after:
                    break
            except StoreFailedError:
                last = best
            if last > best:
                best, since_s = last, loop.time()
            elif loop.time() - since_s > self._wait_s:
                raise gap
            await asyncio.sleep(LOOK_S)
        await self._check_same(after)

    async def _check_same(self, after: int) -> None:
        ours = self._kept[-1] if self._kept else None
        if ours is None or ours.sequence != after:
            return
        while True:
            try:
                found = await stored_at(self._store, after)
            except StoreFailedError:
                await asyncio.sleep(LOOK_S)
                continue
            if found.data != ours.data:
                raise RecordChangedError(after)
            log.info("record_mended", size=after)
            return

    def _keep(self, batch: Sequence[StoredMessage]) -> None:
        if self._kept and batch[0].sequence != self._kept[-1].sequence + 1:
            self._kept.clear()
            self._bytes = 0
        for message in batch:
            self._kept.append(message)
            self._bytes += len(message.data)
        while len(self._kept) > KEPT_MESSAGES_MAX or (self._bytes > KEPT_BYTES_MAX and len(self._kept) > 1):
            self._bytes -= len(self._kept.popleft().data)

    async def seen(self) -> Seen | None:
        """The last message that was followed."""
        if not self._kept:
            return None
        last = self._kept[-1]
        return Seen(name=self._name, size=last.sequence, digest=message_digest(last.data))

    async def held(self, first: int, limit: int) -> list[StoredMessage]:
        """From memory."""
        if not self._kept or not self._kept[0].sequence <= first <= self._kept[-1].sequence:
            return []
        start = first - self._kept[0].sequence
        stop = min(start + limit, len(self._kept))
        return bounded([self._kept[at] for at in range(start, stop)], limit)

    async def body(self, folder: str, digest: Digest) -> bytes | None:  # noqa: ARG002 - takes every argument of its port
        """It keeps none."""
        return None
