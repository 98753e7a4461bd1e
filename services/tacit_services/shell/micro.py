"""A service that NATS's own tools find and measure (`nats micro ls`): endpoints that answer bytes with bytes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
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
        service = await self._open(ServiceConfig(name=name, version=version), endpoints)
        try:
            yield
        finally:
            await self._close(service)

    async def _open(self, config: ServiceConfig, endpoints: Mapping[str, Answering]) -> Service:
        try:
            async with within(OPEN_WAIT_S):
                service = await nats.micro.add_service(self._client, config)
                for subject, answering in endpoints.items():
                    word = subject.rpartition(".")[2]
                    await service.add_endpoint(EndpointConfig(name=word, subject=subject, handler=_handler(answering)))
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


def _handler(answering: Answering) -> Callable[[Request], Awaitable[None]]:
    async def handle(request: Request) -> None:
        data = await answering(request.data)
        try:
            await request.respond(data)
        except (ValueError, nats.errors.Error) as error:
            # Nobody waits, or the link is down: whoever asked asks again.
            log.info("answer_not_sent", error=type(error).__name__)

    return handle
