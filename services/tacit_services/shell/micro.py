"""A service that NATS's own tools find (`nats micro ls`): endpoints that answer bytes with bytes, several at once.

nats-py calls the handler of an endpoint for one question after the other. So the handler only begins an answer: a slow
question delays no other, and what these tools measure is how long questions wait for their turn.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import nats.errors
import nats.micro
import structlog
from nats.micro.request import Request
from nats.micro.service import EndpointConfig, Service, ServiceConfig

from tacit_services.ports import StoreFailedError
from tacit_services.shell.nats_connection import NatsConnection, within

OPEN_WAIT_S: Final = 5.0
CLOSE_WAIT_S: Final = 2.0
ANSWERED_AT_ONCE_MAX: Final = 8
"""Questions to one service that are answered at once; the next waits for its turn, in the order of its endpoint."""

Answering = Callable[[bytes], Awaitable[bytes]]
"""Must not raise: nats-py would send whatever was raised to whoever asked."""

log = structlog.get_logger()


class NatsMicro:
    """Services on a connection."""

    def __init__(self, connection: NatsConnection) -> None:
        self._client = connection.client

    @asynccontextmanager
    async def serving(self, name: str, version: str, endpoints: Mapping[str, Answering]) -> AsyncIterator[None]:
        """Answer on these subjects within the block. Raises StoreFailedError where nothing can be asked for now."""
        turns = _Turns()
        try:
            async with asyncio.TaskGroup() as tasks:
                turns.begin(tasks)
                service = await self._open(ServiceConfig(name=name, version=version), endpoints, turns)
                try:
                    yield
                finally:
                    await self._close(service)
                    await turns.end()
        except BaseExceptionGroup as group:
            # Answers raise nothing: it is what was raised within the block, or by opening.
            raise group.exceptions[0] from None

    async def _open(self, config: ServiceConfig, endpoints: Mapping[str, Answering], turns: "_Turns") -> Service:
        try:
            async with within(OPEN_WAIT_S):
                service = await nats.micro.add_service(self._client, config)
                for subject, answering in endpoints.items():
                    word = subject.rpartition(".")[2]
                    handler = partial(turns.take, answering)
                    await service.add_endpoint(EndpointConfig(name=word, subject=subject, handler=handler))
                # Only after a round trip does the server know of all of them. Two: see NatsRequests.
                await self._client.flush()
                await self._client.flush()
        except (TimeoutError, OSError, nats.errors.Error) as error:
            raise StoreFailedError("not_connected") from error
        return service

    async def _close(self, service: Service) -> None:
        try:
            async with asyncio.timeout(CLOSE_WAIT_S):
                await service.stop()
        except (TimeoutError, OSError, nats.errors.Error) as error:
            log.info("service_closed_late", error=type(error).__name__)


class _Turns:
    """The answers of one service that are being made: at most so many at once."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(ANSWERED_AT_ONCE_MAX)
        self._running: set[asyncio.Task[None]] = set()
        self._tasks: asyncio.TaskGroup

    def begin(self, tasks: asyncio.TaskGroup) -> None:
        """`tasks` owns the answers."""
        self._tasks = tasks

    async def take(self, answering: Answering, request: Request) -> None:
        """Begin an answer, once there is a turn."""
        await self._free.acquire()
        task = self._tasks.create_task(self._answer(answering, request))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def end(self) -> None:
        """Let answers that have begun be given, for a moment; whoever gets none asks again."""
        if self._running:
            await asyncio.wait(self._running, timeout=CLOSE_WAIT_S)
        for task in tuple(self._running):
            task.cancel()

    async def _answer(self, answering: Answering, request: Request) -> None:
        try:
            data = await answering(request.data)
            await request.respond(data)
        except (ValueError, nats.errors.Error) as error:
            # Nobody waits, or the link is down: whoever asked asks again.
            log.info("answer_not_sent", error=type(error).__name__)
        finally:
            self._free.release()
