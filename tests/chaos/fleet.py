"""One NATS server and the services, each in its process and started again; and what can be done to them."""

import asyncio
import os
import random
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tacit import subjects
from tacit.ids import ORGANISATION
from tacit_services.ports import StoreFailedError
from tacit_services.run.services import SERVICES
from tacit_services.shell.entropy import MACHINE_ENTROPY
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.organisation import OrganisationStreams
from tacit_services.shell.nats_connection import NatsConnection, connect
from tacit_services.shell.nats_process import find_binary
from tacit_services.shell.organisation_files import OrganisationFiles
from tacit_services.up.organisation import Design, Organisation, open_organisation
from tests.chaos.delegations import Delegation
from tests.cluster import free_ports
from tests.end_to_end.services_apart import Supervisor
from tests.shipped import passwords, put, sign_in

RUN: Final = ("registrar", "notary", "projector", "gateway")
MEMBERS: Final = ("XAA", "XBB", "XCC")
MIRRORING: Final = "XCC"
"""Whose witness keeps the leaves, too."""
VICTIMS: Final = (*RUN, *(f"witness-{state}" for state in MEMBERS), "nats")
START_WAIT_S: Final = 60.0


class Server:
    """A nats-server as deploy/nats/single.conf has it, that may be killed and started again on its port."""

    def __init__(self, folder: Path, organisation: Organisation) -> None:
        self.folder = folder
        self.store = folder / "store"
        put(folder, organisation.organisation)
        listen, http = (f"127.0.0.1:{port}" for port in free_ports(2))
        self.url = f"nats://{listen}"
        self._environment = {
            **os.environ,
            **passwords(),
            "NATS_LISTEN": listen,
            "NATS_HTTP": http,
            "NATS_STORE": str(self.store),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [str(find_binary()), "-c", str(self.folder / "single.conf"), "-l", str(self.folder / "server.log")]
        self._process = subprocess.Popen(command, env=self._environment)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def blocks(self, stream: str) -> list[Path]:
        """The block files of a stream, the newest last."""
        return sorted(self.store.glob(f"jetstream/*/streams/{stream}/msgs/*.blk"), key=lambda path: int(path.stem))

    def lose(self, stream: str) -> None:
        """Delete everything that the server has of a stream."""
        for path in self.store.glob(f"jetstream/*/streams/{stream}"):
            shutil.rmtree(path)

    def lose_everything(self) -> None:
        """As if the disk were new."""
        shutil.rmtree(self.store)


class Fleet:
    """What runs, and where its files are."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "nats").mkdir()
        files = OrganisationFiles(folder)
        design = Design("Chaos council", MEMBERS, witnessed=MEMBERS)
        self.organisation = open_organisation(files, design, datetime.now(UTC), MACHINE_ENTROPY)
        self.server = Server(folder / "nats", self.organisation)
        self.stream = subjects.record_stream(self.organisation.organisation)
        probes = free_ports(len(RUN) + 2)
        self.delegations = [Delegation(self.organisation, state) for state in MEMBERS]
        asked = [f"{each.state}={each.address}" for each in self.delegations]
        self.config = folder / "tacit.toml"
        self.config.write_text(
            f"[organisation]\ncharter_file = '{folder / 'charter.json'}'\n[nats]\nurls = ['{self.server.url}']\n"
            f"[gateway]\nport = {probes[-1]}\n"
            f"[notary]\nport = {probes[-2]}\ncheckpoint_s = 0.5\nwitnesses = {asked}\n"
            "[registrar]\nmend_wait_s = 8.0\n"
        )
        self.supervisors = {
            name: Supervisor(name, folder / f"{name}.log", self._environment(name, port))
            for name, port in zip(RUN, probes, strict=False)
        }
        for each in self.delegations:
            url = f"http://127.0.0.1:{probes[-2]}" if each.state == MIRRORING else ""
            self.supervisors[each.name] = each.supervisor(folder / f"{each.name}.log", log_url=url)

    @property
    def archive(self) -> Path:
        return self.folder / "notary" / "archive"

    def _environment(self, name: str, port: int) -> dict[str, str]:
        folder, office = self.folder, SERVICES[name].office
        return {
            "TACIT_NATS_USER": name,
            "TACIT_NATS_PASSWORD": sign_in(name).password,
            "TACIT_CONFIG": str(self.config),
            "TACIT_STATE_FOLDER": str(folder / name),
            "TACIT_PROBE_PORT": str(port),
            "TACIT_ORGANISATION_KEY_FILE": str(folder / "keys" / ORGANISATION / f"{office}.json") if office else "",
        }

    def kill(self, name: str) -> None:
        """Kill a service, which its supervisor starts again; or the server, which is started again at once."""
        if name == "nats":
            self.server.kill()
            self.server.start()
            return
        self.supervisors[name].kill()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        self.server.start()
        try:
            async with asyncio.TaskGroup() as tasks:
                for each in self.supervisors.values():
                    each.start()
                watching = [tasks.create_task(each.watch()) for each in self.supervisors.values()]
                try:
                    yield
                finally:
                    for task in watching:
                        task.cancel()
        finally:
            for each in self.supervisors.values():
                each.stop()
            self.server.kill()

    @asynccontextmanager
    async def linked(self, user: str) -> AsyncIterator[NatsConnection]:
        async with connect(self.server.url, sign_in(user), user) as link:
            yield link

    async def store(self, link: NatsConnection) -> JetStreamEventStore:
        """The record, once it is there."""
        streams = OrganisationStreams(self.organisation.organisation)
        async with asyncio.timeout(START_WAIT_S):
            while True:
                try:
                    return await JetStreamEventStore.open(link, streams.record, make=False)
                except StoreFailedError:
                    await asyncio.sleep(0.1)

    def last_words(self, name: str) -> str:
        """What a service said last of all that is no JSON line: why it ended."""
        lines = self.supervisors[name].log.read_text().splitlines()
        return next((line for line in reversed(lines) if line.startswith("tacit: ")), "")

    def restore(self, *options: str) -> "subprocess.CompletedProcess[str]":
        """What an operator does whom the registrar has told to; it does not run meanwhile."""
        command = [sys.executable, "-m", "tacit.cli", "restore", str(self.archive), "--json", *options]
        signing = {"TACIT_NATS_USER": "administrator", "TACIT_NATS_PASSWORD": sign_in("administrator").password}
        environment = {**os.environ, **signing, "TACIT_CONFIG": str(self.config)}
        return subprocess.run(
            command, env=environment, cwd=self.folder, capture_output=True, text=True, timeout=START_WAIT_S, check=False
        )


def cut(path: Path, dice: random.Random) -> str:
    """Cut off the end of a file, as a crash of the machine may."""
    size = path.stat().st_size
    keep = dice.randrange(size)
    os.truncate(path, keep)
    return f"{path.name} cut from {size} to {keep}"


def flip(path: Path, dice: random.Random) -> str:
    """Flip one bit of a file."""
    raw = bytearray(path.read_bytes())
    at = dice.randrange(len(raw))
    raw[at] ^= 1 << dice.randrange(8)
    path.write_bytes(raw)
    return f"{path.name} flipped at {at} of {len(raw)}"
