"""The fake of a kept state: octets, with a hook that breaks calls."""

import asyncio
from collections.abc import Callable
from typing import Literal

Operation = Literal["read", "write"]
Breaks = Callable[[Operation], Exception | None]


def never(_: Operation) -> Exception | None:
    """Break nothing."""
    return None


class MemoryKeptState:
    """Keeps octets as long as it lives; `breaks` is asked at each call what to raise, before anything is done."""

    def __init__(self, breaks: Breaks = never) -> None:
        self.raw: bytes | None = None
        self._breaks = breaks

    async def read(self) -> bytes | None:
        """What was written last."""
        await self._turn("read")
        return self.raw

    async def write(self, raw: bytes) -> None:
        """Keep these."""
        await self._turn("write")
        self.raw = raw

    async def _turn(self, operation: Operation) -> None:
        await asyncio.sleep(0)
        broken = self._breaks(operation)
        if broken is not None:
            raise broken
