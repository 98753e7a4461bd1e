"""Sends the record to one client: in order, each entry once, no faster than the client allows, none kept for it."""

import asyncio
from collections.abc import Awaitable, Callable

from tacit.ids import StateCode
from tacit.session import Fault, ServerSession, SessionError
from tacit_services.gateway.config import SLICE_ENTRIES, GatewayConfig
from tacit_services.gateway.entitlement import entitled
from tacit_services.gateway.metrics import Metrics
from tacit_services.gateway.recent import Sendable
from tacit_services.gateway.tail import Tail

Send = Callable[[bytes], Awaitable[None]]


class Follower:
    """The subscription of one connection. What is not sent yet is in the ring or in the store, not here."""

    def __init__(
        self,
        config: GatewayConfig,
        session: ServerSession,
        tail: Tail,
        reader: StateCode,
        send: Send,
        metrics: Metrics,
    ) -> None:
        self._config = config
        self._session = session
        self._tail = tail
        self._reader = reader
        self._send = send
        self._metrics = metrics
        self._credited = asyncio.Event()

    def credited(self) -> None:
        """The client gave credit."""
        self._credited.set()

    @property
    def is_owed_credit(self) -> bool:
        """Whether entries wait for nothing but the client's credit."""
        return not self._session.credit and self._tail.size > self._session.after + 1

    async def follow(self) -> None:
        """Send until cancelled.

        Raises:
            SessionError: `session.ahead_of_record`.
            TimeoutError, StoreError: older entries cannot be read.
        """
        session = self._session
        await self._reach(session.after + 1)
        told = False
        while True:
            if not told and session.after + 1 >= self._tail.size:
                await self._send(session.caught_up())
                told = True
            await self._tail.beyond(session.after + 1)
            await self._credit()
            for entry in await self._tail.entries(session.after + 1, min(session.credit, SLICE_ENTRIES)):
                await self._forward(entry)

    async def _reach(self, size: int) -> None:
        try:
            async with asyncio.timeout(self._config.ahead_wait_s):
                await self._tail.beyond(size - 1)
        except TimeoutError as error:
            raise SessionError(Fault.AHEAD, f"{self._tail.size} entries here") from error

    async def _credit(self) -> None:
        while not self._session.credit:
            self._credited.clear()
            await self._credited.wait()

    async def _forward(self, entry: Sendable) -> None:
        self._session.forward(entry.index)
        shown = entitled(self._tail.state, self._reader, entry.body, entry.index)
        await self._send(entry.frame(self._session.codec, shown=shown))
        self._metrics.entries_sent.inc()
