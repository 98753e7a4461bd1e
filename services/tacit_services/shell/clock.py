"""The clocks: the machine's, and one that follows an event loop, for scenarios at another speed and for simulations."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

CLOCK_CHECK_S: Final = 1.0
"""A sleeper looks at the clock at least so often: the machine's clock may be set while it sleeps."""


class SystemClock:
    """`Clock` of the machine."""

    def now(self) -> datetime:
        """Read it."""
        return datetime.now(UTC)

    async def sleep_until(self, instant: datetime) -> None:
        """Sleep in short pieces."""
        while True:
            left_s = (instant - self.now()).total_seconds()
            if left_s <= 0:
                return
            await asyncio.sleep(min(left_s, CLOCK_CHECK_S))


class LoopClock:
    """`Clock` that starts at `start` when it is made and runs `speed` times as fast as the running event loop.

    On a real loop a scenario plays in scaled time; on a simulated loop time passes only by waiting.
    """

    def __init__(self, start: datetime, speed: float = 1.0) -> None:
        if start.tzinfo is None or speed <= 0:
            raise ValueError("a clock needs an aware start and a speed above 0")
        self._start = start.astimezone(UTC)
        self._speed = speed
        self._loop = asyncio.get_running_loop()
        self._zero_s = self._loop.time()

    def now(self) -> datetime:
        """Return the start and what has passed since, by the speed."""
        return self._start + timedelta(seconds=(self._loop.time() - self._zero_s) * self._speed)

    async def sleep_until(self, instant: datetime) -> None:
        """Sleep on the loop; more than once only where rounding left a rest."""
        while True:
            left_s = (instant - self.now()).total_seconds()
            if left_s <= 0:
                return
            await asyncio.sleep(left_s / self._speed)
