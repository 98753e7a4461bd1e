"""The way to the projector, the fake's and the one over the bus: answers as they are, and every way of having none."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Protocol

import msgspec
import pytest

from tacit import query, subjects
from tacit.query import Query, QueryRefused, Rows, Status
from tacit_services.gateway.ports import Queries
from tacit_services.shell.micro import ANSWERED_AT_ONCE_MAX, NatsMicro
from tacit_services.shell.nats_connection import connect
from tacit_services.shell.querying import MemoryQueries, NatsQueries
from tests.servers import SharedServer

Answering = Callable[[bytes], Awaitable[bytes]]
WAIT_S = 10.0
SHORT_S = 0.3


class Serve(Protocol):
    """Serves views within a block; gives the way to them."""

    def __call__(
        self, views: Mapping[str, Answering], wait_s: float = WAIT_S
    ) -> AbstractAsyncContextManager[Queries]: ...


ASKED = Query("XAA", as_of=7, where={"state": "XBB"})
SLOW = Query("XAA", limit=7)
FOUND = Rows(
    view="levels",
    version=1,
    size=8,
    lag_entries=0,
    lag_s=0.0,
    columns=("from_index", "state"),
    rows=(msgspec.Raw(b'{"from_index":3,"state":"XBB"}'),),
    next=None,
)


async def status(_raw: bytes) -> bytes:
    return query.encode_answer(Status(ready=True, reasons=(), views=()))


def saying(answer: bytes) -> dict[str, Answering]:
    """A projector with one view that always says this."""

    async def answering(_raw: bytes) -> bytes:
        return answer

    return {"levels": answering, "status": status}


@asynccontextmanager
async def in_memory(views: Mapping[str, Answering], wait_s: float = WAIT_S) -> AsyncIterator[Queries]:
    yield MemoryQueries(views, wait_s)


@asynccontextmanager
async def on_the_bus(
    server: SharedServer, views: Mapping[str, Answering], wait_s: float = WAIT_S
) -> AsyncIterator[Queries]:
    organisation = uuid.uuid4().hex * 2
    async with (
        connect(server.url, server.credentials, "projector") as theirs,
        connect(server.url, server.credentials, "gateway") as ours,
    ):
        endpoints = {subjects.query(organisation, view): each for view, each in views.items()}
        async with NatsMicro(theirs).serving("tacit-projector", "0.1.0", endpoints):
            yield NatsQueries(ours, organisation, wait_s)


@pytest.fixture(params=["memory", pytest.param("nats", marks=pytest.mark.requires("nats-server"))])
def serve(request: pytest.FixtureRequest) -> Serve:
    if request.param == "memory":
        return in_memory
    server = request.getfixturevalue("server")
    assert isinstance(server, SharedServer)
    return partial(on_the_bus, server)


async def test_a_question_arrives_as_it_was_asked_and_its_answer_comes_back(serve: Serve) -> None:
    asked: list[Query] = []

    async def answering(raw: bytes) -> bytes:
        asked.append(query.decode(raw))
        return query.encode_answer(FOUND)

    async with serve({"levels": answering, "status": status}) as queries:
        found = await queries.ask("levels", ASKED)

    assert [ASKED] == asked
    assert isinstance(found, Rows)
    assert query.encode_answer(FOUND) == query.encode_answer(found)


async def test_a_question_that_takes_long_delays_no_other(serve: Serve) -> None:
    free = asyncio.Event()

    async def answering(raw: bytes) -> bytes:
        if query.decode(raw).limit == SLOW.limit:
            await free.wait()
        return query.encode_answer(FOUND)

    async with serve({"levels": answering, "status": status}) as queries, asyncio.TaskGroup() as tasks:
        slow = tasks.create_task(queries.ask("levels", SLOW))
        await asyncio.sleep(0.05)
        assert isinstance(await queries.ask("levels", ASKED), Rows)
        assert not slow.done()
        free.set()
        assert isinstance(await slow, Rows)


@pytest.mark.requires("nats-server")
async def test_so_many_are_answered_at_once_and_the_next_waits_for_its_turn(server: SharedServer) -> None:
    free, at_once, most = asyncio.Event(), 0, 0

    async def answering(_raw: bytes) -> bytes:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await free.wait()
        at_once -= 1
        return query.encode_answer(FOUND)

    async with on_the_bus(server, {"levels": answering, "status": status}) as queries, asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(queries.ask("levels", ASKED)) for _ in range(ANSWERED_AT_ONCE_MAX + 3)]
        async with asyncio.timeout(WAIT_S):
            while at_once < ANSWERED_AT_ONCE_MAX:  # noqa: ASYNC110 - they come over a socket
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        free.set()
        found = [await each for each in asked]

    assert ANSWERED_AT_ONCE_MAX == most
    assert all(isinstance(each, Rows) for each in found)


async def test_a_refusal_comes_back_with_its_reason(serve: Serve) -> None:
    async with serve(saying(query.encode_answer(QueryRefused("not_reached", 5)))) as queries:
        assert QueryRefused("not_reached", 5) == await queries.ask("levels", ASKED)


@pytest.mark.parametrize("view", ["weather", "status"])
async def test_a_view_that_the_projector_has_not_is_unknown(serve: Serve, view: str) -> None:
    async with serve(saying(b"")) as queries:
        assert QueryRefused("unknown_view") == await queries.ask(view, ASKED)


async def test_without_a_projector_there_is_none(serve: Serve) -> None:
    async with serve({}) as queries:
        assert QueryRefused("no_projector") == await queries.ask("levels", ASKED)


@pytest.mark.parametrize("answer", [b"", b"{}", b'{"answer":"rows"}', b"\xff\xfe", b"[" * 5_000])
async def test_an_answer_that_is_none_is_not_readable(serve: Serve, answer: bytes) -> None:
    async with serve(saying(answer)) as queries:
        assert QueryRefused("answer_unreadable") == await queries.ask("levels", ASKED)


async def test_a_projector_that_does_not_answer_is_waited_for_no_longer_than_agreed(serve: Serve) -> None:
    async def silent(_raw: bytes) -> bytes:
        await asyncio.sleep(3 * SHORT_S)
        return b""

    async with serve({"levels": silent, "status": status}, SHORT_S) as queries:
        assert QueryRefused("no_answer") == await queries.ask("levels", ASKED)


async def test_many_questions_get_each_its_own_answer(serve: Serve) -> None:
    async def echo(raw: bytes) -> bytes:
        after = query.decode(raw).after
        await asyncio.sleep(0.002 * (after % 3))
        return query.encode_answer(QueryRefused("not_reached", after))

    async with serve({"levels": echo, "status": status}) as queries:
        found = await asyncio.gather(*(queries.ask("levels", Query("XAA", after=number)) for number in range(40)))

    assert [QueryRefused("not_reached", number) for number in range(40)] == found


@pytest.mark.requires("nats-server")
async def test_without_a_connection_nothing_is_asked(server: SharedServer) -> None:
    async with connect(server.url, server.credentials, "gateway") as ours:
        queries = NatsQueries(ours, "1" * 64, WAIT_S)
    assert QueryRefused("not_connected") == await queries.ask("levels", ASKED)
