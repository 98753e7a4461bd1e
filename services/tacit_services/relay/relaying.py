"""Relaying: follow the record, publish one event for each entry. Awaits ports only.

Event n stands in the place of entry n. So the end of the stream of events says where to go on; the fence of the store
gives each place away once; and of two relays the second finds its own bytes standing there and goes on, too. What a
relay keeps is the state of the fold and its last event: a start goes on from them if the stream reaches as far.
"""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Final

from tacit.rules import Snapshot
from tacit_services.kept_fold import Held, KeptFold, Passed
from tacit_services.kept_states import UnusableStateError
from tacit_services.ports import (
    CallRefusedError,
    Clock,
    EventStore,
    FencedError,
    NewMessage,
    OutcomeUnknownError,
    RecordGapError,
    StoredMessage,
    StoreFailedError,
)
from tacit_services.relay.errors import EventsAheadError, EventsDifferError, RelayError
from tacit_services.relay.event import same_event
from tacit_services.relay.telling import Telling, Told
from tacit_services.relay.watch import Watch
from tacit_services.settle import Sleep, append_settled

SLICE_ENTRIES: Final = 128
"""Entries that are folded in one turn, so that others on the loop get theirs."""
RETRY_S: Final = 0.5
"""The pause while the store takes nothing."""
LOOK_S: Final = 1.0
"""Between two looks at how far the record is ahead."""


@dataclass(frozen=True)
class Ports:
    """What a relay needs of the world. `events` is a store of its own, on the subjects of `subjects.event`."""

    record: EventStore
    events: EventStore
    clock: Clock
    sleep: Sleep


class Relay:
    """The relay of one organisation. `published` says how many events are known to be durable."""

    def __init__(self, ports: Ports, telling: Telling, watch: Watch, kept: KeptFold) -> None:
        """`telling` stands before the first entry, or `kept` knows better."""
        self.published = 0
        self._ports = ports
        self._telling = telling
        self._watch = watch
        self._kept = kept
        self._tail: StoredMessage | None = None
        self._last = b""

    async def run(self) -> None:
        """Publish until cancelled. What the store does not take now is tried again for as long as it takes.

        Raises:
            RelayError: the stream of events is not that of this record.
            RecordGapError: the record itself has a hole.
        """
        try:
            await self._resume()
            self._watch.started(self.published)
            async with aclosing(self._kept.follow(self._ports.record, self)) as batches:
                async for batch in batches:
                    await self._take(await self._tell(batch))
        except (RelayError, RecordGapError) as error:
            self._watch.stopped(self.published, error)
            raise

    def held(self) -> Held | None:
        """The state, with the event of its last entry; None while that is not known to be durable."""
        return Held(self._telling.state, self._last) if self._telling.state.size <= self.published else None

    def go_on(self, found: Snapshot, _passed: Passed) -> None:
        """As `Fold.go_on`. Raises EventsDifferError, too: the stream of events ends there, with something else."""
        if found.size > self.published:
            raise UnusableStateError("longer_than_the_events")
        tail = self._tail
        if tail is not None and tail.sequence == found.size and not same_event(found.beside, tail.data):
            raise EventsDifferError(tail.sequence)
        self._telling.go_on(found.state)
        self._last = found.beside

    async def _resume(self) -> None:
        """Find the end of what is published; what stands there is compared as soon as its entry has been folded."""
        while True:
            try:
                await self._find_end()
                return
            except RecordGapError as error:
                raise EventsDifferError(error.sequence) from error
            except StoreFailedError as error:
                self._watch.interrupted(self.published, error)
                await self._ports.sleep(RETRY_S)

    async def _find_end(self) -> None:
        # Events first: meanwhile the record may grow, and nothing is wrong then.
        events = await self._ports.events.last_sequence()
        entries = await self._ports.record.last_sequence()
        if events > entries:
            raise EventsAheadError(events, entries)
        found = await self._ports.events.read(events, 1) if events else []
        self._tail = found[-1] if found else None
        self.published = events

    async def _tell(self, batch: Sequence[StoredMessage]) -> list[Told]:
        told: list[Told] = []
        for start in range(0, len(batch), SLICE_ENTRIES):
            told += map(self._telling.tell, batch[start : start + SLICE_ENTRIES])
            await asyncio.sleep(0)
        return told

    async def _take(self, told: Sequence[Told]) -> None:
        self._compare(told)
        fresh = [each for each in told if each.sequence > self.published]
        if told:
            self._last = told[-1].message.data
        if not fresh:
            return
        self.published = await self._append([each.message for each in fresh])
        received = [each.received_at for each in fresh if each.received_at is not None]
        oldest_s = (self._ports.clock.now() - received[0]).total_seconds() if received else 0.0
        self._watch.published(self.published, len(fresh) - len(received), oldest_s)

    def _compare(self, told: Sequence[Told]) -> None:
        tail = self._tail
        ours = next((each.message for each in told if tail is not None and each.sequence == tail.sequence), None)
        if tail is not None and ours is not None and not same_event(ours.data, tail.data):
            raise EventsDifferError(tail.sequence)

    async def _append(self, messages: Sequence[NewMessage]) -> int:
        while True:
            try:
                return await append_settled(self._ports.events, messages, self.published, sleep=self._ports.sleep)
            except (FencedError, RecordGapError) as error:
                raise EventsDifferError(error.sequence) from error
            except CallRefusedError as error:
                raise EventsDifferError(self.published + 1) from error
            except (StoreFailedError, OutcomeUnknownError) as error:
                # The same entries always give the same bytes, so trying again is right after an unknown outcome too.
                self._watch.interrupted(self.published, error)
                await self._ports.sleep(RETRY_S)

    async def look(self) -> None:
        """Measure how far the record is ahead, until cancelled."""
        time_s = asyncio.get_running_loop().time
        level_s = time_s()
        while True:
            # Where the store says nothing now, what was found last stands.
            with suppress(StoreFailedError):
                ahead = max(0, await self._ports.record.last_sequence() - self.published)
                now_s = time_s()
                level_s = level_s if ahead else now_s
                self._watch.lagging(ahead, now_s - level_s)
            await self._ports.sleep(LOOK_S)
