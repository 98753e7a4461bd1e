"""Entries that have come and were not read yet: never more than the gateway was allowed to send."""

import asyncio
from collections import deque
from typing import Final

from tacit.session import Difference, EntryArrived, EntryWithheld

WINDOW_ENTRIES: Final = 256
"""Credit that a client gives at once."""

Followed = EntryArrived | EntryWithheld


class Inbox:
    """A bounded queue whose room is told to the gateway as credit. Each entry is put into it once, in order."""

    def __init__(self, first: int = 0) -> None:
        """`first`: the index of the first entry that is to be handed on."""
        self._waiting: deque[Followed | Difference] = deque()
        self._next = first
        self._earned = 0
        self.reopen()

    def reopen(self) -> None:
        """Whoever waited for something here is gone; what was not read is still here."""
        self._changed = asyncio.Event()

    def put(self, entry: Followed) -> None:
        """Keep an entry until it is read; the credit given sees to it that there is room. None is put in twice."""
        if entry.index >= self._next:
            self._next = entry.index + 1
            self._waiting.append(entry)
        else:
            self._earned += 1
        self._changed.set()

    def take_back(self, difference: Difference) -> None:
        """From there on the record is another. Where something of that was read already, its reader is told."""
        first = difference.first or 0
        held = [each for each in self._waiting if isinstance(each, Difference) or each.index < first]
        read_to = self._next - sum(not isinstance(each, Difference) for each in self._waiting)
        self._earned += len(self._waiting) - len(held)
        self._waiting = deque(held)
        if read_to > first:
            self._waiting.append(difference)
        self._next = min(self._next, first)
        self._changed.set()

    async def take(self) -> Followed | Difference:
        """The next entry, or word that what was read from some entry on stands there no more; waits for it."""
        while not self._waiting:
            self._changed.clear()
            await self._changed.wait()
        self._changed.set()
        found = self._waiting.popleft()
        if not isinstance(found, Difference):
            self._earned += 1
        return found

    async def room(self) -> int:
        """How many entries there is room for; waits until there is some. Credit earned before this is void."""
        while len(self._waiting) >= WINDOW_ENTRIES:
            self._changed.clear()
            await self._changed.wait()
        self._earned = 0
        return WINDOW_ENTRIES - len(self._waiting)

    async def earned(self) -> int:
        """Credit to give now, in lots: entries read since the last time, once there are enough of them."""
        while self._earned < WINDOW_ENTRIES // 2:
            self._changed.clear()
            await self._changed.wait()
        earned, self._earned = self._earned, 0
        return earned
