"""One event for each entry, in the record's order, each exactly once, whatever happens on the way."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from tacit_services.kept_fold import KeptFold
from tacit_services.ports import NewMessage
from tacit_services.relay import EventsAheadError, EventsDifferError, Ports, Relay, RelayError, Watch
from tacit_services.relay.main import serve
from tacit_services.shell.clock import SystemClock
from tacit_services.shell.event_store.faults import (
    ANSWER_LOST,
    FAILED,
    HONEST,
    NOT_STORED,
    Fault,
    Faults,
    no_faults,
)
from tacit_services.shell.event_store.memory import MemoryEventStore, MemoryRecord
from tacit_services.shell.kept_state import MemoryKeptState
from tests.unit.relay.record import messages, new_telling, organisation, tell

WAIT_S = 20.0


async def brief(_seconds: float) -> None:
    """A pause in which everybody gets a turn."""
    await asyncio.sleep(0)


class Bus:
    """A record and its events, and as many relays as a test wants."""

    def __init__(self) -> None:
        self.record = MemoryRecord()
        self.events = MemoryRecord(f"tacit.{organisation()[:12]}.events.>")
        self.metrics = CollectorRegistry()
        self.kept = MemoryKeptState()

    def relay(self, faults: Faults = no_faults) -> Relay:
        self.metrics = CollectorRegistry()
        ports = Ports(
            record=MemoryEventStore(self.record),
            events=MemoryEventStore(self.events, faults),
            clock=SystemClock(),
            sleep=brief,
        )
        return Relay(ports, new_telling(), Watch(self.metrics), KeptFold(self.kept, organisation()))

    def add(self, first: int, end: int) -> None:
        self.record.add(messages()[first:end], first)

    async def until(self, size: int) -> None:
        async with asyncio.timeout(WAIT_S):
            while self.events.last < size:  # noqa: ASYNC110 - another process writes: there is no event to wait for
                await asyncio.sleep(0)

    def published(self) -> list[NewMessage]:
        return [NewMessage(each.subject, each.data) for each in self.events.messages()]

    def metric(self, name: str) -> float:
        return self.metrics.get_sample_value(f"tacit_relay_{name}") or 0.0


EXPECTED = [each.message for each in tell()]
SIZE = len(EXPECTED)


@pytest.fixture
def bus() -> Bus:
    return Bus()


@asynccontextmanager
async def running(run: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(awaited(run))
        yield
        task.cancel()


async def awaited(run: Callable[[], Awaitable[None]]) -> None:
    await run()


async def test_what_is_there_and_what_comes_is_published_in_order(bus: Bus) -> None:
    bus.add(0, 10)
    async with running(bus.relay().run):
        await bus.until(10)
        bus.add(10, SIZE)
        await bus.until(SIZE)

    assert EXPECTED == bus.published()


@pytest.mark.parametrize("end", [0, 1, 10, 42, SIZE])
async def test_a_relay_goes_on_where_the_stream_of_events_ends(bus: Bus, end: int) -> None:
    bus.add(0, end)
    async with running(bus.relay().run):
        await bus.until(end)
    bus.add(end, SIZE)
    async with running(bus.relay().run):
        await bus.until(SIZE)

    assert EXPECTED == bus.published()


async def test_two_relays_do_no_harm(bus: Bus) -> None:
    first, second = bus.relay(), bus.relay()
    async with running(first.run), running(second.run):
        for at in range(0, SIZE, 5):
            bus.add(at, min(at + 5, SIZE))
            await bus.until(min(at + 3, SIZE))
        await bus.until(SIZE)
        async with asyncio.timeout(WAIT_S):
            while min(first.published, second.published) < SIZE:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0)

    assert EXPECTED == bus.published()


@pytest.mark.parametrize(
    "fault",
    [
        FAILED,
        NOT_STORED,
        ANSWER_LOST,
        Fault(answer="lost", stored=3),
        Fault(twice=True),
        Fault(answer="lost", twice=True),
    ],
    ids=["failed", "not stored", "answer lost", "a part stored", "stored twice", "lost and twice"],
)
async def test_a_fault_of_the_store_costs_no_event_and_doubles_none(bus: Bus, fault: Fault) -> None:
    chance = random.Random(7)

    with capture_logs():
        async with running(bus.relay(lambda _: chance.choice((HONEST, fault))).run):
            bus.add(0, SIZE)
            await bus.until(SIZE)

    assert EXPECTED == bus.published()


async def test_the_metrics_say_what_is_published_and_how_far_it_is_behind(bus: Bus) -> None:
    bus.add(0, SIZE)
    relay = bus.relay()
    async with running(relay.look):
        await asyncio.sleep(0.01)
    behind_entries, behind_s = bus.metric("lag_entries"), bus.metric("lag_seconds")
    async with running(lambda: serve(relay)):
        await bus.until(SIZE)
        await asyncio.sleep(0.01)

    assert behind_entries == SIZE
    assert behind_s > 0
    assert (SIZE, 0.0, 0.0) == (bus.metric("record_entries"), bus.metric("lag_entries"), bus.metric("lag_seconds"))
    assert (1.0, 2.0) == (bus.metric("running"), bus.metric("void_entries_total"))
    assert bus.metric("delay_seconds_count") >= 1


async def stops(bus: Bus, error: type[RelayError]) -> None:
    with capture_logs() as logs, pytest.raises(error):
        async with asyncio.timeout(WAIT_S):
            await serve(bus.relay())

    assert "relay_stopped" in [line["event"] for line in logs]
    assert 0.0 == bus.metric("running")


async def test_a_relay_stops_before_events_of_another_record(bus: Bus) -> None:
    bus.add(0, 10)
    bus.events.add(EXPECTED[1:8], 0)

    await stops(bus, EventsDifferError)
    assert EXPECTED[1:8] == bus.published()


async def test_a_relay_stops_before_what_another_has_put_into_its_place(bus: Bus) -> None:
    async def forge() -> None:
        await bus.until(10)
        bus.events.add([NewMessage(EXPECTED[10].subject, b"forged")], 10)
        bus.add(10, 11)

    bus.add(0, 10)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(forge())
        await stops(bus, EventsDifferError)

    assert 11 == bus.events.last


async def test_a_relay_stops_before_more_events_than_entries(bus: Bus) -> None:
    bus.add(0, 5)
    bus.events.add(EXPECTED[:6], 0)

    await stops(bus, EventsAheadError)


async def test_a_relay_stops_before_a_hole_in_the_events(bus: Bus) -> None:
    bus.add(0, 6)
    bus.events.add(EXPECTED[:5], 0)
    bus.events.lose(5)

    await stops(bus, EventsDifferError)
