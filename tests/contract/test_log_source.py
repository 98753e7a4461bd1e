"""The way to the notary, the fake's and the one over the bus: answers as they are, and every way of having none."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, Protocol

import pytest

from tacit import log_query, subjects
from tacit.log_query import PROOFS, STANDING, Answer, ProofsAsked, ProofsFound, Standing, Unproved
from tacit_services.gateway.ports import LogSource
from tacit_services.shell.log_asking import MemoryLog, NatsLog
from tacit_services.shell.micro import NatsMicro
from tacit_services.shell.nats_connection import connect
from tests.servers import SharedServer

Answering = Callable[[bytes], Awaitable[bytes]]
WAIT_S: Final = 10.0
SHORT_S: Final = 0.3
HASH: Final = b"h" * 32
ASKED: Final = ProofsAsked(9, 4, (3, 8))
FOUND: Final = ProofsFound((HASH,), ((HASH, HASH), ()))
STANDS: Final = Standing(b"published", None)


class Serve(Protocol):
    """Serves a notary within a block; gives the way to it. Without answers there is none."""

    def __call__(
        self, standing: Answering | None = None, proofs: Answering | None = None, wait_s: float = WAIT_S
    ) -> AbstractAsyncContextManager[LogSource]: ...


def saying(answer: Answer | bytes) -> Answering:
    async def answering(_raw: bytes) -> bytes:
        return answer if isinstance(answer, bytes) else log_query.encode_answer(answer)

    return answering


@asynccontextmanager
async def in_memory(
    standing: Answering | None = None, proofs: Answering | None = None, wait_s: float = WAIT_S
) -> AsyncIterator[LogSource]:
    yield MemoryLog(standing, proofs, wait_s)


@pytest.fixture(params=["memory", pytest.param("nats", marks=pytest.mark.requires("nats-server"))])
def serve(request: pytest.FixtureRequest) -> Serve:
    if request.param == "memory":
        return in_memory
    server = request.getfixturevalue("server")
    assert isinstance(server, SharedServer)

    @asynccontextmanager
    async def over_the_bus(
        standing: Answering | None = None, proofs: Answering | None = None, wait_s: float = WAIT_S
    ) -> AsyncIterator[LogSource]:
        organisation = uuid.uuid4().hex * 2
        words = {STANDING: standing, PROOFS: proofs}
        served = {subjects.log(organisation, word): each for word, each in words.items() if each is not None}
        async with (
            connect(server.url, server.credentials, "notary") as theirs,
            connect(server.url, server.credentials, "gateway") as ours,
            NatsMicro(theirs).serving("tacit-notary", "0.1.0", served),
        ):
            yield NatsLog(ours, organisation, wait_s)

    return over_the_bus


async def test_where_the_log_stands_comes_back_as_it_was_said(serve: Serve) -> None:
    async with serve(saying(STANDS)) as source:
        assert STANDS == await source.standing()


async def test_a_question_arrives_as_it_was_asked_and_its_proofs_come_back(serve: Serve) -> None:
    asked: list[ProofsAsked] = []

    async def answering(raw: bytes) -> bytes:
        asked.append(log_query.decode(raw))
        return log_query.encode_answer(FOUND)

    async with serve(proofs=answering) as source:
        assert FOUND == await source.prove(ASKED)

    assert [ASKED] == asked


async def test_a_reason_comes_back_as_it_is(serve: Serve) -> None:
    async with serve(saying(Unproved("archive")), saying(Unproved("not_reached"))) as source:
        assert Unproved("archive") == await source.standing()
        assert Unproved("not_reached") == await source.prove(ASKED)


async def test_without_a_notary_there_is_none(serve: Serve) -> None:
    async with serve() as source:
        assert Unproved("no_notary") == await source.standing()
        assert Unproved("no_notary") == await source.prove(ASKED)


@pytest.mark.parametrize("answer", [b"", b"{}", b'{"answer":"standing"}', b"\xff\xfe", b"[" * 5_000, FOUND])
async def test_an_answer_that_is_none_is_not_readable(serve: Serve, answer: bytes | Answer) -> None:
    async with serve(saying(answer)) as source:
        assert Unproved("unreadable") == await source.standing()


@pytest.mark.parametrize("answer", [STANDS, ProofsFound((), ((HASH,),))])
async def test_what_was_not_asked_is_no_answer(serve: Serve, answer: Answer) -> None:
    async with serve(proofs=saying(answer)) as source:
        assert Unproved("unreadable") == await source.prove(ASKED)


async def test_a_notary_that_does_not_answer_is_waited_for_no_longer_than_agreed(serve: Serve) -> None:
    async def silent(_raw: bytes) -> bytes:
        await asyncio.sleep(3 * SHORT_S)
        return b""

    async with serve(silent, silent, SHORT_S) as source:
        assert Unproved("no_answer") == await source.standing()
        assert Unproved("no_answer") == await source.prove(ASKED)


@pytest.mark.requires("nats-server")
async def test_without_a_connection_nothing_is_asked(server: SharedServer) -> None:
    async with connect(server.url, server.credentials, "gateway") as ours:
        source = NatsLog(ours, "1" * 64, WAIT_S)
    assert Unproved("not_connected") == await source.standing()
