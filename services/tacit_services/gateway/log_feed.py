"""Where the log stands, as the notary says: looked at for all connections together, each of which is shown what is new.

Nothing is verified here: every client verifies with the keys of the charter. What bounds the frames is the look itself:
however many acts come under a checkpoint, it is one frame for each connection.
"""

import asyncio
from typing import Final, NamedTuple

import structlog

from tacit.errors import RefusedError
from tacit.log_query import Hashes, ProofsAsked, ProofsFound, Standing, Unproved, UnprovedReason
from tacit.record.checkpoint import parse_checkpoint
from tacit.record.note import parse_note
from tacit_services.gateway.config import GatewayConfig
from tacit_services.gateway.metrics import Metrics
from tacit_services.gateway.ports import LogSource

CONSISTENCIES_KEPT: Final = 64
"""Consistency proofs in memory: most connections have seen the same checkpoint last."""
LOOK_S_MAX: Final = 5.0
"""Between two looks at a notary that does not answer."""

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
        self.silent: UnprovedReason | None = None
        """Why the notary does not say where it stands; None: it did when it was asked last."""

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
            pause_s = self._config.checkpoint_look_s if isinstance(found, Standing) else min(2 * pause_s, LOOK_S_MAX)
            self._take(found)
            await asyncio.sleep(pause_s)

    def _take(self, found: Standing | Unproved) -> None:
        before = (self.published, self.signed, self.silent)
        if isinstance(found, Standing):
            self.published, self.signed, self.silent = _shown(found.published), _shown(found.signed), None
        else:
            self.silent = found.reason
        if before != (self.published, self.signed, self.silent):
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


def _shown(raw: bytes | None) -> Shown | None:
    if raw is None:
        return None
    try:
        return Shown(parse_checkpoint(parse_note(raw).text).size, raw)
    except RefusedError as error:
        log.warning("answer_unreadable", rule=error.rule)
        return None
