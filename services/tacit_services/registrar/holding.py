"""Where a copy of the record begins: it holds its end, from somewhere on. Awaits ports only."""

from tacit.ids import ActId
from tacit_services.copies import HELD_MESSAGES_MAX, Seen
from tacit_services.ports import StoredMessage
from tacit_services.registrar.ports import Elsewhere


class Holding:
    """What others hold of the record of one organisation."""

    def __init__(self, elsewhere: Elsewhere, organisation: ActId) -> None:
        self._elsewhere = elsewhere
        self._organisation = organisation

    async def held(self, seen: Seen, first: int, limit: int = HELD_MESSAGES_MAX) -> list[StoredMessage]:
        """Up to `limit` messages from `first` on; none where it holds none there."""
        return await self._elsewhere.held(self._organisation, seen.holder, first, limit)

    async def first_held(self, seen: Seen, low: int, high: int) -> int | None:
        """Where it begins to hold something of these, by halving; None where it holds nothing of them."""
        if await self.held(seen, low, 1):
            return low
        if not await self.held(seen, high, 1):
            return None
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if await self.held(seen, middle, 1) else (middle + 1, high)
        return low
