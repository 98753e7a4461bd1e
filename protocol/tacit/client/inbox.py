"""Entries that have come and were not read yet: never more than the gateway was allowed to send."""

import asyncio
from collections import deque
from typing import Final

from tacit.session import EntryArrived, EntryWithheld

WINDOW_ENTRIES: Final = 256
"""Credit that a client gives at once."""

Followed = EntryArrived | EntryWithheld


class Inbox:
    """A bounded queue whose room is told to the gateway as credit."""

    def __init__(self) -> None:
        self._waiting: deque[Followed] = deque()
        self._changed = asyncio.Event()
        self._read = 0

    def put(self, entry: Followed) -> None:
        """Keep an entry until it is read; the credit given sees to it that there is room."""
        self._waiting.append(entry)
        self._changed.set()

    async def take(self) -> Followed:
        """The next entry; waits for it."""
        while not self._waiting:
            self._changed.clear()
            await self._changed.wait()
        self._read += 1
        self._changed.set()
        return self._waiting.popleft()

    async def room(self) -> int:
        """How many entries there is room for; waits until there is some. Credit earned before this is void."""
        while len(self._waiting) >= WINDOW_ENTRIES:
            self._changed.clear()
            await self._changed.wait()
        self._read = 0
        return WINDOW_ENTRIES - len(self._waiting)

    async def earned(self) -> int:
        """Credit to give now, in lots: entries read since the last time, once there are enough of them."""
        while self._read < WINDOW_ENTRIES // 2:
            self._changed.clear()
            await self._changed.wait()
        earned, self._read = self._read, 0
        return earned
