"""The contract of copies that are shown to others, held by the fake and by the bus alike."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Final, Protocol

import pytest

from tacit.ids import Digest
from tacit_services.copies import HELD_MESSAGES_MAX, RecordCopy, Seen, SharedCopies, bounded, message_digest
from tacit_services.ports import StoredMessage
from tacit_services.shell.copies import BusCopies, MemoryCopies, showing
from tacit_services.shell.nats_connection import NatsConnection, connect
from tests.servers import SharedServer

ORGANISATION: Final = "a" * 64
OTHER: Final = "b" * 64
BODY: Final[Digest] = "c" * 64


class Copy:
    """Some messages and a body, or nothing yet."""

    def __init__(self, first: int, last: int, data: bytes = b"message") -> None:
        self.messages = [StoredMessage(at, "tacit.x", data + b" %d" % at) for at in range(first, last + 1)]

    async def seen(self) -> Seen | None:
        if not self.messages:
            return None
        last = self.messages[-1]
        return Seen(name="a copy", size=last.sequence, digest=message_digest(last.data), root=b"\0" * 32)

    async def held(self, first: int, limit: int) -> list[StoredMessage]:
        if not self.messages or first < self.messages[0].sequence:
            return []
        return bounded([each for each in self.messages if each.sequence >= first], limit)

    async def body(self, folder: str, digest: Digest) -> bytes | None:
        return b"a body" if (folder, digest) == ("council/east", BODY) else None


class World(Protocol):
    """Several processes that show copies and ask for them."""

    @property
    def asked(self) -> SharedCopies:
        """How they are asked."""
        ...

    def showing(self, service: str, copies: Sequence[RecordCopy]) -> AbstractAsyncContextManager[None]:
        """Show them from another process."""
        ...


class MemoryWorld:
    """The fake's."""

    def __init__(self) -> None:
        self.asked = MemoryCopies()

    def showing(self, service: str, copies: Sequence[RecordCopy]) -> AbstractAsyncContextManager[None]:
        return self.asked.showing(service, copies)


class BusWorld:
    """That of a real server."""

    def __init__(self, asking: NatsConnection, other: NatsConnection) -> None:
        self.asked = BusCopies(asking, ORGANISATION)
        self._other = other

    def showing(self, service: str, copies: Sequence[RecordCopy]) -> AbstractAsyncContextManager[None]:
        return showing(self._other, ORGANISATION, service, copies)


@pytest.fixture(params=["memory", pytest.param("bus", marks=pytest.mark.requires("nats-server"))])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    if request.param == "memory":
        yield MemoryWorld()
        return
    server: SharedServer = request.getfixturevalue("server")
    async with AsyncExitStack() as stack:
        links = [
            await stack.enter_async_context(connect(server.url, server.credentials, name)) for name in ("asks", "shows")
        ]
        yield BusWorld(*links)


async def test_where_nobody_shows_anything_nobody_has_seen_anything(world: World) -> None:
    assert [] == await world.asked.seen()
    assert [] == await world.asked.held("gateway.0.0", 1, 10)
    assert await world.asked.body("gateway.0.0", "council/east", BODY) is None


async def test_everybody_says_how_far_it_goes_and_gives_what_it_holds(world: World) -> None:
    notary, gateway = Copy(1, 7), Copy(5, 9)
    async with world.showing("notary", [notary]), world.showing("gateway", [gateway]):
        seen = {each.size: each for each in await world.asked.seen()}
        held = [await world.asked.held(seen[size].holder, 6, 2) for size in (7, 9)]

    assert {7, 9} == seen.keys()
    assert 2 == len({each.holder for each in seen.values()})
    assert message_digest(notary.messages[-1].data) == seen[7].digest
    assert b"\0" * 32 == seen[7].root
    assert [notary.messages[5:7], gateway.messages[1:3]] == held


async def test_a_copy_begins_where_it_begins_and_ends_where_it_ends(world: World) -> None:
    copy = Copy(5, 9)
    async with world.showing("gateway", [copy]):
        [seen] = await world.asked.seen()
        found = [await world.asked.held(seen.holder, first, 10) for first in (4, 5, 9, 10)]

    assert [[], copy.messages, copy.messages[-1:], []] == found


async def test_a_copy_that_has_nothing_yet_is_not_shown_and_one_that_comes_later_is(world: World) -> None:
    empty = Copy(1, 0)
    copies: list[RecordCopy] = [empty]
    async with world.showing("notary", copies):
        before = await world.asked.seen()
        copies.append(Copy(1, 3))
        after = await world.asked.seen()
        held = await world.asked.held(after[0].holder, 1, 10)

    assert [] == before
    assert [3] == [each.size for each in after]
    assert 3 == len(held)


async def test_long_messages_come_in_several_answers(world: World) -> None:
    copy = Copy(1, 5, b"x" * 400_000)
    async with world.showing("gateway", [copy]):
        [seen] = await world.asked.seen()
        first = await world.asked.held(seen.holder, 1, HELD_MESSAGES_MAX)
        rest = await world.asked.held(seen.holder, 1 + len(first), HELD_MESSAGES_MAX)

    assert copy.messages[:4] == [*first, *rest]


async def test_a_body_is_given_by_its_place_and_digest(world: World) -> None:
    async with world.showing("notary", [Copy(1, 3)]):
        [seen] = await world.asked.seen()
        asked = [("council/east", BODY), ("council/west", BODY), ("council/east", "d" * 64)]
        found = [await world.asked.body(seen.holder, *each) for each in asked]

    assert [b"a body", None, None] == found


@pytest.mark.parametrize("holder", ["gateway.0.0", "notary", "..", "notary.x.99"])
async def test_a_holder_that_is_none_holds_nothing(world: World, holder: str) -> None:
    async with world.showing("notary", [Copy(1, 3)]):
        assert [] == await world.asked.held(holder, 1, 10)
        assert await world.asked.body(holder, "council/east", BODY) is None


async def test_after_the_block_nothing_is_shown(world: World) -> None:
    async with world.showing("notary", [Copy(1, 3)]):
        [seen] = await world.asked.seen()

    assert [] == await world.asked.seen()
    assert [] == await world.asked.held(seen.holder, 1, 10)
