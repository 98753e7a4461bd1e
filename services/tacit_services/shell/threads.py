"""Worker threads, and beside them the fake that works on the spot."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

T = TypeVar("T")


class Threads:
    """A fixed number of threads that work in the order of asking. A context manager: leaving it waits for them."""

    def __init__(self, count: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=name)

    def start(self, work: Callable[[], T], /) -> Awaitable[T]:
        """Begin at once, or as soon as a thread is free; awaiting gives what `work` returns or raises."""
        return asyncio.get_running_loop().run_in_executor(self._pool, work)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._pool.shutdown(cancel_futures=True)


class OnTheSpot:
    """The fake: does the work within `start`, in the thread of the loop."""

    def start(self, work: Callable[[], T], /) -> Awaitable[T]:
        """Do it now."""
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        try:
            done.set_result(work())
        except Exception as error:  # noqa: BLE001 - whatever it is, whoever awaits gets it, as from a thread
            done.set_exception(error)
        return done
