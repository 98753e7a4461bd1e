"""Two ways of writing frames over real sockets: what is spoken is agreed, and everybody hears the same record."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tacit.acts import LevelRaised, MessagePosted
from tacit.client import Delegation, Endpoint, connect
from tacit.ids import ORGANISATION
from tacit.session import CODECS, JSON, MSGPACK, Codec, EntryArrived
from tacit.testing import COUNCIL, EAST, World
from tacit_services.gateway import GatewayConfig
from tests.codecs import both_codecs
from tests.integration.clerk import Clerk
from tests.integration.doorstep import enter, gateway, ports_of

PLACE = (COUNCIL, EAST)
HELLO = MessagePosted(subject="hello", in_reply_to=None)
WAIT_S = 15.0
BOTH_NAMES = (MSGPACK.subprotocol, JSON.subprotocol)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def clerk(world: World) -> Clerk:
    return Clerk(world)


@pytest.fixture
async def url(clerk: Clerk) -> AsyncIterator[str]:
    async with gateway(GatewayConfig(organisation=clerk.organisation), ports_of(clerk)) as address:
        yield address


@pytest.mark.parametrize(
    ("listed", "taken"),
    [
        (BOTH_NAMES, MSGPACK.subprotocol),
        (BOTH_NAMES[::-1], JSON.subprotocol),
        (("tacit.v2+cbor", MSGPACK.subprotocol), MSGPACK.subprotocol),
        (("tacit.v1+json.old", JSON.subprotocol), JSON.subprotocol),
    ],
)
async def test_the_gateway_takes_the_first_that_it_speaks(url: str, listed: tuple[str, ...], taken: str) -> None:
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{url}/v1/ws", protocols=listed, decode_text=False) as socket,
    ):
        message = await socket.receive()

    assert taken == socket.protocol
    assert message.type is (aiohttp.WSMsgType.TEXT if CODECS[taken].is_text else aiohttp.WSMsgType.BINARY)
    CODECS[taken].decode_server(message.data)


@pytest.mark.parametrize("listed", [(), ("tacit.v1+json.old",), ("chat", "tacit.v1")])
async def test_without_one_in_common_there_is_no_session(url: str, listed: tuple[str, ...]) -> None:
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await http.ws_connect(f"{url}/v1/ws", protocols=listed)

    assert 400 == caught.value.status


async def heard(delegation: Delegation, size: int) -> list[tuple[int, bytes]]:
    entries: list[tuple[int, bytes]] = []
    async for event in delegation.follow():
        assert isinstance(event, EntryArrived)
        entries.append((event.index, event.raw))
        if len(entries) == size:
            return entries
    raise AssertionError("the record ended")


async def test_clients_of_both_kinds_hear_the_same_entries_of_a_channel(url: str, clerk: Clerk, world: World) -> None:
    """Each says acts, and each hears all of them: the same octets, in the same order."""
    said = 4
    size = len(world.entries) + 2 * said
    connections = (
        connect(Endpoint(url, (codec.subprotocol,)), world.author(state), listen=True, now=clerk.clock.now)
        for codec, state in ((JSON, "XAA"), (MSGPACK, "XBB"))
    )
    first, second = connections
    async with asyncio.timeout(WAIT_S), first as in_json, second as packed, asyncio.TaskGroup() as tasks:
        hearing = [tasks.create_task(heard(each, size)) for each in (in_json, packed)]
        for number in range(said):
            for each in (in_json, packed):
                await each.say(HELLO, PLACE, text=b"text %d" % number)

    assert hearing[0].result() == hearing[1].result()
    assert [message.data for message in await clerk.store.read(1, 100)] == [raw for _, raw in hearing[0].result()]


@both_codecs
async def test_what_was_followed_in_one_is_taken_up_in_the_other(
    url: str, clerk: Clerk, world: World, codec: Codec
) -> None:
    other = MSGPACK if codec is JSON else JSON
    author, seen = world.author("XAA"), list[int]()
    while len(seen) < len(world.entries):
        speaking = codec if len(seen) % 2 else other
        async with enter(url, author, after=len(seen) - 1, codec=speaking) as hand:
            await hand.write(hand.session.subscribe(1))
            event = await hand.event()
            assert isinstance(event, EntryArrived)
            seen.append(event.index)

    assert [*range(len(world.entries))] == seen


@both_codecs
async def test_a_body_and_a_refusal_come_in_both(url: str, clerk: Clerk, world: World, codec: Codec) -> None:
    endpoint, author = Endpoint(url, (codec.subprotocol,)), world.author("XAA")
    async with asyncio.timeout(WAIT_S), connect(endpoint, author, listen=True, now=clerk.clock.now) as delegation:
        leaf = await delegation.say(HELLO, PLACE, text=b"\xff\x00 any octets")
        with pytest.raises(Exception, match="entitled"):
            await delegation.say(LevelRaised(level="CRISIS", reason="drill"), PLACE)
        async for event in delegation.follow():
            if event.index == leaf.index:
                assert isinstance(event, EntryArrived)
                assert event.entry is not None
                body = await delegation.fetch(event.entry)
                assert body is not None
                assert b"\xff\x00 any octets" == body.data
                break


async def test_the_organisation_hears_in_both_that_it_is_the_one(url: str, world: World) -> None:
    for codec in CODECS.values():
        async with enter(url, world.author(ORGANISATION, "chair"), codec=codec) as hand:
            assert "open" == hand.session.phase
