"""What a witness asks of others over HTTP: the files of a log, and that a submission be taken."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Final

import aiohttp

from tacit.ids import ActId
from tacit.limits import LOG_ENTRY_BYTES_MAX
from tacit.record.tiles import TILE_WIDTH
from tacit.witness.counting import Counts
from tacit.witness.ports import MirrorError
from tacit.witness.telling import told_with

READ_WAIT_S: Final = 10.0
FORWARD_WAIT_S: Final = 10.0
FORWARD_PAUSES_S: Final = (0.5, 2.0, 5.0, 10.0)
"""Between the tries to send a submission on; after the last it is given up."""
FORWARDS_MAX: Final = 256
"""Submissions on their way at once; beyond, one is attested and not sent on."""
FILE_BYTES_MAX: Final = TILE_WIDTH * (2 + LOG_ENTRY_BYTES_MAX)

log: Final = logging.getLogger("tacit.witness")


class HttpSource:
    """A log below a URL."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url.rstrip("/")

    async def read(self, path: str) -> bytes:
        """See the port."""
        try:
            # Redirects are not followed: the log may not send its witnesses elsewhere in their own networks.
            asking = self._http.get(f"{self._url}/{path}", allow_redirects=False)
            async with asyncio.timeout(READ_WAIT_S), asking as answer:
                if answer.status != 200:
                    raise MirrorError(f"{path}: status {answer.status}")
                return await _bounded(answer, path)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise MirrorError(f"{path}: {type(error).__name__}") from error


async def _bounded(answer: aiohttp.ClientResponse, path: str) -> bytes:
    raw = bytearray()
    async for part in answer.content.iter_any():
        raw += part
        if len(raw) > FILE_BYTES_MAX:
            raise MirrorError(f"{path}: more than {FILE_BYTES_MAX} bytes")
    return bytes(raw)


class HttpForwarding:
    """Sends submissions on with POST, each address for itself, a few times. Its tasks are those of the witness."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        addresses: Mapping[ActId, Sequence[str]],
        counts: Counts,
        tasks: asyncio.TaskGroup,
    ) -> None:
        self._http = http
        self._addresses = addresses
        self._counts = counts
        self._tasks = tasks
        self._under_way = 0

    def forward(self, organisation: ActId, submission: bytes) -> None:
        """See the port."""
        for address in self._addresses.get(organisation, ()):
            if self._under_way >= FORWARDS_MAX:
                self._counts.forward("dropped")
                log.warning("not_sent_on", extra=told_with(address=address, under_way=FORWARDS_MAX))
                return
            self._under_way += 1
            self._tasks.create_task(self._send(address, submission))

    async def _send(self, address: str, submission: bytes) -> None:
        try:
            for pause_s in (*FORWARD_PAUSES_S, None):
                if await self._try(address, submission):
                    self._counts.forward("sent")
                    return
                if pause_s is not None:
                    await asyncio.sleep(pause_s)
            self._counts.forward("given_up")
            log.warning("not_sent_on", extra=told_with(address=address))
        finally:
            self._under_way -= 1

    async def _try(self, address: str, submission: bytes) -> bool:
        """Whether somebody took it. What they make of it is in the record."""
        headers = {"Content-Type": "application/json"}
        try:
            async with (
                asyncio.timeout(FORWARD_WAIT_S),
                self._http.post(address, data=submission, headers=headers, allow_redirects=False) as answer,
            ):
                return answer.status // 100 != 3 and answer.status < 500 and answer.status != 429
        except (aiohttp.ClientError, TimeoutError):
            return False
