"""The worlds in which the contract of a store must hold: the fake's, and the real server's."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from typing import NamedTuple, Protocol

import msgspec
import pytest

from tacit_services.ports import BodyStore, EventStore, NewMessage, StoreFailedError
from tacit_services.settle import append_settled
from tacit_services.shell.event_store.bodies import JetStreamBodyStore
from tacit_services.shell.event_store.faults import HONEST, Call, Fault
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.memory import MemoryBodyStore, MemoryEventStore, MemoryRecord
from tacit_services.shell.event_store.publishing import ALONE_MESSAGES_MAX
from tacit_services.shell.event_store.stream import StreamSettings
from tacit_services.shell.nats_connection import NatsConnection, connect
from tests.cluster import Cluster, cluster
from tests.contract.broken_link import BrokenLink, broken_link
from tests.scale import scale_name
from tests.servers import SharedServer, shared_server

OPEN_WAIT_S = 30.0
BREAK_DATA_BYTES = 5_000
"""Data of each message of an append that is to break."""
FRAME_BYTES = 150
"""About what headers and frame of one message cost on the wire."""


class Break(NamedTuple):
    """How an append breaks: of `size` messages `reached` arrive; then either the rest is lost, or only an answer."""

    size: int
    reached: int
    answer_lost: bool


class World(Protocol):
    """One record, as several processes see it, and what can happen to it."""

    subject: str
    store: EventStore
    bodies: BodyStore

    async def another(self) -> EventStore:
        """The same record, as another process sees it."""
        ...

    def break_next(self, broken: Break) -> None:
        """Break the next append so."""
        ...

    def kill(self) -> None:
        """Kill the store as a process; it comes back by itself."""
        ...

    async def lose(self, sequence: int) -> None:
        """Lose a stored message."""
        ...


class MemoryWorld:
    """The fake's world."""

    def __init__(self) -> None:
        self.subject = "tacit.test.record.council.crisis"
        self._record = MemoryRecord("tacit.test.record.>")
        self._next: list[Fault] = []
        self.store: EventStore = MemoryEventStore(self._record, self._fault)
        self.bodies: BodyStore = MemoryBodyStore({})

    def _fault(self, call: Call) -> Fault:
        return self._next.pop() if call.operation == "append" and self._next else HONEST

    async def another(self) -> EventStore:
        return MemoryEventStore(self._record)

    def break_next(self, broken: Break) -> None:
        self._next.append(Fault(answer="lost", stored=broken.reached))

    def kill(self) -> None:
        """Do nothing: nothing that the fake holds is lost by it."""

    async def lose(self, sequence: int) -> None:
        self._record.lose(sequence)


class JetStreamWorld:
    """The real server's world: a stream of its own on the shared server."""

    store: EventStore
    bodies: BodyStore
    connection: NatsConnection

    def __init__(self, server: SharedServer | Cluster, stack: AsyncExitStack, link: BrokenLink | None = None) -> None:
        tag = uuid.uuid4().hex[:12]
        self.subject = f"tacit.{tag}.record.council.crisis"
        self.settings = StreamSettings(f"RECORD_{tag}", f"tacit.{tag}.record.>", server.replicas)
        self.body_settings = StreamSettings(
            f"BODIES_{tag}", f"tacit.{tag}.bodies.>", server.replicas, deny_delete=False
        )
        self._server = server
        self._stack = stack
        self._link = link

    async def open(self, url: str) -> None:
        self.connection = await self._stack.enter_async_context(connect(url, self._server.credentials, "test"))
        self.store = await self._open_store(self.connection)
        self.bodies = await JetStreamBodyStore.open(self.connection, self.body_settings)

    async def _open_store(self, connection: NatsConnection) -> EventStore:
        # The test before may have killed a server, and the others still elect.
        async with asyncio.timeout(OPEN_WAIT_S):
            while True:
                with contextlib.suppress(StoreFailedError):
                    return await JetStreamEventStore.open(connection, self.settings)
                await asyncio.sleep(0.1)

    async def another(self) -> EventStore:
        other = connect(self._server.url, self._server.credentials, "another")
        return await self._open_store(await self._stack.enter_async_context(other))

    def break_next(self, broken: Break) -> None:
        assert self._link is not None
        if broken.answer_lost:
            one_by_one = broken.size <= ALONE_MESSAGES_MAX and self._server.replicas == 1
            self._link.lose_answer(broken.reached if one_by_one else 1)
        else:
            self._link.cut_after(broken.reached * (BREAK_DATA_BYTES + FRAME_BYTES))

    def kill(self) -> None:
        self._server.kill()

    async def lose(self, sequence: int) -> None:
        await self.connection.client.jetstream().delete_msg(self.settings.name, sequence)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedServer]:
    with shared_server(tmp_path_factory.mktemp("nats")) as server:
        yield server


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("cluster")) as servers:
        yield servers


def shared(request: pytest.FixtureRequest) -> SharedServer | Cluster:
    """The server of this session, or the three, started by the first test that needs them."""
    found = request.getfixturevalue("server" if request.param == "jetstream" else "servers")
    assert isinstance(found, SharedServer | Cluster)
    return found


WORLDS = [
    pytest.param("memory", id="memory"),
    pytest.param("jetstream", id="jetstream", marks=pytest.mark.requires("nats-server")),
]
if scale_name() != "dev":
    # Three servers on one machine: where there is time.
    WORLDS.append(pytest.param("cluster", id="cluster", marks=pytest.mark.requires("nats-server")))


@pytest.fixture(params=WORLDS)
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """A record with nothing in it."""
    if request.param == "memory":
        yield MemoryWorld()
        return
    async with AsyncExitStack() as stack:
        jetstream = JetStreamWorld(shared(request), stack)
        await jetstream.open(shared(request).url)
        yield jetstream


@pytest.fixture(params=WORLDS)
async def fragile_world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """A record with nothing in it, whose link can be broken."""
    if request.param == "memory":
        yield MemoryWorld()
        return
    async with AsyncExitStack() as stack:
        url, link = await stack.enter_async_context(broken_link(shared(request).url))
        jetstream = JetStreamWorld(shared(request), stack, link)
        await jetstream.open(url)
        yield jetstream


@pytest.fixture(params=WORLDS)
async def losing_world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """A record with nothing in it, of which messages can be deleted: what our own streams forbid."""
    if request.param == "memory":
        yield MemoryWorld()
        return
    async with AsyncExitStack() as stack:
        jetstream = JetStreamWorld(shared(request), stack)
        jetstream.settings = msgspec.structs.replace(jetstream.settings, deny_delete=False)
        await jetstream.open(shared(request).url)
        yield jetstream


async def appended_at_last(store: EventStore, messages: Sequence[NewMessage], last: int) -> int:
    """However long the cluster takes to have a leader again."""
    while True:
        try:
            return await append_settled(store, messages, last, sleep=asyncio.sleep)
        except StoreFailedError:
            await asyncio.sleep(0.1)


def messages_for(world: World, count: int, first: int = 1, data_bytes: int = 16) -> list[NewMessage]:
    """Messages that differ from one another; `data_bytes` is at least 16."""
    return [
        NewMessage(world.subject, b"%016d" % number + bytes(data_bytes - 16)) for number in range(first, first + count)
    ]
