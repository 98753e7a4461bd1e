"""The feed of the page: Server-Sent Events. Nothing is queued: a reader gets what changed since its last event.

After a reconnect the browser names the last event it had; if nothing has happened since, it gets nothing but the time.
"""

import asyncio
from datetime import datetime
from typing import Final

import msgspec
from aiohttp import web

from tacit_services.gateway.board import Board, Sections
from tacit_services.gateway.config import GatewayConfig
from tacit_services.gateway.metrics import Metrics
from tacit_services.gateway.tail import Tail
from tacit_services.ports import Clock

TIME_S: Final = 10.0
"""At least so often the time goes out: it keeps the countdown right and shows that the line is alive."""

WRITE_WAIT_S: Final = 15.0
RETRY_MS: Final = 2_000

HEADERS: Final = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Update(msgspec.Struct, frozen=True, omit_defaults=True):
    """One event: the time and the size always, each section only if it changed."""

    now: datetime
    size: int
    head: msgspec.Raw | None = None
    channels: msgspec.Raw | None = None
    acknowledgements: msgspec.Raw | None = None
    consultations: msgspec.Raw | None = None
    silences: msgspec.Raw | None = None
    texts: msgspec.Raw | None = None
    acts: msgspec.Raw | None = None


class _ClosingError(Exception):
    """The gateway stops."""


class BoardFeed:
    """Serves `/v1/board` to a bounded number of readers."""

    def __init__(self, config: GatewayConfig, board: Board, tail: Tail, clock: Clock, metrics: Metrics) -> None:
        self._config = config
        self._board = board
        self._tail = tail
        self._clock = clock
        self._metrics = metrics
        self._readers = 0
        self._closing = asyncio.Event()

    def close(self) -> None:
        """End all feeds, soon; browsers connect again by themselves."""
        self._closing.set()

    async def feed(self, request: web.Request) -> web.StreamResponse:
        """Feed one reader until it leaves."""
        if self._readers >= self._config.boards_max or self._closing.is_set():
            raise web.HTTPServiceUnavailable(text="Too many readers: try again later.\n")
        response = web.StreamResponse(headers=HEADERS)
        await response.prepare(request)
        self._readers += 1
        try:
            with self._metrics.boards.track_inprogress():
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._until_closing())
                    tasks.create_task(self._send(response, request.headers.get("Last-Event-ID", "")))
        except* (_ClosingError, ConnectionError, TimeoutError):
            pass
        finally:
            self._readers -= 1
        return response

    async def _until_closing(self) -> None:
        await self._closing.wait()
        raise _ClosingError

    async def _send(self, response: web.StreamResponse, last_id: str) -> None:
        sent = self._board.sections() if last_id == self._id() else Sections()
        await self._write(response, b"retry: %d\n\n" % RETRY_MS)
        while True:
            now = self._board.sections()
            size = self._board.size
            changed = {name: part for name, part in now.items() if part != sent.get(name)}
            sent = now
            await self._write(response, _event(self._id(), Update(self._clock.now(), size, **changed)))
            await asyncio.sleep(self._config.board_pause_s)
            try:
                async with asyncio.timeout(TIME_S):
                    await self._tail.beyond(size)
            except TimeoutError:
                continue

    def _id(self) -> str:
        return f"{self._config.organisation[:12]}-{self._board.size}"

    @staticmethod
    async def _write(response: web.StreamResponse, data: bytes) -> None:
        async with asyncio.timeout(WRITE_WAIT_S):
            await response.write(data)


def _event(event_id: str, update: Update) -> bytes:
    return b"id: %s\nevent: board\ndata: %s\n\n" % (event_id.encode(), msgspec.json.encode(update))
