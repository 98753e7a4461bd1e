"""What only the real server shows: its streams, its death in the middle of work, its pauses, its limits."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest
from nats.aio.subscription import Subscription
from nats.js.api import StreamConfig
from nats.js.errors import APIError

from tacit_services.ports import (
    NewMessage,
    OutcomeUnknownError,
    RecordGapError,
    StoredMessage,
    StoreFailedError,
)
from tacit_services.settle import append_settled
from tacit_services.shell.event_store import publishing
from tacit_services.shell.event_store.bodies import JetStreamBodyStore
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.stream import StreamDiffersError, StreamSettings, ensure_stream, wanted
from tacit_services.shell.nats_connection import NatsConnection, connect
from tacit_services.shell.nats_server import EmbeddedNats, ServerLimits

pytestmark = pytest.mark.requires("nats-server")

RECORD = StreamSettings("RECORD_test", "tacit.test.record.>")
BODIES = StreamSettings("BODIES_test", "tacit.test.bodies.>", deny_delete=False)
SUBJECT = "tacit.test.record.council.crisis"
WAIT_S = 30.0


def messages(count: int, first: int = 1, size: int = 16) -> list[NewMessage]:
    return [NewMessage(SUBJECT, b"%016d" % number + bytes(size - 16)) for number in range(first, first + count)]


def numbers(stored: list[StoredMessage]) -> list[int]:
    return [int(message.data[:16]) for message in stored]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[EmbeddedNats]:
    async with EmbeddedNats(tmp_path, limits=ServerLimits(restarts_max=100, restart_pause_max_s=0.1)) as server:
        yield server


@pytest.fixture
async def connection(server: EmbeddedNats) -> AsyncIterator[NatsConnection]:
    async with connect(server.url, server.credentials, "test") as connection:
        yield connection


@pytest.fixture
async def store(connection: NatsConnection) -> JetStreamEventStore:
    return await JetStreamEventStore.open(connection, RECORD)


@contextlib.contextmanager
def paused(server: EmbeddedNats) -> Iterator[None]:
    os.kill(server.pid, signal.SIGSTOP)
    while not _is_stopped(server.pid):
        time.sleep(0.001)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(server.pid, signal.SIGCONT)


def _is_stopped(pid: int) -> bool:
    """Whether every thread has stopped: on a busy machine one may still answer after the signal was sent."""
    states = [each.read_text().rpartition(")")[2].split()[0] for each in Path(f"/proc/{pid}/task").glob("*/stat")]
    return all(state in "tT" for state in states)


async def test_a_stream_that_is_there_is_taken_as_it_is(connection: NatsConnection) -> None:
    await asyncio.gather(*(ensure_stream(connection, RECORD) for _ in range(3)))

    await ensure_stream(connection, RECORD)


@pytest.mark.parametrize(
    ("name", "value"),
    [("max_bytes", 1_000_000), ("deny_purge", False), ("allow_atomic", False), ("max_age", 60), ("discard", "old")],
)
async def test_a_stream_with_other_settings_is_left_alone(connection: NatsConnection, name: str, value: object) -> None:
    config = wanted(RECORD).evolve(**{name: value})
    await connection.client.jetstream().add_stream(config)

    with pytest.raises(StreamDiffersError, match=RECORD.name) as differs:
        await ensure_stream(connection, RECORD)

    assert differs.value.settings == (name,)


async def test_a_record_can_neither_be_purged_nor_lose_a_message(
    connection: NatsConnection, store: JetStreamEventStore
) -> None:
    await store.append(messages(3), 0)
    jetstream = connection.client.jetstream()

    with pytest.raises(APIError):
        await jetstream.delete_msg(RECORD.name, 2)
    with pytest.raises(APIError):
        await jetstream.purge_stream(RECORD.name)

    assert numbers(await store.read(1, 10)) == [1, 2, 3]


async def test_a_single_body_can_be_shredded(connection: NatsConnection) -> None:
    bodies = await JetStreamBodyStore.open(connection, BODIES)
    await bodies.put_many([("a" * 64, b"one"), ("b" * 64, b"two")])

    await connection.client.jetstream().delete_msg(BODIES.name, 1)

    assert [await bodies.get(digest * 64) for digest in "ab"] == [None, b"two"]
    assert 2 == await bodies.ever()


async def test_while_the_server_is_away_nothing_is_sent(server: EmbeddedNats, connection: NatsConnection) -> None:
    store = await JetStreamEventStore.open(connection, RECORD)
    lost = asyncio.Event()
    with connection.when_lost(lost.set):
        os.kill(server.pid, signal.SIGKILL)
        await asyncio.wait_for(lost.wait(), WAIT_S)

        for call in (store.append(messages(1), 0), store.append(messages(40), 0), store.last_sequence()):
            with pytest.raises(StoreFailedError) as failed:
                await call
            assert failed.value.reason == "not_connected"

    last = await settled_from(store, messages(2), 0)
    assert numbers(await store.read(1, 10)) == [1, 2]
    assert last == 2


async def settled_from(store: JetStreamEventStore, new: list[NewMessage], after: int) -> int:
    async with asyncio.timeout(WAIT_S):
        while True:
            with contextlib.suppress(StoreFailedError):
                return await append_settled(store, new, after, sleep=asyncio.sleep)
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("count", [1, 40])
async def test_an_append_whose_server_dies_is_unknown_at_once(
    server: EmbeddedNats, store: JetStreamEventStore, count: int
) -> None:
    with paused(server):
        async with asyncio.TaskGroup() as tasks:
            call = tasks.create_task(outcome_of(store, messages(count)))
            await asyncio.sleep(0.05)
            began_s = time.monotonic()
            os.kill(server.pid, signal.SIGKILL)

    assert isinstance(call.result(), OutcomeUnknownError)
    assert time.monotonic() - began_s < publishing.ACK_WAIT_S / 2


async def outcome_of(store: JetStreamEventStore, new: list[NewMessage]) -> Exception | int:
    try:
        return await store.append(new, 0)
    except OutcomeUnknownError as error:
        return error


@pytest.mark.parametrize("count", [1, 3, 40])
async def test_a_server_that_was_paused_does_the_work_later_and_once(
    server: EmbeddedNats, store: JetStreamEventStore, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(publishing, "ACK_WAIT_S", 0.1)
    new = messages(count)
    pauses = 0

    async def sleep(seconds: float) -> None:
        nonlocal pauses
        pauses += 1
        if pauses == 3:
            os.kill(server.pid, signal.SIGCONT)
        await asyncio.sleep(seconds)

    with paused(server):
        last = await append_settled(store, new, 0, sleep=sleep)
    await asyncio.sleep(0.2)

    assert pauses >= 3
    assert last == await store.last_sequence() == count
    assert numbers(await store.read(1, 100)) == list(range(1, count + 1))


async def test_nothing_that_was_answered_is_lost_by_kills(
    server: EmbeddedNats, connection: NatsConnection, store: JetStreamEventStore
) -> None:
    answered = 0

    async def write() -> None:
        nonlocal answered
        sizes = [1, 30, 3, 100, 6, 12]
        for round_ in range(120):
            answered = await settled_from(store, messages(sizes[round_ % 6], first=answered + 1), answered)

    async def kill() -> None:
        for _ in range(4):
            await asyncio.sleep(0.3)
            with contextlib.suppress(ProcessLookupError):
                os.kill(server.pid, signal.SIGKILL)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(write())
        tasks.create_task(kill())
        reading = tasks.create_task(followed(store, 3_040))

    assert answered == await store.last_sequence() == 3_040
    assert numbers(reading.result()) == list(range(1, 3_041))


async def followed(store: JetStreamEventStore, count: int) -> list[StoredMessage]:
    found: list[StoredMessage] = []
    async with asyncio.timeout(60), aclosing(store.follow(0)) as batches:
        async for batch in batches:
            found += batch
            if len(found) >= count:
                break
    return found


async def test_what_the_client_drops_is_fetched_again(
    connection: NatsConnection, store: JetStreamEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    # nats-py drops what exceeds its queue and tells only the error callback; here its queue is tiny.
    await store.append(messages(800, size=600), 0)
    subscribe = connection.client.subscribe
    opened = 0

    async def subscribe_tight(subject: str, cb: object) -> Subscription:
        nonlocal opened
        opened += 1
        assert callable(cb)
        return await subscribe(subject, cb=cb, pending_msgs_limit=50)

    monkeypatch.setattr(connection.client, "subscribe", subscribe_tight)

    assert numbers(await followed(store, 800)) == list(range(1, 801))
    assert opened > 1, "something was dropped"


async def test_a_consumer_that_disappears_is_replaced(connection: NatsConnection, store: JetStreamEventStore) -> None:
    jetstream = connection.client.jetstream()
    await store.append(messages(5), 0)
    async with asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(followed(store, 8))
        await asyncio.sleep(0.2)
        for consumer in await jetstream.consumers_info(RECORD.name):
            await jetstream.delete_consumer(RECORD.name, consumer.name)
        await store.append(messages(3, first=6), 5)

    assert numbers(reading.result()) == list(range(1, 9))


async def test_a_follower_that_is_closed_leaves_no_consumer(
    connection: NatsConnection, store: JetStreamEventStore
) -> None:
    await store.append(messages(5), 0)
    for _ in range(3):
        await followed(store, 5)
    await connection.client.flush()

    assert await connection.client.jetstream().consumers_info(RECORD.name) == []


@pytest.mark.parametrize("count", [1, 3, 40])
async def test_a_full_stream_is_a_failure_or_unknown_but_never_a_lie(connection: NatsConnection, count: int) -> None:
    config: StreamConfig = wanted(RECORD).evolve(max_bytes=100_000)
    await connection.client.jetstream().add_stream(config)
    store = JetStreamEventStore(connection, RECORD)
    last = 0

    async def fill() -> None:
        nonlocal last
        while True:
            last = await store.append(messages(count, first=last + 1, size=5_000), last)

    with pytest.raises((StoreFailedError, OutcomeUnknownError)) as full:
        await fill()

    held = await store.last_sequence()
    assert numbers(await store.read(1, 100)) == list(range(1, held + 1))
    if isinstance(full.value, StoreFailedError):
        assert held == last
    else:
        assert last <= held < last + count


async def test_a_record_that_was_cut_is_a_gap_for_who_saw_more(
    connection: NatsConnection, store: JetStreamEventStore
) -> None:
    await store.append(messages(10), 0)
    await connection.client.jetstream().delete_stream(RECORD.name)
    await ensure_stream(connection, RECORD)
    await store.append(messages(4), 0)

    with pytest.raises(RecordGapError) as gap:
        await anext(store.follow(10))
    assert gap.value.sequence == 5
    with pytest.raises(RecordGapError):
        await append_settled(store, messages(1), 10, sleep=asyncio.sleep)


@pytest.mark.parametrize("damage", ["one bit", "torn"])
async def test_a_damaged_file_is_a_gap_and_never_other_words(tmp_path: Path, damage: str) -> None:
    async with EmbeddedNats(tmp_path) as server, connect(server.url, server.credentials, "test") as connection:
        store = await JetStreamEventStore.open(connection, RECORD)
        await store.append(messages(100), 0)
    spoil(tmp_path, damage)

    async with EmbeddedNats(tmp_path) as server, connect(server.url, server.credentials, "test") as connection:
        store = await JetStreamEventStore.open(connection, RECORD)
        with pytest.raises(RecordGapError) as gap:
            await followed(store, 100)
        assert gap.value.sequence == 50
        assert numbers(await store.read(1, 49)) == list(range(1, 50))
        with pytest.raises(RecordGapError):
            await store.read(1, 100)


def spoil(folder: Path, damage: str) -> None:
    [block] = folder.rglob(f"streams/{RECORD.name}/msgs/*.blk")
    raw = bytearray(block.read_bytes())
    at = raw.index(messages(1, first=50)[0].data)
    raw[at] ^= 1
    block.write_bytes(raw if damage == "one bit" else raw[:at])
