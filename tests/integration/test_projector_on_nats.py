"""The projector on a real server: it follows the stream, is discovered, and answers questions over the bus."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from tacit import query, subjects
from tacit.ids import ActId
from tacit.query import Query, Rows, Status
from tacit.testing import EAST
from tacit_services.ports import NewMessage
from tacit_services.projector.service import ProjectorPorts, project
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.stream import StreamSettings
from tacit_services.shell.micro import NatsMicro
from tacit_services.shell.nats_connection import NatsConnection, connect
from tacit_services.shell.nats_server import EmbeddedNats
from tacit_services.shell.view_store import ThreadedViews
from tests.unit.projector.showing import seen_in, seen_of
from tests.unit.projector.stage import Stage

pytestmark = pytest.mark.requires("nats-server")

ANSWER_WAIT_S = 5.0
REACH_WAIT_S = 20.0
FIRST = 60
LATER = 40


class Town:
    """A server with a record, and one who asks."""

    def __init__(self, server: EmbeddedNats, stack: AsyncExitStack, stage: Stage) -> None:
        self._server = server
        self._stack = stack
        self.stage = stage
        self.registry = CollectorRegistry()

    @property
    def organisation(self) -> ActId:
        return self.stage.world.organisation

    async def connection(self, name: str) -> NatsConnection:
        return await self._stack.enter_async_context(connect(self._server.url, self._server.credentials, name))

    async def store(self, connection: NatsConnection) -> JetStreamEventStore:
        names = (subjects.record_stream(self.organisation), subjects.record_subjects(self.organisation))
        return await JetStreamEventStore.open(connection, StreamSettings(*names))

    async def publish(self, store: JetStreamEventStore) -> None:
        subject, last = subjects.entry(self.organisation, "council", EAST), await store.last_sequence()
        await store.append([NewMessage(subject, raw) for raw in self.stage.entries[last:]], last)

    @asynccontextmanager
    async def projecting(self) -> AsyncIterator[None]:
        connection = await self.connection("projector")
        store = await self.store(connection)
        with ThreadedViews(self.stage.path, self.organisation) as kept:
            ports = ProjectorPorts(store, kept, NatsMicro(connection), self.registry)
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(project(self.organisation, ports))
                try:
                    yield
                finally:
                    running.cancel()


@asynccontextmanager
async def town(folder: Path) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(EmbeddedNats(folder / "server"))
        yield Town(server, stack, Stage(folder))


async def ask(asker: NatsConnection, subject: str, data: bytes) -> bytes:
    answer = await asker.client.request(subject, data, timeout=ANSWER_WAIT_S)
    return answer.data


async def status(town: Town, asker: NatsConnection) -> Status:
    raw = await ask(asker, subjects.query(town.organisation, "status"), b"")
    return msgspec.json.decode(raw, type=Status)


async def reach(town: Town, asker: NatsConnection, size: int) -> Status:
    async with asyncio.timeout(REACH_WAIT_S):
        while True:
            found = await status(town, asker)
            if found.ready and all(view.live and view.size == size for view in found.views):
                return found
            await asyncio.sleep(0.1)


async def test_it_follows_a_real_record_and_answers_over_the_bus(tmp_path: Path) -> None:
    async with town(tmp_path) as there:
        asker = await there.connection("asker")
        store = await there.store(asker)
        there.stage.say(FIRST)
        await there.publish(store)
        async with there.projecting():
            await asyncio.sleep(0.5)
            await reach(there, asker, len(there.stage.entries))
            there.stage.say(LATER)
            await there.publish(store)
            found = await reach(there, asker, len(there.stage.entries))
            asked = query.encode(Query("XAA", history=True))
            raw = await ask(asker, subjects.query(there.organisation, "positions"), asked)
            info = json.loads(await ask(asker, "$SRV.INFO.tacit-projector", b""))
        shown = generate_latest(there.registry).decode()

    answer = query.decode_answer(raw)
    assert isinstance(answer, Rows)
    assert (FIRST + LATER, 0) == (len(answer.rows), answer.lag_entries)
    assert {each.view for each in found.views} | {"status"} == {each["name"] for each in info["endpoints"]}
    assert f'tacit_projector_kept_entries{{view="audit"}} {len(there.stage.entries):.1f}' in shown
    with there.stage.file() as file:
        assert seen_of(there.stage.world.state) == seen_in(file, None)
