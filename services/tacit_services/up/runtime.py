"""Everything that `tacit up` runs: one nats-server, the streams, registrar, timekeeper, projector, relay, gateway.

It builds and stops; it decides nothing. Stopping goes against the way in: first nobody new is let in, last the server.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry

from tacit import subjects
from tacit.ids import ActId
from tacit.rules import catalogue, genesis
from tacit_services.gateway.config import GatewayConfig
from tacit_services.gateway.service import serve as serve_gateway
from tacit_services.gateway.wiring import GatewayPorts
from tacit_services.ports import Clock
from tacit_services.projector.service import ProjectorPorts, project
from tacit_services.registrar import Registrar
from tacit_services.registrar.main import assemble as assemble_registrar
from tacit_services.relay import RelayError
from tacit_services.relay.main import assemble as assemble_relay
from tacit_services.relay.main import serve as serve_relay
from tacit_services.shell.clock import SystemClock
from tacit_services.shell.entropy import MACHINE_ENTROPY
from tacit_services.shell.event_store.bodies import JetStreamBodyStore
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.stream import StreamSettings
from tacit_services.shell.micro import NatsMicro
from tacit_services.shell.nats_connection import NatsConnection, connect
from tacit_services.shell.nats_process import check_port
from tacit_services.shell.nats_server import EmbeddedNats
from tacit_services.shell.organisation_files import OrganisationFiles
from tacit_services.shell.submitting import NatsSubmitter
from tacit_services.shell.view_store import ThreadedViews
from tacit_services.timekeeper import keep_time
from tacit_services.tracing import Traced, untraced
from tacit_services.up.mirror import Mirror
from tacit_services.up.organisation import Design, Organisation, open_organisation

READY_WAIT_S: Final = 900.0
"""From the start of the services until clients are served; a registrar verifies a long record before it serves."""


@dataclass(frozen=True)
class Site:
    """Where and how an organisation is run on this machine."""

    folder: Path
    design: Design
    host: str = "127.0.0.1"
    port: int = 0
    traced: Traced = untraced


@dataclass(frozen=True)
class Running:
    """What runs: the organisation, a copy of its state, the way to the registrar, the address of page and WebSocket."""

    organisation: Organisation
    mirror: Mirror
    submitter: NatsSubmitter
    address: str
    clock: Clock


@asynccontextmanager
async def running(site: Site) -> AsyncIterator[Running]:
    """Run everything within the block.

    Raises:
        OperatorError: what an operator must put right (port, folder, disk, binary).
        RegistrarError: the record cannot be taken over.
    """
    clock = SystemClock()
    if site.port:
        check_port(site.port)  # before anything is founded or taken over
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(EmbeddedNats(site.folder))
        files = OrganisationFiles(site.folder)
        organisation = open_organisation(files, site.design, clock.now(), MACHINE_ENTROPY)
        links = {
            name: await stack.enter_async_context(connect(server.url, server.credentials, name))
            for name in ("registrar", "timekeeper", "projector", "relay", "gateway", "up")
        }
        services = _Services(site, organisation, links, clock)
        yield await stack.enter_async_context(services.serving())


class _Services:
    def __init__(self, site: Site, organisation: Organisation, links: dict[str, NatsConnection], clock: Clock) -> None:
        self._site = site
        self._organisation = organisation
        self._links = links
        self._clock = clock
        self._registry = CollectorRegistry()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Running]:
        address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        async with self._registrar() as registrar:
            mirror = Mirror(await self._store("up"))
            async with asyncio.TaskGroup() as tasks:
                registering = tasks.create_task(registrar.run())
                async with asyncio.timeout(READY_WAIT_S):
                    await registrar.serving.wait()
                others = [
                    tasks.create_task(mirror.follow()),
                    tasks.create_task(self._keep_time()),
                    tasks.create_task(self._project()),
                    tasks.create_task(self._relay()),
                    tasks.create_task(self._gateway(address)),
                ]
                try:
                    yield Running(self._organisation, mirror, self._submitter("up"), await address, self._clock)
                finally:
                    # Nobody new is let in and nothing more is stated before the registrar answers its last acts.
                    for task in reversed(others):
                        task.cancel()
                    await asyncio.wait(others)
                    await registrar.stop()
                    await asyncio.wait([registering])

    def _registrar(self) -> AbstractAsyncContextManager[Registrar]:
        signer = self._organisation.service("registrar").signer
        index = self._organisation.files.registrar_index
        return assemble_registrar(
            self._links["registrar"],
            self._organisation.charter,
            signer,
            index,
            self._registry,
            tracing=self._site.traced("registrar"),
        )

    async def _keep_time(self) -> None:
        author = self._organisation.service("timekeeper")
        submitter = self._submitter("timekeeper")
        await keep_time(await self._store("timekeeper"), submitter, self._clock, author, genesis(catalogue()))

    async def _relay(self) -> None:
        relay = await assemble_relay(self._links["relay"], self._id, self._registry)
        with suppress(RelayError):  # it has said so loudly, and the consultation goes on without the bus
            await serve_relay(relay)

    async def _project(self) -> None:
        with ThreadedViews(self._organisation.files.views, self._id) as kept:
            ports = ProjectorPorts(
                store=await self._store("projector"),
                kept=kept,
                endpoints=NatsMicro(self._links["projector"]),
                registry=self._registry,
                tracing=self._site.traced("projector"),
            )
            await project(self._id, ports)

    async def _gateway(self, address: asyncio.Future[str]) -> None:
        site = self._site
        config = GatewayConfig(organisation=self._id, host=site.host, port=site.port)
        ports = GatewayPorts(
            store=await self._store("gateway"),
            bodies=await self._bodies("gateway"),
            submitter=self._submitter("gateway"),
            clock=self._clock,
            entropy=MACHINE_ENTROPY,
            registry=self._registry,
            tracing=site.traced("gateway"),
        )
        await serve_gateway(config, ports, address.set_result)

    @property
    def _id(self) -> ActId:
        return self._organisation.organisation

    def _submitter(self, name: str) -> NatsSubmitter:
        return NatsSubmitter(self._links[name], self._id)

    async def _store(self, name: str) -> JetStreamEventStore:
        settings = StreamSettings(subjects.record_stream(self._id), subjects.record_subjects(self._id))
        return await JetStreamEventStore.open(self._links[name], settings)

    async def _bodies(self, name: str) -> JetStreamBodyStore:
        settings = StreamSettings(
            subjects.bodies_stream(self._id), subjects.bodies_subjects(self._id), deny_delete=False
        )
        return await JetStreamBodyStore.open(self._links[name], settings)
