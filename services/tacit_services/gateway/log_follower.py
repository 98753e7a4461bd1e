"""Shows one reader of the log what is new in it: a client over its session, or the board."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

from tacit.log_query import Hashes
from tacit.session import ServerSession
from tacit_services.gateway.log_feed import LOOK_S_MAX, LogFeed, Shown
from tacit_services.gateway.metrics import Metrics

Send = Callable[[bytes], Awaitable[None]]


class Reader(Protocol):
    """Whoever is shown checkpoints, in the order of their sizes."""

    @property
    def shown(self) -> int:
        """Entries under the last checkpoint that it was shown; what is smaller is not for it."""
        ...

    async def show(self, size: int, consistency: Hashes, raw: bytes) -> None:
        """Take a checkpoint of so many entries, with what shows that it continues the last one."""
        ...


class SessionReader:
    """A client, once it watches the log."""

    def __init__(self, session: ServerSession, send: Send, metrics: Metrics) -> None:
        self._session = session
        self._send = send
        self._metrics = metrics

    @property
    def shown(self) -> int:
        """What the session has shown, or the client had verified before."""
        return self._session.shown

    async def show(self, size: int, consistency: Hashes, raw: bytes) -> None:
        """Send it.

        Raises:
            SessionError: `session.out_of_turn`: the session has ended.
        """
        self._metrics.checkpoints_sent.inc()
        await self._send(self._session.checkpoint(size, consistency, raw))


class LogFollower:
    """Shows one reader every checkpoint."""

    def __init__(self, feed: LogFeed, reader: Reader) -> None:
        self._feed = feed
        self._reader = reader
        self._sent = b""

    async def follow(self) -> None:
        """Show until cancelled. A gateway that is behind what the reader has seen says nothing before it is not.

        Raises what the reader does.
        """
        while True:
            news = self._feed.news
            for shown in self._feed.checkpoints:
                await self._show(shown)
            # A proof that nobody could give is asked for again, also when nothing changes.
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S_MAX):
                    await news.wait()

    async def _show(self, shown: Shown) -> None:
        if shown.size < self._reader.shown or shown.raw == self._sent:
            return
        consistency = await self._feed.consistency(self._reader.shown, shown.size)
        if consistency is not None:
            self._sent = shown.raw
            await self._reader.show(shown.size, consistency, shown.raw)
