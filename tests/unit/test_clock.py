"""The machine's clock is in UTC and wakes nobody too early."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tacit_services.shell.clock import LoopClock, SystemClock


def test_the_machines_clock_tells_utc() -> None:
    assert SystemClock().now().tzinfo is UTC


async def test_nobody_wakes_before_the_instant() -> None:
    clock = SystemClock()
    instant = clock.now() + timedelta(milliseconds=30)

    await clock.sleep_until(instant)

    assert clock.now() >= instant


async def test_an_instant_that_is_past_is_no_reason_to_wait() -> None:
    clock = SystemClock()

    async with asyncio.timeout(1):
        await clock.sleep_until(clock.now() - timedelta(hours=1))


async def test_a_clock_on_a_loop_tells_utc_whatever_it_is_started_with() -> None:
    start = datetime(2026, 3, 1, 14, tzinfo=timezone(timedelta(hours=2)))

    clock = LoopClock(start)

    assert clock.now().tzinfo is UTC
    assert clock.now() - start < timedelta(seconds=1)


async def test_a_clock_needs_a_zone_and_a_speed() -> None:
    with pytest.raises(ValueError, match="aware"):
        LoopClock(datetime(2026, 3, 1, 12))  # noqa: DTZ001 - what must be refused
    with pytest.raises(ValueError, match="speed"):
        LoopClock(datetime(2026, 3, 1, 12, tzinfo=UTC), speed=0)
