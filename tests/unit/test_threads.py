"""Workers: the threads and the fake give the same."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial

import pytest

from tacit_services.registrar import Workers
from tacit_services.shell.threads import OnTheSpot, Threads


@pytest.fixture(params=["threads", "on the spot"])
def workers(request: pytest.FixtureRequest) -> Iterator[Workers]:
    with ExitStack() as stack:
        yield stack.enter_context(Threads(2, "test")) if request.param == "threads" else OnTheSpot()


async def test_what_the_work_returns_is_what_awaiting_gives(workers: Workers) -> None:
    begun = [workers.start(partial(pow, number, 2)) for number in range(10)]

    assert [number**2 for number in range(10)] == [await each for each in begun]


async def test_what_the_work_raises_is_raised_by_awaiting(workers: Workers) -> None:
    with pytest.raises(LookupError):
        await workers.start(raising(LookupError()))


def raising(error: Exception) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


async def test_threads_do_not_work_in_the_thread_of_the_loop() -> None:
    with Threads(1, "elsewhere") as threads:
        name = await threads.start(lambda: threading.current_thread().name)

    assert name.startswith("elsewhere")
