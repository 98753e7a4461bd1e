"""A relay goes on from the state that it kept, if the stream of events reaches as far and ends as it should."""

import asyncio
import random
from collections.abc import MutableMapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from tacit.rules import catalogue, decode_snapshot
from tacit_services.ports import NewMessage, StoredMessage
from tacit_services.relay import EventsDifferError, Telling, Told
from tacit_services.shell.event_store.memory import MemoryRecord
from tests.unit.relay.record import messages, organisation
from tests.unit.relay.test_relay import EXPECTED, SIZE, WAIT_S, Bus, running

HALF = SIZE // 2

Logs = list[MutableMapping[str, Any]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sequence of every message that a relay folded."""
    found: list[int] = []
    tell = Telling.tell

    def noted(self: Telling, stored: StoredMessage) -> Told:
        found.append(stored.sequence)
        return tell(self, stored)

    monkeypatch.setattr(Telling, "tell", noted)
    return found


@pytest.fixture
async def bus() -> Bus:
    """A relay has published half of the record, and was stopped in order."""
    bus = Bus()
    bus.add(0, HALF)
    await relayed(bus, HALF)
    return bus


async def relayed(bus: Bus, size: int) -> Logs:
    """Run until so many events are published, and the relay knows; stop it in order."""
    relay = bus.relay()
    with capture_logs() as logs:
        async with running(relay.run), asyncio.timeout(WAIT_S):
            while relay.published < size or relay._telling.state.size < size:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0)
    return logs


def size_kept(bus: Bus) -> int:
    return decode_snapshot(bus.kept.raw or b"", catalogue()).size


def reasons(logs: Logs) -> list[str]:
    return [line["reason"] for line in logs if line["event"] == "state_ignored"]


def published_again(bus: Bus, events: list[NewMessage]) -> None:
    """Put other events in the place of those that there are."""
    bus.events = MemoryRecord(f"tacit.{organisation()[:12]}.events.>")
    bus.events.add(events, 0)


async def test_a_relay_folds_only_what_is_new(bus: Bus, told: list[int]) -> None:
    assert HALF == size_kept(bus)
    told.clear()
    bus.add(HALF, SIZE)
    await relayed(bus, SIZE)

    assert list(range(HALF + 1, SIZE + 1)) == told
    assert EXPECTED == bus.published()
    assert SIZE == size_kept(bus)


async def test_events_that_another_relay_has_published_since_are_folded_and_compared(bus: Bus, told: list[int]) -> None:
    kept = bus.kept.raw
    bus.add(HALF, HALF + 9)
    await relayed(bus, HALF + 9)
    bus.kept.raw = kept
    told.clear()
    bus.add(HALF + 9, SIZE)
    await relayed(bus, SIZE)

    assert list(range(HALF + 1, SIZE + 1)) == told
    assert EXPECTED == bus.published()


@pytest.mark.parametrize("more", [0, 9])
async def test_another_event_at_the_end_is_noticed_as_it_is_without_a_state(bus: Bus, more: int) -> None:
    """Where the state ends with that event, and where it ends before it."""
    bus.add(HALF, SIZE)
    published_again(bus, [*EXPECTED[: HALF + more - 1], EXPECTED[0]])

    with pytest.raises(EventsDifferError, match=f"the event of entry {HALF + more - 1} "):
        await bus.relay().run()


async def test_a_stream_that_lost_events_gets_them_again(bus: Bus, told: list[int]) -> None:
    published_again(bus, EXPECTED[: HALF - 3])
    told.clear()
    logs = await relayed(bus, HALF)

    assert ["longer_than_the_events"] == reasons(logs)
    assert 1 in told
    assert EXPECTED[:HALF] == bus.published()


async def test_another_record_under_the_state_is_noticed(bus: Bus, told: list[int]) -> None:
    said = messages()[:HALF]
    said[0] = NewMessage(said[0].subject, said[0].data.replace(b'"v":1', b'"v":2', 1))
    bus.record = MemoryRecord()
    bus.record.add(said, 0)
    told.clear()
    with capture_logs() as logs, pytest.raises(EventsDifferError):
        await bus.relay().run()

    assert ["differs"] == reasons(list(logs))
    assert 1 in told


async def test_a_state_is_not_kept_of_what_is_not_published(bus: Bus) -> None:
    relay = bus.relay()
    relay._telling.tell(StoredMessage(1, messages()[0].subject, messages()[0].data))

    assert relay.held() is None


@pytest.mark.parametrize("seed", range(8))
async def test_relays_that_are_stopped_anywhere_publish_each_event_once(seed: int) -> None:
    chance, bus = random.Random(seed), Bus()
    while bus.events.last < SIZE:
        bus.add(bus.record.last, min(SIZE, bus.record.last + chance.randrange(1, 30)))
        async with running(bus.relay().run):
            for _ in range(chance.randrange(40)):
                await asyncio.sleep(0)

    assert EXPECTED == bus.published()
