"""One service in a process of its own, against NATS servers that somebody else runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from prometheus_client import CollectorRegistry, ProcessCollector

from tacit.ids import NOTARY
from tacit_services.notary.main import named_log
from tacit_services.ports import Clock
from tacit_services.run.around import Around, Standing
from tacit_services.run.catalogue import run_service
from tacit_services.run.named_files import check_witnesses, credentials_of, folder_of, identity_of
from tacit_services.run.settings import Settings
from tacit_services.run.tls import tls_of
from tacit_services.shell.clock import SystemClock
from tacit_services.shell.nats_connection import NatsConnection, NatsRefusesError, connect
from tacit_services.shell.probes import probing
from tacit_services.shell.traces import traces_to

log = structlog.get_logger()


async def run_alone(name: str, settings: Settings, clock: Clock | None = None) -> None:
    """Run one service until cancelled; then it has stopped in order. `clock`: the machine's if none is given.

    Raises:
        OperatorError: what an operator must put right. Also whatever ends the service itself.
    """
    identity, tls, credentials = identity_of(name, settings), tls_of(settings.nats), credentials_of(settings.nats)
    if name == NOTARY and named_log(identity.charter) is not None:
        check_witnesses(identity.charter, settings)
    folder, probe = folder_of(name, settings), settings.probe
    registry, standing = CollectorRegistry(), Standing()
    ProcessCollector(registry=registry)
    try:
        async with AsyncExitStack() as stack:
            traced = stack.enter_context(traces_to(settings.traces.target, settings.traces.ratio))
            port = await stack.enter_async_context(probing(probe.host, probe.port, standing.look, registry))
            log.info("service_starting", service=name, port=port)
            link = await stack.enter_async_context(connect(settings.nats.urls, credentials, name, tls))
            await stack.enter_async_context(_heeding(link, name, standing))
            around = Around(identity, settings, link, registry, clock or SystemClock(), traced(name), folder)
            await run_service(name, around, standing)
    finally:
        log.info("service_stopped", service=name)


@asynccontextmanager
async def _heeding(link: NatsConnection, name: str, standing: Standing) -> AsyncIterator[None]:
    """Say when the service has begun, and end the block when the servers take its connection no more."""

    async def say() -> None:
        await standing.begun.wait()
        log.info("service_started", service=name)

    async def heed() -> None:
        await link.closed.wait()
        raise NatsRefusesError

    async with asyncio.TaskGroup() as tasks:
        others = [tasks.create_task(say()), tasks.create_task(heed())]
        try:
            yield
        finally:
            for other in others:
                other.cancel()
