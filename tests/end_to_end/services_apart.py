"""Every service in a process of its own, as an operator's supervisor runs it, and an exercise played there."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import aiohttp

from tacit.ids import ORGANISATION
from tacit.keys import Verifier
from tacit_services.cli.service import SUPERSEDED
from tacit_services.run.services import SERVICES
from tacit_services.shell.clock import SystemClock
from tacit_services.shell.entropy import MACHINE_ENTROPY
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.organisation import OrganisationStreams
from tacit_services.shell.nats_connection import NatsConnection, connect
from tacit_services.shell.organisation_files import OrganisationFiles
from tacit_services.shell.submitting import NatsSubmitter
from tacit_services.up.accession import Accession
from tacit_services.up.demonstration import Demonstration, authors
from tacit_services.up.exercise import exercise_design
from tacit_services.up.live import LiveDesk, desks
from tacit_services.up.mirror import Mirror
from tacit_services.up.organisation import Organisation, open_organisation
from tacit_services.up.recording import SubmittingRecorder
from tacit_services.up.witnesses import witnesses
from tests.cluster import Cluster, running
from tests.ports import free_port, free_ports
from tests.shipped import shipped_cluster, sign_in

READY_WAIT_S: Final = 60.0
STOP_WAIT_S: Final = 20.0
RESTART_PAUSE_S: Final = 0.2


class Supervisor:
    """Starts a service again when it fails, as its systemd unit does, and not when it was superseded."""

    def __init__(
        self, name: str, log: Path, environment: dict[str, str], command: Sequence[str | Path] | None = None
    ) -> None:
        """`command`: what Python is to run; without it `tacit service NAME`."""
        self.name = name
        self.command = command or ("-m", "tacit.cli", "service", name)
        self.starts = 0
        self.log = log
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.starts += 1
        with self.log.open("ab") as log:
            command = [sys.executable, *self.command]
            self._process = subprocess.Popen(command, env=os.environ | self._environment, stderr=log)

    async def watch(self) -> None:
        while True:
            if self.code not in {None, 0, SUPERSEDED}:
                await asyncio.sleep(RESTART_PAUSE_S)
                self.start()
            await asyncio.sleep(RESTART_PAUSE_S)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run it within the block, without anybody who would start it again."""
        self.start()
        try:
            yield
        finally:
            self.stop()

    async def ended(self) -> int:
        """Wait until it has ended by itself; gives its exit code."""
        while self.code is None:  # noqa: ASYNC110 - another process ends: there is no event to wait for
            await asyncio.sleep(RESTART_PAUSE_S)
        return self.code

    @property
    def code(self) -> int | None:
        """The exit code of the process that was started last; None while it runs."""
        assert self._process is not None
        return self._process.poll()

    def kill(self) -> None:
        """Kill it, wherever it is just now."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """As a supervisor stops it."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(STOP_WAIT_S)
        finally:
            self._process.kill()


@contextmanager
def apart(folder: Path) -> Iterator["Apart"]:
    """Three servers as deploy/nats has them, for an organisation whose services are not started yet."""
    nats = folder / "nats"
    nats.mkdir()
    files = OrganisationFiles(folder)
    organisation = open_organisation(files, exercise_design(), datetime.now(UTC), MACHINE_ENTROPY)
    with running(shipped_cluster(nats, organisation.organisation)) as servers:
        yield Apart(folder, organisation, servers)


