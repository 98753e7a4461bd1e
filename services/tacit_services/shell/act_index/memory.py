"""The fake of the index of acts: a dict, with a hook that breaks calls."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Literal

Place = tuple[str, str | None, str | None, int]
Placed = tuple[str, int]
Operation = Literal["begin", "clear", "write", "find"]
Breaks = Callable[[Operation], Exception | None]


def never(_: Operation) -> Exception | None:
    """Break nothing."""
    return None


class MemoryActIndex:
    """Keeps rows as long as it lives; `breaks` is asked at each call what to raise, before anything is done."""

    def __init__(self, breaks: Breaks = never) -> None:
        self.rows: dict[Place, Placed] = {}
        self.size = 0
        self._organisation: str | None = None
        self._breaks = breaks

    async def begin(self, organisation: str) -> int:
        """Empty it for another organisation."""
        await self._turn("begin")
        if self._organisation not in {None, organisation}:
            self.rows.clear()
            self.size = 0
        self._organisation = organisation
        return self.size

    async def clear(self) -> None:
        """Forget everything."""
        await self._turn("clear")
        self.rows.clear()
        self.size = 0

    async def write(self, rows: Sequence[tuple[Place, Placed]], size: int) -> None:
        """Add rows; the same place can never hold two acts."""
        await self._turn("write")
        assert self._organisation is not None, "begin() comes first"
        for place, placed in rows:
            assert self.rows.setdefault(place, placed) == placed, "one place, one act"
        self.size = max(self.size, size)

    async def find(self, places: Sequence[Place]) -> list[Placed | None]:
        """Look them up."""
        await self._turn("find")
        return [self.rows.get(place) for place in places]

    async def _turn(self, operation: Operation) -> None:
        await asyncio.sleep(0)
        broken = self._breaks(operation)
        if broken is not None:
            raise broken
