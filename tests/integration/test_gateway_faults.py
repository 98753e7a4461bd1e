"""What a gateway does when its stores fail: it says so, lets go of nobody's place, and comes back by itself."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest

from tacit.acts import MessagePosted
from tacit.client import Endpoint, connect
from tacit.session import EntryArrived, GoodbyeArrived, UnavailableArrived
from tacit.testing import COUNCIL, EAST, World
from tacit_services.gateway import GatewayConfig
from tacit_services.shell.event_store.faults import FAILED, HONEST, Call, Fault
from tacit_services.shell.event_store.memory import MemoryEventStore
from tests.integration.clerk import Clerk
from tests.integration.doorstep import enter, gateway, ports_of


class Weak:
    """A store that fails the operations named, until they are taken out."""

    def __init__(self, clerk: Clerk) -> None:
        self.failing: set[str] = set()
        self.store = MemoryEventStore(clerk.record, self._fault)

    def _fault(self, call: Call) -> Fault:
        return FAILED if call.operation in self.failing else HONEST


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def clerk(world: World) -> Clerk:
    return Clerk(world)


@pytest.fixture
def weak(clerk: Clerk) -> Weak:
    return Weak(clerk)


@pytest.fixture
async def url(clerk: Clerk, weak: Weak) -> AsyncIterator[str]:
    config = GatewayConfig(organisation=clerk.organisation, ring_entries=2)
    async with gateway(config, replace(ports_of(clerk), store=weak.store)) as address:
        yield address


async def test_a_follower_whose_entries_cannot_be_read_is_sent_away_with_its_place(
    url: str, weak: Weak, world: World
) -> None:
    weak.failing.add("read")
    async with enter(url, world.author("XAA"), after=3) as hand:
        await hand.write(hand.session.subscribe(100))

        assert GoodbyeArrived("going_away", 3) == await hand.event()
        assert 1013 == await hand.close_code()


async def test_a_body_that_cannot_be_read_now_is_unavailable(url: str, weak: Weak, world: World) -> None:
    weak.failing.add("read")
    async with enter(url, world.author("XAA")) as hand:
        ref, raw = hand.session.fetch(0)
        await hand.write(raw)

        assert UnavailableArrived(ref, "store") == await hand.event()


async def test_a_client_hears_on_and_gets_its_body_once_the_store_is_back(
    url: str, clerk: Clerk, weak: Weak, world: World
) -> None:
    text = MessagePosted(subject="s", in_reply_to=None)
    async with connect(Endpoint(url), world.author("XAA"), listen=True, now=clerk.clock.now) as delegation:
        heard = delegation.follow()
        for _ in world.entries:
            await anext(heard)
        await delegation.say(text, (COUNCIL, EAST), text=b"a text")
        last = await anext(heard)
        assert isinstance(last, EntryArrived)
        assert last.entry is not None
        weak.failing.add("read")
        fetching = asyncio.gather(delegation.fetch(last.entry))
        await asyncio.sleep(0.3)
        weak.failing.clear()
        (body,) = await fetching

    assert body is not None
    assert b"a text" == body.data


async def test_readiness_tells_of_a_store_that_does_not_answer(url: str, weak: Weak) -> None:
    weak.failing.add("last_sequence")
    async with aiohttp.ClientSession() as http, asyncio.timeout(10):
        while True:
            async with http.get(f"{url}/readyz") as answer:
                found = await answer.json()
            if found["reasons"]:
                break
            await asyncio.sleep(0.1)

    assert ["store_not_answering"] == found["reasons"]
