"""Handing to others what only they can lodge, or what does not get through though it was lodged."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import aiohttp

from tacit.client.chains import Chains
from tacit.client.evidence_file import evidence_of
from tacit.client.lodging import Lodging
from tacit.client.showing import URGENT_S
from tacit.client.store import Kept
from tacit.client.waiting import COME_AGAIN, LOOK_S, again_after_s
from tacit.ids import ActId

HAND_WAIT_S: Final = 30.0
"""For one answer of one of them."""
HEARD_WAIT_S: Final = 10.0
"""For the evidence to be heard in the record, once somebody has said that it was lodged; then the next one is asked."""


class Handing:
    """Hands each to one after the other until somebody has lodged it, or it is no more to be handed."""

    def __init__(
        self, http: aiohttp.ClientSession, lodging: Lodging, chains: Callable[[], Chains], lodgers: Sequence[str]
    ) -> None:
        self._http = http
        self._lodging = lodging
        self._chains = chains
        self._lodgers = lodgers
        self._seen: dict[ActId, float] = {}
        self._handed: set[ActId] = set()

    async def run(self) -> None:
        """Look and hand, until cancelled. Raises nothing: what nobody takes waits, and says so."""
        clock = asyncio.get_running_loop().time
        async with asyncio.TaskGroup() as tasks:
            while True:
                due = {each.act for each in self._lodging.for_others(self._chains())}
                self._seen = {act: self._seen.get(act, clock()) for act in due}
                for act, since in self._seen.items():
                    if act not in self._handed and clock() - since >= URGENT_S:
                        self._handed.add(act)
                        tasks.create_task(self._hand(act))
                await asyncio.sleep(LOOK_S)

    async def _hand(self, act: ActId) -> None:
        """Hand it over until it is heard in the record, or nobody takes it: that somebody has lodged it is a word."""
        tries, left = 0, list(self._lodgers)
        while left:
            for address in list(left):
                found = self._find(act)
                if found is None:
                    self._handed.discard(act)  # should it be lost once more, it is handed once more
                    return
                status = await self._post(address, evidence_of(found).encode())
                if status == 200:
                    await asyncio.sleep(HEARD_WAIT_S)
                elif status not in COME_AGAIN:
                    left.remove(address)
            tries += 1
            await asyncio.sleep(again_after_s(tries))

    def _find(self, act: ActId) -> Kept | None:
        return next((each for each in self._lodging.for_others(self._chains()) if each.act == act), None)

    async def _post(self, address: str, raw: bytes) -> int:
        try:
            async with asyncio.timeout(HAND_WAIT_S), self._http.post(address, data=raw) as answer:
                return answer.status
        except (aiohttp.ClientError, OSError, TimeoutError):
            return 503
