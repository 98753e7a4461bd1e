"""A cancellation that a call of nats-py passes over still stops whoever was told to stop."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine

import pytest

from tacit_services.shell.nats_connection import within


async def swallowing(seconds: float) -> None:
    """What nats-py does in its flush."""
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.sleep(seconds)


async def cancelled(work: Callable[[], Coroutine[None, None, None]]) -> bool:
    """Whether work that is told to stop once it has begun stops as cancelled."""
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(work())
        await asyncio.sleep(0)
        task.cancel()
    return task.cancelled()


async def test_a_swallowed_cancellation_is_raised() -> None:
    async def calling() -> None:
        async with within(60):
            await swallowing(60)

    assert await cancelled(calling)


async def test_a_swallowed_timeout_is_a_timeout() -> None:
    with pytest.raises(TimeoutError):
        async with within(0.01):
            await swallowing(60)


async def test_who_cleans_up_after_a_cancellation_may_still_call() -> None:
    cleaned = []

    async def working() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            async with within(60):
                await asyncio.sleep(0)
            cleaned.append("up")

    assert await cancelled(working)
    assert cleaned == ["up"]