class Apart:
    """The services of one organisation, each in its process."""

    def __init__(self, folder: Path, organisation: Organisation, servers: Cluster) -> None:
        self.organisation = organisation
        self.servers = servers
        self.probes = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
        self.port = free_port()
        self._config = folder / "tacit.toml"
        self._config.write_text(
            f"[organisation]\ncharter_file = '{folder / 'charter.json'}'\n"
            f"[nats]\nurls = {servers.urls}\nreplicas = {servers.replicas}\ntls_ca_file = '{servers.ca_file}'\n"
            f"[gateway]\nport = {self.port}\n"
        )
        self.folder = folder
        self.supervisors = {
            name: Supervisor(name, folder / f"{name}.log", self._environment(name)) for name in SERVICES
        }

    def linked(self, user: str) -> AbstractAsyncContextManager[NatsConnection]:
        """A connection of one of the users of accounts.conf."""
        return connect(self.servers.urls, sign_in(user), user, self.servers.tls)

    def another(self, name: str) -> Supervisor:
        """One more of a service, with a state of its own."""
        port = free_port()
        own = {
            "TACIT_STATE_FOLDER": str(self.folder / "another"),
            "TACIT_PROBE_PORT": str(port),
            "TACIT_TRACES_TARGET": str(self.folder / f"another-{name}.spans"),
        }
        return Supervisor(name, self.folder / f"another-{name}.log", self._environment(name) | own)

    def _environment(self, name: str) -> dict[str, str]:
        folder, office = self.folder, SERVICES[name].office
        signing_in = sign_in(name)
        return {
            "TACIT_NATS_USER": signing_in.user,
            "TACIT_NATS_PASSWORD": signing_in.password,
            "TACIT_CONFIG": str(folder / "tacit.toml"),
            "TACIT_STATE_FOLDER": str(folder / name),
            "TACIT_PROBE_PORT": str(self.probes[name]),
            "TACIT_TRACES_TARGET": str(folder / f"{name}.spans"),
            "TACIT_ORGANISATION_KEY_FILE": str(folder / "keys" / ORGANISATION / f"{office}.json") if office else "",
        }

    def told(self, name: str) -> list[dict[str, Any]]:
        """The spans that a service told before it ended."""
        return [json.loads(line) for line in (self.folder / f"{name}.spans").read_text().splitlines()]

    async def ready(self) -> None:
        """Wait until every service says that it can do its work."""
        async with asyncio.timeout(READY_WAIT_S), aiohttp.ClientSession() as http:
            for port in self.probes.values():
                while not await _is_ready(http, port):  # noqa: ASYNC110 - another process becomes ready: no event
                    await asyncio.sleep(0.1)

    def _ask(self, log_port: int, witnessing: dict[str, str]) -> None:
        """Have the notary serve the log there and ask these witnesses."""
        asked = [f"{state}={address}" for state, address in witnessing.items()]
        self._config.write_text(f"{self._config.read_text()}[notary]\nport = {log_port}\nwitnesses = {asked}\n")

    @contextmanager
    def started(self) -> Iterator[None]:
        with ExitStack() as stack:
            for supervisor in self.supervisors.values():
                supervisor.start()
                stack.callback(supervisor.stop)
            yield

    @asynccontextmanager
    async def supervised(self) -> AsyncIterator[None]:
        """Run them within the block, and start again whichever fails; the members' witnesses run here."""
        async with AsyncExitStack() as stack:
            forwards = {self.organisation.organisation: (f"http://127.0.0.1:{self.port}/v1/submit",)}
            log_port = free_port()
            log_address = f"http://127.0.0.1:{log_port}"
            serving = witnesses(self.organisation, log_address, SystemClock(), forwards)
            self._ask(log_port, await stack.enter_async_context(serving))
            stack.enter_context(self.started())
            async with asyncio.TaskGroup() as tasks:
                watching = [tasks.create_task(each.watch()) for each in self.supervisors.values()]
                try:
                    await self.ready()
                    yield
                finally:
                    for task in watching:
                        task.cancel()


async def _is_ready(http: aiohttp.ClientSession, port: int) -> bool:
    try:
        async with http.get(f"http://127.0.0.1:{port}/readyz") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


class Stage:
    """What a test plays on: the demonstration, its desks, and a copy of the record."""

    def __init__(self, apart: Apart, store: JetStreamEventStore, mirror: Mirror, desk: LiveDesk) -> None:
        self.apart = apart
        self.store = store
        self.mirror = mirror
        self.desk = desk
        self.demonstration = Demonstration(apart.organisation, mirror, desk, MACHINE_ENTROPY)

    async def play(self, name: str, speed: float) -> list[str]:
        """Play a packaged scenario; gives what came out otherwise than its script says."""
        return [outcome.failure async for outcome in self.demonstration.play(name, speed) if outcome.failure]


@asynccontextmanager
async def founded(apart: Apart) -> AsyncIterator[Stage]:
    """Complete the founding and connect every desk, over the services that run."""
    organisation = apart.organisation
    async with AsyncExitStack() as stack:
        link, door = [await stack.enter_async_context(apart.linked(user)) for user in ("administrator", "founding")]
        streams = OrganisationStreams(organisation.organisation, apart.servers.replicas)
        store = await JetStreamEventStore.open(link, streams.record, make=False)
        mirror = Mirror(store)
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        following = tasks.create_task(mirror.follow())
        stack.callback(following.cancel)
        registrar = Verifier(organisation.service("registrar").signer.keys)
        recorder = SubmittingRecorder(NatsSubmitter(door, organisation.organisation), registrar)
        await Accession(organisation, mirror, recorder).complete(datetime.now(UTC))
        everybody = authors(organisation)
        desk = await stack.enter_async_context(desks(f"http://127.0.0.1:{apart.port}", everybody, SystemClock()))
        yield Stage(apart, store, mirror, desk)
