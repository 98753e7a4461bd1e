"""Where the log stands, as the notary says: looked at for all connections together, each of which is shown what is new.

Nothing is verified here: every client verifies with the keys of the charter. What bounds the frames is the look itself:
however many acts come under a checkpoint, it is one frame for each connection.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, NamedTuple

import structlog

from tacit.errors import RefusedError
from tacit.log_query import Hashes, ProofsAsked, ProofsFound, Standing, Unproved
from tacit.record.checkpoint import parse_checkpoint
from tacit.record.note import parse_note
from tacit.session import ServerSession
from tacit_services.gateway.config import GatewayConfig
from tacit_services.gateway.metrics import Metrics
from tacit_services.gateway.ports import LogSource

CONSISTENCIES_KEPT: Final = 64
"""Consistency proofs in memory: most connections have seen the same checkpoint last."""
LOOK_S_MAX: Final = 5.0
"""Between two looks at a notary that does not answer."""

Send = Callable[[bytes], Awaitable[None]]

log = structlog.get_logger()


class Shown(NamedTuple):
    """A checkpoint, and how many entries it covers."""

    size: int
    raw: bytes


class NoNotary:
    """Where no notary is to be asked."""

    async def standing(self) -> Standing | Unproved:
        """None."""
        return Unproved("no_notary")

    async def prove(self, _asked: ProofsAsked) -> ProofsFound | Unproved:
        """None."""
        return Unproved("no_notary")


class LogFeed:
    """The checkpoints that there are now, and proofs. `published` comes before `signed`, which is larger or absent."""

    def __init__(self, config: GatewayConfig, source: LogSource, metrics: Metrics) -> None:
        self._config = config
        self._source = source
        self._metrics = metrics
        self._news = asyncio.Event()
        self._consistencies: dict[tuple[int, int], Hashes] = {}
        self._turn = asyncio.Lock()
        self.published: Shown | None = None
        self.signed: Shown | None = None

    @property
    def checkpoints(self) -> list[Shown]:
        """What a client is shown, in this order."""
        published, signed = self.published, self.signed
        if published and signed and signed.size <= published.size:
            signed = None
        return [each for each in (published, signed) if each is not None]

    async def watch(self) -> None:
        """Look until cancelled."""
        pause_s = self._config.checkpoint_look_s
        while True:
            found = await self._source.standing()
            if isinstance(found, Standing):
                self._take(found)
                pause_s = self._config.checkpoint_look_s
            else:
                pause_s = min(2 * pause_s, LOOK_S_MAX)
            await asyncio.sleep(pause_s)

    def _take(self, found: Standing) -> None:
        before = (self.published, self.signed)
        self.published, self.signed = _shown(found.published), _shown(found.signed)
        if before != (self.published, self.signed):
            self._metrics.checkpoint_entries.set(self.published.size if self.published else 0)
            news, self._news = self._news, asyncio.Event()
            news.set()

    @property
    def news(self) -> asyncio.Event:
        """Set at the next change; take it before looking."""
        return self._news

    async def consistency(self, old: int, new: int) -> Hashes | None:
        """Why the log of `new` entries continues that of `old`; None if nobody can say now."""
        if old in {0, new}:
            return ()
        async with self._turn:
            found = self._consistencies.get((old, new))
            if found is None:
                answer = await self._source.prove(ProofsAsked(new, old, ()))
                if isinstance(answer, Unproved):
                    return None
                while len(self._consistencies) >= CONSISTENCIES_KEPT:
                    del self._consistencies[next(iter(self._consistencies))]
                found = self._consistencies[old, new] = answer.consistency
        return found

    async def inclusion(self, size: int, indices: tuple[int, ...]) -> ProofsFound | Unproved:
        """The paths of these entries to the root of the log of `size`. Raises nothing."""
        found = await self._source.prove(ProofsAsked(size, None, indices))
        self._metrics.proofs.labels(found.reason if isinstance(found, Unproved) else "proofs").inc()
        return found


class LogFollower:
    """Shows one client every checkpoint, once it watches the log."""

    def __init__(self, feed: LogFeed, session: ServerSession, send: Send, metrics: Metrics) -> None:
        self._feed = feed
        self._session = session
        self._send = send
        self._metrics = metrics
        self._sent = b""

    async def follow(self) -> None:
        """Show until cancelled. A gateway that is behind what the client has seen says nothing before it is not.

        Raises:
            SessionError: `session.out_of_turn`: the session has ended.
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
        if shown.size < self._session.shown or shown.raw == self._sent:
            return
        consistency = await self._feed.consistency(self._session.shown, shown.size)
        if consistency is not None:
            self._sent = shown.raw
            self._metrics.checkpoints_sent.inc()
            await self._send(self._session.checkpoint(shown.size, consistency, shown.raw))


def _shown(raw: bytes | None) -> Shown | None:
    if raw is None:
        return None
    try:
        return Shown(parse_checkpoint(parse_note(raw).text).size, raw)
    except RefusedError as error:
        log.warning("answer_unreadable", rule=error.rule)
        return None
