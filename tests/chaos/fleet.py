"""One NATS server and the services, each in its process and started again; and what can be done to them."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import aiohttp

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
from tests.chaos import with_clock
from tests.chaos.delegations import Delegation
from tests.chaos.with_clock import WITNESS, set_clock
from tests.end_to_end.services_apart import Supervisor
from tests.ports import free_ports
from tests.shipped import passwords, put, sign_in
from tests.small_disk import SmallDisk, small_disk

RUN: Final = ("registrar", "notary", "projector", "gateway", "timekeeper")
MEMBERS: Final = ("XAA", "XBB", "XCC")
MIRRORING: Final = "XCC"
"""Whose witness keeps the leaves, too."""
VICTIMS: Final = (*RUN, *(f"witness-{state}" for state in MEMBERS), "nats")
START_WAIT_S: Final = 60.0
DISK_MB: Final = 96
SETTLE_TRIES: Final = 14
"""Some nine seconds: the one server that there is starts again at once, so that a longer wait finds nothing out."""
STATE_ENTRIES: Final = 256
"""After so many the state is kept: often, so that a start finds one of another moment than that of the loss."""


class Server:
    """A nats-server as deploy/nats/single.conf has it, that may be killed and started again on its port."""

    def __init__(self, folder: Path, organisation: Organisation) -> None:
        self.folder = folder
        self.disk = folder / "disk"
        self.store = self.disk / "store"
        self._organisation = organisation.organisation
        put(folder, self._organisation)
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

    def limit(self, more_bytes: int | None) -> None:
        """From its next start on it stores only so much more than now; None: as much as before."""
        settings = self.folder / "durable.conf"
        if more_bytes is None:
            put(self.folder, self._organisation)
            return
        held = sum(path.stat().st_size for path in self.store.rglob("*.blk"))
        limited = f"store_dir: $NATS_STORE\n  max_file: {held + more_bytes}"
        settings.write_text(settings.read_text().replace("store_dir: $NATS_STORE", limited))

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

    def __init__(self, folder: Path, clocks: Sequence[str] = ()) -> None:
        """`clocks`: those who are started with a clock that `set_clock` sets."""
        self.folder = folder
        (folder / "nats").mkdir()
        files = OrganisationFiles(folder)
        design = Design("Chaos council", MEMBERS, witnessed=MEMBERS)
        self.organisation = open_organisation(files, design, datetime.now(UTC), MACHINE_ENTROPY)
        self.server = Server(folder / "nats", self.organisation)
        self.stream = subjects.record_stream(self.organisation.organisation)
        *probes, log_port, port = free_ports(len(RUN) + 2)
        self.probes = dict(zip(RUN, probes, strict=True))
        self.archive = folder / "notary" / "disk" / "archive"
        self.disks: dict[str, SmallDisk] = {}
        self.delegations = [Delegation(self.organisation, state) for state in MEMBERS]
        asked = [f"{each.state}={each.address}" for each in self.delegations]
        self.config = folder / "tacit.toml"
        self.config.write_text(
            f"[organisation]\ncharter_file = '{folder / 'charter.json'}'\n[nats]\nurls = ['{self.server.url}']\n"
            f"[gateway]\nport = {port}\n"
            f"[notary]\nport = {log_port}\ncheckpoint_s = 0.5\nwitnesses = {asked}\n"
            f"archive_folder = '{self.archive}'\nstate_entries = {STATE_ENTRIES}\n"
            f"[registrar]\nmend_wait_s = 8.0\nstate_entries = {STATE_ENTRIES // 8}\n"
            f"[registrar.settle]\ntries_max = {SETTLE_TRIES}\n"
        )
        self.supervisors = {
            name: Supervisor(name, folder / f"{name}.log", self._environment(name, probe))
            for name, probe in self.probes.items()
        }
        for each in self.delegations:
            url = f"http://127.0.0.1:{log_port}" if each.state == MIRRORING else ""
            self.supervisors[each.name] = each.supervisor(folder / f"{each.name}.log", log_url=url)
        for name in clocks:
            started: list[str | Path] = [name]
            for each in self.delegations:
                started = [WITNESS, each.settings] if each.name == name else started
            self.supervisors[name].command = ("-m", with_clock.__name__, self._clock(name), *started)

    def _clock(self, name: str) -> Path:
        return self.folder / f"{name}.clock"

    def set_clock(self, name: str, ahead_s: float) -> None:
        """Set the clock of one of those who were given such a one; 0: right."""
        set_clock(self._clock(name), ahead_s)

    @contextmanager
    def _small_disks(self) -> Iterator[None]:
        """Where they can be had, the store, the archive and one witness get a disk each that can be filled."""
        folders = {"nats": self.server.disk, "notary": self.archive.parent, "witness": self.delegations[0].disk}
        with ExitStack() as stack:
            found = {name: stack.enter_context(small_disk(each, DISK_MB)) for name, each in folders.items()}
            self.disks = {name: disk for name, disk in found.items() if disk is not None}
            yield

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
        with self._small_disks():
            async with self._running():
                yield

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[None]:
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

    def told_since(self, name: str, at: int) -> list[dict[str, Any]]:
        """The log lines of a service after so many characters of them."""
        text = self.supervisors[name].log.read_text()[at:]
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    def told_so_far(self, name: str) -> int:
        """For `told_since`."""
        return len(self.supervisors[name].log.read_text())

    async def unready(self, name: str) -> str:
        """What its probe gives as the reason why it cannot do its work; empty where it can."""
        async with aiohttp.ClientSession() as http:
            try:
                async with http.get(f"http://127.0.0.1:{self.probes[name]}/readyz") as answer:
                    return "" if answer.status == 200 else await answer.text()
            except aiohttp.ClientError as error:
                return type(error).__name__

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
