"""Virtual time passes only by waiting, always in the same order, and a deadlock does not hang."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from tacit_services.shell.clock import LoopClock
from tests.simulation.loop import DeadlockError, run

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_day_passes_at_once() -> None:
    async def main() -> float:
        await asyncio.sleep(86_400)
        return asyncio.get_running_loop().time()

    began = time.monotonic()

    assert run(main()) == pytest.approx(86_400)
    assert time.monotonic() - began < 1


def test_sleepers_wake_in_the_order_of_their_time() -> None:
    async def main() -> list[tuple[int, float]]:
        woken: list[tuple[int, float]] = []

        async def sleeper(seconds: int) -> None:
            await asyncio.sleep(seconds)
            woken.append((seconds, asyncio.get_running_loop().time()))

        async with asyncio.TaskGroup() as tasks:
            for seconds in (30, 10, 20, 10):
                tasks.create_task(sleeper(seconds))
        return woken

    assert run(main()) == [(10, 10.0), (10, 10.0), (20, 20.0), (30, 30.0)]


def test_a_timeout_comes_in_virtual_time() -> None:
    async def main() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await asyncio.sleep(3_600)
        return asyncio.get_running_loop().time()

    assert run(main()) == pytest.approx(5)


def test_waiting_for_what_nobody_will_do_is_a_deadlock() -> None:
    async def main() -> None:
        await asyncio.Event().wait()

    with pytest.raises(DeadlockError):
        run(main())


def test_the_time_stands_still_while_something_runs() -> None:
    async def main() -> float:
        for _ in range(1_000):
            await asyncio.sleep(0)
        return asyncio.get_running_loop().time()

    assert run(main()) == 0.0


def test_a_clock_on_the_loop_tells_virtual_time() -> None:
    async def main() -> datetime:
        clock = LoopClock(START)
        await clock.sleep_until(START + timedelta(days=3, microseconds=1))
        return clock.now()

    woken = run(main())

    assert timedelta() <= woken - (START + timedelta(days=3, microseconds=1)) < timedelta(milliseconds=1)


def test_a_clock_may_run_faster_than_its_loop() -> None:
    async def main() -> tuple[datetime, float]:
        clock = LoopClock(START, speed=60)
        await clock.sleep_until(START + timedelta(minutes=10))
        return clock.now(), asyncio.get_running_loop().time()

    now, passed_s = run(main())

    assert now >= START + timedelta(minutes=10)
    assert passed_s == pytest.approx(10)


def test_an_instant_that_is_past_is_no_reason_to_wait() -> None:
    async def main() -> float:
        await LoopClock(START).sleep_until(START - timedelta(seconds=1))
        return asyncio.get_running_loop().time()

    assert run(main()) == 0.0
