"""A whole town in which acts are proven: a real server, a registrar, a notary with witnesses behind HTTP, a gateway."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry

from tacit.record.organisation_log import log_vkeys, organisation_policy
from tacit.record.policy import Policy
from tacit.record.witness_signing import WitnessSigner
from tacit.rules import catalogue
from tacit.testing import World, log_signer, signer_for, witness_signer
from tacit_services.gateway import GatewayConfig
from tacit_services.gateway.wiring import GatewayPorts
from tacit_services.notary import Log, NotarySettings
from tacit_services.notary.main import Stores, assemble
from tacit_services.notary.main import serve as serve_notary
from tacit_services.registrar import Limits, Ports, Registrar, Watch
from tacit_services.registrar.ports import Elsewhere
from tacit_services.shell.act_index import MemoryActIndex
from tacit_services.shell.elsewhere import Nobody
from tacit_services.shell.event_store.bodies import JetStreamBodyStore
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.organisation import OrganisationStreams
from tacit_services.shell.kept_state import MemoryKeptState
from tacit_services.shell.log_asking import NatsLog
from tacit_services.shell.micro import NatsMicro
from tacit_services.shell.nats_connection import NatsConnection, connect
from tacit_services.shell.nats_server import EmbeddedNats
from tacit_services.shell.querying import MemoryQueries
from tacit_services.shell.requests import NatsRequests
from tacit_services.shell.submitting import NatsSubmitter
from tacit_services.shell.threads import Threads
from tacit_services.shell.witnesses import MemoryWitness
from tests.integration.clerk import message
from tests.integration.doorstep import gateway
from tests.integration.speaking import TownClock
from tests.witness_site import serving

WAIT_S: Final = 60.0
IMPATIENT: Final = Limits(mend_wait_s=1.0)
QUICK: Final = NotarySettings(checkpoint_s=0.05, witness_wait_s=0.5)


class ProvenTown:
    """The organisation, served. `notary_open` and `gateway_open` open what may be closed."""

    def __init__(self, folder: Path, world: World, server: EmbeddedNats, stack: AsyncExitStack) -> None:
        self.folder = folder
        self.world = world
        self.organisation = world.organisation
        self.clock = TownClock(world.now)
        self.server = server
        self.streams = OrganisationStreams(world.organisation)
        self._stack = stack
        charter = world.state.charter
        assert charter is not None
        self.log = Log(world.organisation, charter)
        keys = log_vkeys(*self.log)
        self.witnesses = {
            state: MemoryWitness(WitnessSigner(witness_signer(state)), keys, lambda: int(self.clock.now().timestamp()))
            for state in world.witnesses
        }
        self.prefixes: dict[str, str] = {}

    @property
    def policy(self) -> Policy:
        return organisation_policy(*self.log)

    async def link(self, name: str, stack: AsyncExitStack | None = None) -> NatsConnection:
        found = connect(self.server.url, self.server.credentials, name)
        return await (stack or self._stack).enter_async_context(found)

    async def stores(self, link: NatsConnection) -> tuple[JetStreamEventStore, JetStreamBodyStore]:
        record = await JetStreamEventStore.open(link, self.streams.record)
        return record, await JetStreamBodyStore.open(link, self.streams.bodies)

    @asynccontextmanager
    async def notary_open(self) -> AsyncIterator[None]:
        """Notarise within the block."""
        async with AsyncExitStack() as stack:
            link = await self.link("notary", stack)
            wanted = NotarySettings(
                checkpoint_s=QUICK.checkpoint_s,
                witness_wait_s=QUICK.witness_wait_s,
                witnesses=tuple(f"{state}={prefix}" for state, prefix in self.prefixes.items()),
            )
            stores = Stores(*await self.stores(link), MemoryKeptState())
            making = assemble(stores, self.log, log_signer(), self.folder / "archive", CollectorRegistry(), wanted)
            assembled = await stack.enter_async_context(making)
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            serving_it = tasks.create_task(serve_notary(assembled, endpoints=NatsMicro(link)))
            try:
                yield
            finally:
                serving_it.cancel()

    @asynccontextmanager
    async def gateway_open(self, port: int = 0) -> AsyncIterator[str]:
        """Serve clients within the block; gives the address."""
        async with AsyncExitStack() as stack:
            link = await self.link("gateway", stack)
            submitter, source = NatsSubmitter(link, self.organisation), NatsLog(link, self.organisation)
            store, bodies = await self.stores(link)
            queries = MemoryQueries({})
            ports = GatewayPorts(
                store, bodies, submitter, queries, self.clock, os.urandom, CollectorRegistry(), log=source
            )
            config = GatewayConfig(
                organisation=self.organisation,
                port=port,
                checkpoint_look_s=0.05,
                sign_in_tries_burst=10_000,
                ahead_wait_s=1.0,
            )
            yield await stack.enter_async_context(gateway(config, ports))

    async def messages(self) -> list[bytes]:
        """The whole record."""
        link = await self.link("auditor")
        store, _ = await self.stores(link)
        last = await store.last_sequence()
        found: list[bytes] = []
        while len(found) < last:
            found += [each.data for each in await store.read(len(found) + 1, 500)]
        return found


@asynccontextmanager
async def proven(
    folder: Path, world: World | None = None, elsewhere: Elsewhere | None = None
) -> AsyncIterator[ProvenTown]:
    """The town without notary and gateway, which a test opens. Where the folder has a record, it is that one.

    `elsewhere`: whom the registrar asks for what the record may have lost.
    """
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(EmbeddedNats(folder / "nats"))
        town = ProvenTown(folder, world or World(witnessed=True), server, stack)
        for state, witness in town.witnesses.items():
            _, town.prefixes[state] = await stack.enter_async_context(serving(witness))
        link = await town.link("registrar")
        store, bodies = await town.stores(link)
        if not await store.last_sequence():
            await store.append([message(town.organisation, entry) for entry in town.world.entries], 0)
        ports = Ports(
            store=store,
            bodies=bodies,
            clock=town.clock,
            workers=stack.enter_context(Threads(2, "verify")),
            index=MemoryActIndex(),
            kept=MemoryKeptState(),
            elsewhere=elsewhere or Nobody(),
            requests=NatsRequests(link),
            sleep=asyncio.sleep,
        )
        watch = Watch(CollectorRegistry())
        registrar = Registrar(ports, signer_for("ORG/registrar"), watch, rulesets=catalogue(), limits=IMPATIENT)
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        tasks.create_task(registrar.run())
        stack.push_async_callback(registrar.stop)
        await registrar.serving.wait()
        yield town


async def until(found: Callable[[], bool]) -> None:
    """Return once it is so."""
    async with asyncio.timeout(WAIT_S):
        while not found():  # noqa: ASYNC110 - what is waited for lies in a file or with a fake: no event tells of it
            await asyncio.sleep(0.02)
