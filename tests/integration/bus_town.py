"""A town with a bus: a real server, a registrar, relays; and the files that an integrator is given."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
from prometheus_client import CollectorRegistry

from tacit import envelope, subjects
from tacit.ids import ActId
from tacit.keys import ALGORITHMS
from tacit.record import Entry, decode_entry
from tacit.rules import catalogue, genesis
from tacit.testing import World, signer_for
from tacit_services.kept_fold import KeptFold
from tacit_services.ports import NewMessage, StoredMessage
from tacit_services.registrar.main import Options, assemble
from tacit_services.relay import Telling
from tacit_services.relay.main import assemble as assemble_relay
from tacit_services.relay.main import open_events, serve
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.stream import StreamSettings
from tacit_services.shell.nats_connection import NatsConnection, connect
from tacit_services.shell.nats_server import CONNECTION_FILE, FOLDER, EmbeddedNats
from tacit_services.shell.organisation_files import KeyFile
from tacit_services.tracing import UNTRACED, Tracing
from tests.memory_registrar import Speaker, message_of

ROOT: Final = Path(__file__).resolve().parents[2]
WAIT_S: Final = 30.0


class Done(NamedTuple):
    """How a program ended."""

    code: int | None
    lines: list[str]
    errors: str


class BusTown:
    """An organisation at the present time, served."""

    def __init__(self, world: World, server: EmbeddedNats, folder: Path, stack: AsyncExitStack) -> None:
        self.world = world
        self.server = server
        self.folder = folder
        self.connection_file = folder / "data" / FOLDER / CONNECTION_FILE
        self._stack = stack
        self._names = 0

    @property
    def organisation(self) -> ActId:
        return self.world.organisation

    @property
    def tag(self) -> str:
        return subjects.tag(self.organisation)

    async def connection(self) -> NatsConnection:
        self._names += 1
        name = f"test-{self._names}"
        return await self._stack.enter_async_context(connect(self.server.url, self.server.credentials, name))

    async def record(self) -> JetStreamEventStore:
        below = subjects.record_subjects(self.organisation)
        settings = StreamSettings(subjects.record_stream(self.organisation), below)
        return await JetStreamEventStore.open(await self.connection(), settings)

    async def events(self) -> JetStreamEventStore:
        return await open_events(await self.connection(), self.organisation)

    async def found(self) -> None:
        """Put the founding into the record."""
        await (await self.record()).append([message_of(entry) for entry in self.world.entries], 0)

    @asynccontextmanager
    async def registering(self, tracing: Tracing = UNTRACED) -> AsyncIterator[None]:
        """A registrar serves within the block."""
        charter = envelope.encode(self.world.entries[0].envelope)
        index = self.folder / "index.sqlite"
        signer, registry = signer_for("ORG/registrar"), CollectorRegistry()
        made = assemble(await self.connection(), charter, signer, index, registry, Options(tracing=tracing))
        async with made as registrar, asyncio.TaskGroup() as tasks:
            tasks.create_task(registrar.run())
            await registrar.serving.wait()
            try:
                yield
            finally:
                await registrar.stop()

    @asynccontextmanager
    async def relaying(self) -> AsyncIterator[None]:
        """A relay of its own works within the block."""
        following = KeptFold(None, self.organisation)
        relay = await assemble_relay(await self.connection(), self.organisation, CollectorRegistry(), following)
        async with asyncio.TaskGroup() as tasks:
            working = tasks.create_task(serve(relay))
            yield
            working.cancel()

    def speaker(self, state: str) -> Speaker:
        return Speaker.of(self.world, state)

    def kill_server(self) -> None:
        os.kill(self.server.pid, signal.SIGKILL)

    def charter_file(self) -> Path:
        file = self.folder / "charter.json"
        file.write_bytes(envelope.encode(self.world.entries[0].envelope))
        return file

    def key_file(self, state: str) -> Path:
        """The keys of a member of the world, as a data folder holds them; the seeds are those of `signer_for`."""
        file = self.folder / f"{state}.json"
        seeds = tuple(envelope_seed(f"{state}/permanent-representative {each}") for each in ALGORITHMS["ed25519"])
        file.write_bytes(msgspec.json.encode(KeyFile("ed25519", seeds)))
        return file

    async def entries(self) -> list[Entry]:
        """The record as it is now."""
        return [decode_entry(each.data) for each in await self._stored()]

    async def expected(self) -> list[NewMessage]:
        """The event of every entry that there is now."""
        telling = Telling(self.organisation, genesis(catalogue()))
        return [telling.tell(each).message for each in await self._stored()]

    async def _stored(self) -> list[StoredMessage]:
        return await (await self.record()).read(1, 1_000)

    async def published(self, size: int) -> list[NewMessage]:
        """All events, once there are at least so many."""
        events = await self.events()
        async with asyncio.timeout(WAIT_S):
            while len(found := await events.read(1, 1_000)) < size:  # noqa: ASYNC110 - another process writes
                await asyncio.sleep(0.02)
        return [NewMessage(each.subject, each.data) for each in found]


def envelope_seed(name: str) -> bytes:
    """The seed that `tacit.testing` derives from a name."""
    return bytes.fromhex(envelope.digest(name.encode()))


async def run_example(name: str, *arguments: object) -> Done:
    """Run an example as a person does, in a process of its own."""
    packages = "" if "plain" in name else os.pathsep.join(str(ROOT / each) for each in ("protocol", "services"))
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, *(["-I", "-S"] if "plain" in name else []), str(ROOT / "examples" / name)],
        *map(str, arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": packages},
    )
    try:
        async with asyncio.timeout(WAIT_S):
            out, errors = await process.communicate()
    except BaseException:
        process.kill()
        await process.communicate()
        raise
    return Done(process.returncode, out.decode().splitlines(), errors.decode())


@asynccontextmanager
async def bus_town(folder: Path, world: World | None = None) -> AsyncIterator[BusTown]:
    """A founded organisation on a server of its own; nothing serves yet."""
    world = world or World(start=datetime.now(UTC))
    async with EmbeddedNats(folder / "data") as server, AsyncExitStack() as stack:
        town = BusTown(world, server, folder, stack)
        await town.found()
        yield town
