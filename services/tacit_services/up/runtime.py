"""Everything that `tacit up` runs: one nats-server and every service of the catalogue, in one process.

It builds and stops; it decides nothing. Stopping goes against the way in: first nobody new is let in, last the server.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
from prometheus_client import CollectorRegistry

from tacit.ids import ActId, StateCode
from tacit_services.notary import NotaryError
from tacit_services.ports import Clock
from tacit_services.relay import RelayError
from tacit_services.run.around import Around, Identity, Standing
from tacit_services.run.catalogue import run_service
from tacit_services.run.services import SERVICES
from tacit_services.run.settings import Settings
from tacit_services.shell.clock import SystemClock
from tacit_services.shell.entropy import MACHINE_ENTROPY
from tacit_services.shell.listening import Listener, bound, port_of
from tacit_services.shell.nats_connection import NatsConnection, connect
from tacit_services.shell.nats_process import check_port
from tacit_services.shell.nats_server import EmbeddedNats
from tacit_services.shell.organisation_files import OrganisationFiles
from tacit_services.shell.submitting import NatsSubmitter
from tacit_services.tracing import Traced, untraced
from tacit_services.up.mirror import Mirror
from tacit_services.up.organisation import Design, Organisation, open_organisation
from tacit_services.up.witnesses import witnesses

READY_WAIT_S: Final = 900.0
"""From the start of a service until it has begun; a registrar verifies a long record before it serves."""


@dataclass(frozen=True)
class Site:
    """Where and how an organisation is run on this machine. The settings of NATS and files are the site's own."""

    folder: Path
    design: Design
    host: str = "127.0.0.1"
    port: int = 0
    settings: Settings = field(default_factory=Settings)
    traced: Traced = untraced


@dataclass(frozen=True)
class Running:
    """What runs: the organisation, a copy of its state, the way to the registrar, the address of page and WebSocket."""

    organisation: Organisation
    mirror: Mirror
    submitter: NatsSubmitter
    address: str
    log_address: str
    """Where the log is served; empty where the charter names none."""
    witnesses: dict[StateCode, str]
    """Where each witness that runs here is asked."""
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
        notary = site.settings.notary
        # First of all: the witnesses of the log are told its address, and serve before its notary does.
        listener = stack.enter_context(bound(notary.host, notary.port))
        server = await stack.enter_async_context(EmbeddedNats(site.folder))
        files = OrganisationFiles(site.folder)
        organisation = open_organisation(files, site.design, clock.now(), MACHINE_ENTROPY)
        links = {
            name: await stack.enter_async_context(connect(server.url, server.credentials, name))
            for name in (*SERVICES, "up")
        }
        forwards: dict[ActId, tuple[str, ...]] = {}
        log_address = f"http://{notary.host}:{port_of(listener)}"
        witnessing = await stack.enter_async_context(witnesses(organisation, log_address, clock, forwards))
        services = _Services(site, organisation, links, clock, witnessing, listener)
        served = await stack.enter_async_context(services.serving())
        # The registrar asks the witnesses before there is a gateway, whose port may be any.
        forwards[organisation.organisation] = (f"{served.address}/v1/submit",)
        yield served


class _Services:
    def __init__(
        self,
        site: Site,
        organisation: Organisation,
        links: dict[str, NatsConnection],
        clock: Clock,
        witnessing: dict[StateCode, str],
        log_listener: Listener,
    ) -> None:
        self._log_listener = log_listener
        self._witnesses = witnessing
        self._site = site
        self._organisation = organisation
        self._links = links
        self._clock = clock
        self._registry = CollectorRegistry()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Running]:
        standings = {name: Standing() for name in SERVICES}
        async with asyncio.TaskGroup() as tasks:
            started: list[asyncio.Task[None]] = []
            try:
                for name, standing in standings.items():
                    started.append(tasks.create_task(self._run(name, standing)))
                    async with asyncio.timeout(READY_WAIT_S):
                        await standing.begun.wait()
                around = self._around("up")
                mirror = Mirror(await around.record())
                started.append(tasks.create_task(mirror.follow()))
                address, log = standings["gateway"].address, standings["notary"].address
                organisation, submitter = self._organisation, around.submitter()
                yield Running(organisation, mirror, submitter, address, log, self._witnesses, self._clock)
            finally:
                # Nobody new is let in and nothing more is stated before the registrar answers its last acts.
                for task in reversed(started):
                    task.cancel()
                    await asyncio.wait([task])

    async def _run(self, name: str, standing: Standing) -> None:
        try:
            # They have said so loudly, and the consultation goes on without the bus, or without checkpoints.
            with suppress(RelayError, NotaryError):
                await run_service(name, self._around(name), standing)
        finally:
            standing.begun.set()  # nobody waits for what has ended

    def _around(self, name: str) -> Around:
        organisation, site = self._organisation, self._site
        identity = Identity(
            organisation.organisation,
            organisation.charter,
            lambda office: organisation.service(office).signer,
            organisation.log_signer,
        )
        gateway = msgspec.structs.replace(site.settings.gateway, host=site.host, port=site.port)
        asked = (*site.settings.notary.witnesses, *(f"{state}={address}" for state, address in self._witnesses.items()))
        notary = msgspec.structs.replace(site.settings.notary, witnesses=asked)
        settings = msgspec.structs.replace(site.settings, gateway=gateway, notary=notary)
        tracing = site.traced(name)
        return Around(
            identity,
            settings,
            self._links[name],
            self._registry,
            self._clock,
            tracing,
            site.folder,
            log_listener=self._log_listener,
        )
