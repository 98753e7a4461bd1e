"""The feed of the page: Server-Sent Events. Nothing is queued: a reader gets what changed since its last event.

After a reconnect the browser names the last event it had; if nothing has happened since, it gets nothing but the time.
"""

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from hashlib import sha256
from typing import Final, NamedTuple

import msgspec
from aiohttp import web

from tacit_services.gateway.board import Board, Sections
from tacit_services.gateway.board_log import BoardLog
from tacit_services.gateway.config import GatewayConfig
from tacit_services.gateway.log_feed import LogFeed
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
FILE_HEADERS: Final = {
    **{name: value for name, value in HEADERS.items() if name != "X-Accel-Buffering"},
    "Content-Type": "application/json",
    "Content-Disposition": 'attachment; filename="evidence.json"',
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
    log: msgspec.Raw | None = None


class _NewsError(Exception):
    """Something is new."""


class Boards(NamedTuple):
    """What the page shows: the record, the log as it was verified, and what the notary says."""

    record: Board
    log: BoardLog
    notary: LogFeed

    def sections(self) -> Sections:
        """Every section as of now."""
        standing = self.log.standing(self.notary.silent)
        return {**self.record.sections(), "log": msgspec.Raw(msgspec.json.encode(standing))}


class _ClosingError(Exception):
    """The gateway stops."""


class BoardFeed:
    """Serves `/v1/board` to a bounded number of readers."""

    def __init__(self, config: GatewayConfig, boards: Boards, tail: Tail, clock: Clock, metrics: Metrics) -> None:
        self._config = config
        self._boards = boards
        self._tail = tail
        self._clock = clock
        self._metrics = metrics
        self._readers = 0
        self._closing = asyncio.Event()

    def routes(self) -> list[web.RouteDef]:
        """The feed, and the evidence against the log where there is any."""
        return [web.get("/v1/board", self.feed), web.get("/v1/board/evidence", self.evidence)]

    async def evidence(self, _request: web.Request) -> web.Response:
        """The file that convicts the log of two histories; 404 where it has not been."""
        raw = self._boards.log.evidence
        if raw is None:
            raise web.HTTPNotFound(text="Nothing convicts the log.\n")
        return web.Response(body=raw, headers=FILE_HEADERS)

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
        boards = self._boards
        sent = boards.sections()
        if last_id != self._id(sent):
            sent = Sections()
        await self._write(response, b"retry: %d\n\n" % RETRY_MS)
        while True:
            news = (boards.log.news, boards.notary.news)
            now, size = boards.sections(), boards.record.size
            changed = {name: part for name, part in now.items() if part != sent.get(name)}
            sent = now
            await self._write(response, _event(self._id(now), Update(self._clock.now(), size, **changed)))
            await asyncio.sleep(self._config.board_pause_s)
            await _first(self._tail.beyond(size), *(each.wait() for each in news))

    def _id(self, sections: Sections) -> str:
        # The log changes while the record does not.
        log = sha256(sections["log"]).hexdigest()
        return f"{self._config.organisation[:12]}-{self._boards.record.size}-{log[:12]}"

    @staticmethod
    async def _write(response: web.StreamResponse, data: bytes) -> None:
        async with asyncio.timeout(WRITE_WAIT_S):
            await response.write(data)


def _event(event_id: str, update: Update) -> bytes:
    return b"id: %s\nevent: board\ndata: %s\n\n" % (event_id.encode(), msgspec.json.encode(update))


async def _first(*waiting: Coroutine[None, None, object]) -> None:
    """Wait for one of them, `TIME_S` at most."""

    async def tell(news: Coroutine[None, None, object]) -> None:
        await news
        raise _NewsError

    try:
        async with asyncio.timeout(TIME_S), asyncio.TaskGroup() as tasks:
            for each in waiting:
                tasks.create_task(tell(each))
    except* (_NewsError, TimeoutError):
        pass
