"""Asking other members' witnesses: each is shown an act until it attests, and what it attests is kept as it comes."""

import asyncio
from collections.abc import Sequence
from typing import Final

import aiohttp

from tacit.client.settings import Witnesses
from tacit.client.showing import Showing
from tacit.client.store import Kept
from tacit.client.waiting import COME_AGAIN, LOOK_S, again_after_s
from tacit.errors import RefusedError
from tacit.ids import ActId
from tacit.submission import encode

ATTEST_WAIT_S: Final = 10.0
"""For one answer of one witness."""
ATTESTATION_BYTES_MAX: Final = 8_192


class Asking:
    """Shows whatever is due, each act for as long as it is wanted. A witness that attests it sends it on as well."""

    def __init__(self, http: aiohttp.ClientSession, showing: Showing, witnesses: Witnesses) -> None:
        self._http = http
        self._showing = showing
        self._witnesses = witnesses

    async def run(self) -> None:
        """Look and show, until cancelled. Raises OutboxError: what came cannot be kept."""
        clock, shown = asyncio.get_running_loop().time, set[ActId]()
        async with asyncio.TaskGroup() as tasks:
            while True:
                for kept, addresses in self._showing.due(self._witnesses, clock()):
                    if kept.act not in shown:
                        shown.add(kept.act)
                        tasks.create_task(self._show(kept, addresses))
                await asyncio.sleep(LOOK_S)

    async def _show(self, shown: Kept, addresses: Sequence[str]) -> None:
        raw = encode(shown.submission)
        async with asyncio.TaskGroup() as tasks:
            for address in addresses:
                tasks.create_task(self._ask(shown.act, f"{address.rstrip('/')}/attest", raw))

    async def _ask(self, act: ActId, url: str, raw: bytes) -> None:
        tries = 0
        while self._showing.is_wanted(act) and not await self._asked(act, url, raw):
            tries += 1
            await asyncio.sleep(again_after_s(tries))

    async def _asked(self, act: ActId, url: str, raw: bytes) -> bool:
        """Whether there is no use in asking again."""
        try:
            async with asyncio.timeout(ATTEST_WAIT_S), self._http.post(url, data=raw) as answer:
                if answer.status != 200:
                    return answer.status not in COME_AGAIN
                self._showing.take(act, await _body(answer))
        except (aiohttp.ClientError, OSError, TimeoutError):
            return False
        except RefusedError:
            return True
        return True


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    """What was answered, or so much of it that it cannot be an attestation."""
    raw = b""
    async for chunk in answer.content.iter_any():
        raw += chunk
        if len(raw) > ATTESTATION_BYTES_MAX:
            break
    return raw
