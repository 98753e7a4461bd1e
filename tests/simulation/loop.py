"""An event loop on which waiting costs nothing: instead of sleeping, time jumps to the next thing that is due.

Everything runs in one thread without sockets, so that a run is decided by its seed alone. When nothing is ready and
nothing is due, nobody can ever go on: that is a deadlock, and an error.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import TypeVar

T = TypeVar("T")


class DeadlockError(Exception):
    """Every task waits, and nothing is due that could wake one."""


class VirtualSelector(selectors.SelectSelector):
    """Selects nothing; keeps the time instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise DeadlockError
        self.now_s += max(timeout, 0.0)
        return []


class SimulatedLoop(asyncio.SelectorEventLoop):
    """A loop in virtual time, from 0 on."""

    def __init__(self) -> None:
        self._virtual = VirtualSelector()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.now_s


def run(main: Coroutine[object, object, T]) -> T:
    """Run a coroutine in virtual time to its end. Raises DeadlockError."""
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        return runner.run(main)
