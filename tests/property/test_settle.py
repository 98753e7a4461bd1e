"""Two writers, a store that breaks in every way it can, and time: each writer's call stands in the record once, or not.

The times are virtual. A store that was paused carries out later what it was sent: that is why looking at the tail
alone would not do, and a planted writer that does so is caught here.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacit_services.ports import (
    EventStore,
    FencedError,
    NewMessage,
    OutcomeUnknownError,
    StoreFailedError,
    WrongLastSequenceError,
)
from tacit_services.settle import SettleLimits, append_settled
from tacit_services.shell.event_store.faults import HONEST, Call, Fault
from tacit_services.shell.event_store.memory import MemoryEventStore, MemoryRecord
from tests.simulation.loop import run

LIMITS = SettleLimits(tries_max=12, pause_first_s=0.05, pause_max_s=1.0)
CALLS = 12

Append = Callable[[EventStore, Sequence[NewMessage], int], Awaitable[int]]


async def settled(store: EventStore, messages: Sequence[NewMessage], expected_last: int) -> int:
    return await append_settled(store, messages, expected_last, sleep=asyncio.sleep, limits=LIMITS)


async def looking_at_the_tail(store: EventStore, messages: Sequence[NewMessage], expected_last: int) -> int:
    """The planted bug: after a lost answer it takes the tail for the truth and lets its caller go on from there."""
    try:
        return await store.append(messages, expected_last)
    except (OutcomeUnknownError, WrongLastSequenceError):
        if await store.last_sequence() == expected_last:
            raise StoreFailedError("timeout") from None
        return expected_last + len(messages)


class Chance:
    """Faults of every kind, by a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def __call__(self, call: Call) -> Fault:
        chance = self._random
        slow = {"before_s": chance.random() * 0.2, "after_s": chance.random() * 0.2}
        match chance.randrange(8):
            case 0:
                return Fault(answer="failed", before_s=slow["before_s"], after_s=slow["after_s"])
            case 1:
                return Fault(answer="lost", stored=0, before_s=slow["before_s"])
            case 2:
                return Fault(answer="lost", stored=chance.randint(0, call.count), after_s=slow["after_s"])
            case 3:
                return Fault(answer="lost", late_s=chance.random() * 2)
            case 4:
                return Fault(twice=True, before_s=slow["before_s"], after_s=slow["after_s"])
            case _:
                return HONEST


class Writer:
    """Appends calls of its own, each after what it knows; begins anew from the record when it is fenced."""

    def __init__(self, name: int, store: EventStore, append: Append) -> None:
        self._name = name
        self._store = store
        self._append = append
        self.told: dict[int, list[bytes]] = {}
        """Of each call that was answered: where its last message stands, and what it is."""
        self.refused: list[bytes] = []

    async def work(self, sizes: list[int]) -> None:
        last = 0
        for number, size in enumerate(sizes):
            data = [b"%d.%d.%d" % (self._name, number, part) for part in range(size)]
            try:
                last = await self._append(self._store, [NewMessage("tacit.a", each) for each in data], last)
                self.told[last] = data
            except FencedError:
                last = await self._tail()
            except StoreFailedError:
                self.refused += data
            except OutcomeUnknownError:
                return

    async def _tail(self) -> int:
        while True:
            try:
                return await self._store.last_sequence()
            except StoreFailedError:
                await asyncio.sleep(0.1)


async def play(seed: int, append: Append) -> None:
    record = MemoryRecord()
    sizes = random.Random(seed)
    writers = [Writer(name, MemoryEventStore(record, Chance(2 * seed + name)), append) for name in range(2)]
    async with asyncio.TaskGroup() as tasks:
        for writer in writers:
            tasks.create_task(writer.work([sizes.randint(1, 5) for _ in range(CALLS)]))
    await asyncio.sleep(10)  # what a paused store still does comes by then

    data = [message.data for message in record.messages()]
    assert len(set(data)) == len(data), "nothing twice"
    for writer in writers:
        for last, told in writer.told.items():
            assert data[last - len(told) : last] == told, "what was told stands where it was told"
        assert not set(writer.refused) & set(data), "what failed is not there"


@given(st.integers(0, 2**32))
def test_every_call_stands_in_the_record_once_or_not_at_all(seed: int) -> None:
    run(play(seed, settled))


def test_looking_at_the_tail_alone_is_caught() -> None:
    caught = 0
    for seed in range(50):
        try:
            run(play(seed, looking_at_the_tail))
        except* AssertionError:
            caught += 1

    assert caught > 10


def test_the_same_seed_plays_the_same_way() -> None:
    async def trace(seed: int) -> list[tuple[Call, float]]:
        calls: list[tuple[Call, float]] = []
        chance = Chance(seed)

        def noted(call: Call) -> Fault:
            calls.append((call, asyncio.get_running_loop().time()))
            return chance(call)

        await Writer(0, MemoryEventStore(MemoryRecord(), noted), settled).work([1, 2, 3, 4, 5])
        return calls

    assert run(trace(7)) == run(trace(7))


def test_a_fault_that_lies_is_refused() -> None:
    with pytest.raises(ValueError, match="all or nothing"):
        Fault(stored=1)
    with pytest.raises(ValueError, match="all or nothing"):
        Fault(answer="failed", late_s=1)
