"""Running until it ends by itself or a signal comes: then everything stops in order, which is no failure."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

T = TypeVar("T")


async def until_stopped(work: Coroutine[Any, Any, T], told: Callable[[], None]) -> T | None:
    """What `work` returns; None where SIGINT or SIGTERM came first, of which `told` is told once."""
    stopping = False
    task = asyncio.current_task()
    assert task is not None, "a coroutine runs in a task"

    def stop() -> None:
        nonlocal stopping
        if not stopping:
            stopping = True
            told()
            task.cancel()

    loop = asyncio.get_running_loop()
    for each in SIGNALS:
        loop.add_signal_handler(each, stop)
    try:
        return await work
    except asyncio.CancelledError:
        if not stopping:
            raise
        task.uncancel()
        return None
