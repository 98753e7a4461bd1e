"""The registrar on a real server: the founding, the bus, and what happens to the first when a second takes over."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from tacit import envelope, subjects, submission
from tacit.acts import MessagePosted
from tacit.detached import Detached
from tacit.record import Leaf, decode_entry
from tacit.rules import State
from tacit.submission import Receipted, Unavailable
from tacit.testing import World, signer_for
from tacit_services.ports import FencedError
from tacit_services.registrar import Registrar
from tacit_services.registrar.main import assemble
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.stream import StreamSettings
from tacit_services.shell.nats_connection import NatsConnection, connect
from tacit_services.shell.nats_server import EmbeddedNats
from tacit_services.shell.submitting import NatsSubmitter
from tests.memory_registrar import Speaker, fold_messages, message_of, read_answer

pytestmark = pytest.mark.requires("nats-server")


class Town:
    """A server, an organisation at the present time, and as many processes of a registrar as a test wants."""

    def __init__(self, server: EmbeddedNats, folder: Path, stack: AsyncExitStack) -> None:
        self.world = World(start=datetime.now(UTC))
        self.charter = envelope.encode(self.world.entries[0].envelope)
        self._server = server
        self._folder = folder
        self._stack = stack

    async def connection(self, name: str) -> NatsConnection:
        return await self._stack.enter_async_context(connect(self._server.url, self._server.credentials, name))

    async def registrar(self, name: str) -> Registrar:
        return await self._stack.enter_async_context(
            assemble(
                await self.connection(name),
                self.charter,
                signer_for("ORG/registrar"),
                self._folder / f"{name}.sqlite",
                CollectorRegistry(),
            )
        )

    async def store(self, name: str) -> JetStreamEventStore:
        organisation = self.world.organisation
        settings = StreamSettings(subjects.record_stream(organisation), subjects.record_subjects(organisation))
        return await JetStreamEventStore.open(await self.connection(name), settings)

    async def found(self) -> None:
        """Put the founding of the world into the record at once."""
        await (await self.store("founder")).append([message_of(entry) for entry in self.world.entries], 0)

    def kill_server(self) -> None:
        """Kill it as hard as can be; it comes back on the same port."""
        os.kill(self._server.pid, signal.SIGKILL)

    async def messages(self) -> list[bytes]:
        found = await (await self.store("reader")).read(1, 1_000)
        return [message.data for message in found]


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with EmbeddedNats(tmp_path / "data") as server, AsyncExitStack() as stack:
        yield Town(server, tmp_path, stack)


async def test_an_empty_record_is_founded_and_the_members_come_in_over_the_bus(town: Town) -> None:
    registrar = await town.registrar("registrar")
    client = NatsSubmitter(await town.connection("client"), town.world.organisation)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(registrar.run())
        await registrar.serving.wait()
        assert await client.unready() is None
        # The world's own first term has been recorded anew, so what its registrar signed later would not fit.
        answers = [await client.submit(submission.Submission(entry.envelope, None)) for entry in town.world.entries[2:]]
        body = Detached(b"s" * 32, b"We ask for consultations.")
        _, raw = Speaker.of(town.world, "XAA").say(MessagePosted(subject="Request", in_reply_to=None), body=body)
        answers.append(await client.submit(submission.decode(raw)))
        await registrar.stop()

    state = fold_messages(await town.messages())
    assert all(isinstance(answer, Receipted) for answer in answers)
    assert state.in_force
    assert state.size == len(town.world.entries) + 1
    assert "no_registrar" == await client.unready()


async def test_a_second_registrar_takes_over_and_the_first_wakes_up_fenced(town: Town) -> None:
    await town.found()
    first, second = await town.registrar("first"), await town.registrar("second")
    speaker = Speaker.of(town.world, "XAA")
    before, asleep, after = (speaker.request()[1] for _ in range(3))
    ends: list[BaseException] = []

    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(run_to_the_end(first, ends))
        await first.serving.wait()
        assert isinstance(read_answer(await first.submit(before)), Leaf)
        # The first sleeps: it gets nothing to do until the second has taken over.
        tasks.create_task(second.run())
        await second.serving.wait()
        # Waking up, it is handed an act that it would admit, and does not know that it is superseded.
        woken = read_answer(await first.submit(asleep))
        await running
        answers = [read_answer(await second.submit(raw)) for raw in (before, asleep, after)]
        await second.stop()

    state = fold_messages(await town.messages())
    assert "superseded" == woken
    assert [FencedError] == [type(end) for end in ends]
    assert not first.serving.is_set()
    leaves = [answer for answer in answers if isinstance(answer, Leaf)]
    assert [2, 3, 3] == [leaf.term for leaf in leaves]
    assert 3 == state.term


async def test_a_superseded_registrar_sends_out_no_refusal_either(town: Town) -> None:
    await town.found()
    first, second = await town.registrar("first"), await town.registrar("second")
    speaker = Speaker.of(town.world, "XAA")
    missed, next_one = speaker.request()[1], speaker.request()[1]
    ends: list[BaseException] = []

    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(run_to_the_end(first, ends))
        await first.serving.wait()
        tasks.create_task(second.run())
        await second.serving.wait()
        assert isinstance(read_answer(await second.submit(missed)), Leaf)
        # For the first, which has not seen `missed`, this is a gap in the numbers.
        woken = read_answer(await first.submit(next_one))
        await running
        assert isinstance(read_answer(await second.submit(next_one)), Leaf)
        await second.stop()

    assert "superseded" == woken
    assert [FencedError] == [type(end) for end in ends]


class Conversation:
    """Every member speaks over the bus, again with the same bytes until it has a receipt."""

    def __init__(self, town: Town, busy_at: int) -> None:
        self._town = town
        self._busy_at = busy_at
        self.busy = asyncio.Event()
        """Set when so many receipts have been given."""
        self.leaves: list[Leaf] = []

    async def hold(self, acts_each: int, enough: Callable[[], bool] = lambda: True) -> None:
        """Everybody says so many acts, and goes on until it is `enough`."""
        async with asyncio.TaskGroup() as tasks:
            for state in self._town.world.states:
                tasks.create_task(self._speak(state, acts_each, enough))

    async def _speak(self, state: str, count: int, enough: Callable[[], bool]) -> None:
        client = NatsSubmitter(await self._town.connection(f"client-{state}"), self._town.world.organisation)
        speaker = Speaker.of(self._town.world, state)
        said = 0
        while said < count or not enough():
            said += 1
            handed_in = submission.decode(speaker.request()[1])
            answer = await client.submit(handed_in)
            while isinstance(answer, Unavailable):
                await asyncio.sleep(0.01)
                answer = await client.submit(handed_in)
            leaf = read_answer(submission.encode_answer(answer))
            assert isinstance(leaf, Leaf), leaf
            self.leaves.append(leaf)
            if len(self.leaves) >= self._busy_at:
                self.busy.set()

    async def check(self) -> State:
        messages = await self._town.messages()
        recorded = [decode_entry(data).leaf for data in messages]
        assert [recorded[leaf.index] for leaf in self.leaves] == self.leaves
        assert len(recorded) == len({leaf.act for leaf in recorded})
        return fold_messages(messages)


async def test_a_second_registrar_takes_over_from_a_busy_one_and_every_client_is_answered(town: Town) -> None:
    await town.found()
    first, second = await town.registrar("first"), await town.registrar("second")
    ends: list[BaseException] = []
    conversation = Conversation(town, busy_at=30)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(run_to_the_end(first, ends))
        await first.serving.wait()
        async with asyncio.TaskGroup() as clients:
            # Only who appends meets the fence: the clients go on until the first has met it.
            clients.create_task(conversation.hold(60, enough=lambda: bool(ends)))
            await conversation.busy.wait()
            tasks.create_task(second.run())
        await second.stop()

    state = await conversation.check()
    assert 3 == state.term
    assert 180 <= len(conversation.leaves)
    assert [FencedError] == [type(end) for end in ends]


async def test_a_server_that_is_killed_under_load_costs_nobody_an_act(town: Town) -> None:
    await town.found()
    registrar = await town.registrar("registrar")
    conversation = Conversation(town, busy_at=30)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(registrar.run())
        await registrar.serving.wait()
        async with asyncio.TaskGroup() as clients:
            clients.create_task(conversation.hold(40))
            await conversation.busy.wait()
            town.kill_server()
        await registrar.stop()

    await conversation.check()
    assert 120 == len(conversation.leaves)


async def run_to_the_end(registrar: Registrar, ends: list[BaseException]) -> None:
    try:
        await registrar.run()
    except FencedError as error:
        ends.append(error)
