"""Many channels of several bodies over one connection each: nothing is missed, nothing comes twice, whatever breaks."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest

from tacit.acts import MessagePosted
from tacit.client import Delegation, Endpoint, Memory, connect
from tacit.compose import Author
from tacit.ids import ORGANISATION
from tacit.session import (
    JSON,
    MSGPACK,
    BodyArrived,
    CaughtUpWith,
    Codec,
    EntryArrived,
    EntryWithheld,
    GoodbyeArrived,
)
from tacit_services.gateway import GatewayConfig
from tests.codecs import both_codecs
from tests.integration.bad_line import BadLine
from tests.integration.clerk import Clerk
from tests.integration.doorstep import enter, gateway, ports_of
from tests.integration.many_channels import SEATS, ManyChannels, Place
from tests.scale import scale_name

CHANNELS: Final = 200
ROUNDS: Final = 1 if scale_name() == "dev" else 5
"""How often each member speaks in each of its channels."""
WAIT_S: Final = 120.0
HELLO: Final = MessagePosted(subject="hello", in_reply_to=None)

Heard = EntryArrived | EntryWithheld


@pytest.fixture(scope="module")
def world() -> ManyChannels:
    return ManyChannels(CHANNELS)


class Ears:
    """What one member has heard."""

    def __init__(self, state: str) -> None:
        self.state = state
        self.heard: list[Heard] = []

    async def listen(self, delegation: Delegation, size: int) -> None:
        """Until so many entries have been heard in all."""
        async for event in delegation.follow():
            self.heard.append(event)
            if event.index == size - 1:
                return

    def check(self, size: int) -> None:
        """Every index once and in order; what is not for us as a leaf; each channel in its own order."""
        assert [*range(size)] == [event.index for event in self.heard]
        numbers: defaultdict[tuple[str, str, str], list[int]] = defaultdict(list)
        for event in self.heard:
            if isinstance(event, EntryWithheld):
                assert event.leaf is not None
                continue
            assert event.entry is not None
            header = event.entry.act.header
            assert header.body is None or self._sees(header.body)
            numbers[header.credential, header.body or "", header.channel or ""].append(header.number)
        assert all([*range(found[0], found[0] + len(found))] == found for found in numbers.values())

    def _sees(self, body: str) -> bool:
        return self.state == ORGANISATION or self.state in SEATS[body]

    def places(self) -> set[Place]:
        """Where something was heard."""
        acts = [event.entry.act.header for event in self.heard if isinstance(event, EntryArrived) and event.entry]
        return {(header.body, header.channel) for header in acts if header.body and header.channel}


async def speak(delegation: Delegation, places: list[Place]) -> int:
    """Speak in all places at once, several times; how many acts that is."""
    for _ in range(ROUNDS):
        leaves = await asyncio.gather(*(delegation.say(HELLO, place, text=b"text") for place in places))
        assert len({leaf.index for leaf in leaves}) == len(places)
    return ROUNDS * len(places)


def author_of(world: ManyChannels, state: str) -> Author:
    return world.author(state, "chair") if state == ORGANISATION else world.author(state)


@asynccontextmanager
async def bad_gateway(clerk: Clerk, seed: int) -> AsyncIterator[tuple[str, BadLine]]:
    """A gateway behind a line that is cut again and again."""
    line = BadLine(seed, cut_after_bytes=(20_000, 400_000))
    async with line.listening():
        audience = f"127.0.0.1:{line.port}"
        config = GatewayConfig(organisation=clerk.organisation, audiences=(audience,), ring_entries=50)
        async with gateway(config, ports_of(clerk)) as direct:
            line.backend = int(direct.rsplit(":", 1)[1])
            yield f"http://{audience}", line


@both_codecs
async def test_members_speak_and_listen_in_two_hundred_channels_over_lines_that_break(
    world: ManyChannels, codec: Codec
) -> None:
    clerk, founded = Clerk(world), len(world.entries)
    size = founded + ROUNDS * sum(len(world.places_of(state)) for state in world.states)
    ears = [Ears(state) for state in (*world.states, ORGANISATION)]
    async with bad_gateway(clerk, 1) as (url, line), asyncio.timeout(WAIT_S):

        async def take_part(each: Ears) -> None:
            endpoint, author = Endpoint(url, (codec.subprotocol,)), author_of(world, each.state)
            async with (
                connect(endpoint, author, listen=True, now=clerk.clock.now) as delegation,
                asyncio.TaskGroup() as tasks,
            ):
                tasks.create_task(each.listen(delegation, size))
                if each.state != ORGANISATION:
                    await speak(delegation, world.places_of(each.state))

        await asyncio.gather(*(take_part(each) for each in ears))

    for each in ears:
        each.check(size)
        assert {place for place in world.places if each.state in (*SEATS[place[0]], ORGANISATION)} == each.places()
    assert size == clerk.record.last
    assert line.cuts > len(ears)


async def test_a_slow_follower_of_many_channels_is_cut_off_and_goes_on_where_it_was(world: ManyChannels) -> None:
    """It takes ten entries and sleeps; the others go on, and what it missed comes when it is back."""
    clerk, founded = Clerk(world), len(world.entries)
    config = GatewayConfig(organisation=clerk.organisation, stalled_s=1, ring_entries=20)
    async with gateway(config, ports_of(clerk)) as url, asyncio.timeout(WAIT_S):
        async with enter(url, world.author("XAA"), codec=MSGPACK) as slow:
            await slow.write(slow.session.subscribe(10))
            async with connect(Endpoint(url), world.author("XBB"), now=clerk.clock.now) as quick:
                size = founded + await speak(quick, world.places_of("XBB"))
            first = [await slow.event() for _ in range(10)]
            goodbye = await slow.event()
            assert GoodbyeArrived("slow_consumer", 9) == goodbye
        assert [*range(10)] == [event.index for event in first if isinstance(event, EntryArrived | EntryWithheld)]
        assert isinstance(goodbye, GoodbyeArrived)
        async with enter(url, world.author("XAA"), after=goodbye.resume_after) as again:
            await again.write(again.session.subscribe(size))
            rest = [await again.event() for _ in range(10, size)]
            assert CaughtUpWith(size) == await again.event()

    assert [*range(10, size)] == [event.index for event in rest if isinstance(event, EntryArrived | EntryWithheld)]


async def test_what_is_remembered_goes_on_in_every_channel(world: ManyChannels) -> None:
    """A client that is started again with its memory hears only what is new, and its chains go on in every channel."""
    clerk = Clerk(world)
    memory, places = Memory(world.author("XAA")), world.places_of("XAA")[:20]
    async with gateway(GatewayConfig(organisation=clerk.organisation), ports_of(clerk)) as url, asyncio.timeout(WAIT_S):
        for count in range(1, 3):
            ears, before = Ears("XAA"), memory.after
            async with connect(
                Endpoint(url), world.author("XAA"), listen=True, memory=memory, now=clerk.clock.now
            ) as delegation:
                said = [await delegation.say(HELLO, place, text=b"text") for place in places]
                await ears.listen(delegation, said[-1].index + 1)
            assert [*range(before + 1, said[-1].index + 1)] == [event.index for event in ears.heard]
            assert len(world.entries) + count * len(places) == said[-1].index + 1


async def test_bodies_of_other_bodies_are_not_fetched(world: ManyChannels) -> None:
    clerk = Clerk(world)
    async with gateway(GatewayConfig(organisation=clerk.organisation), ports_of(clerk)) as url:
        async with connect(Endpoint(url), world.author("XBB"), now=clerk.clock.now) as delegation:
            leaf = await delegation.say(HELLO, ("working-party", "channel-0"), text=b"secret")
        async with enter(url, world.author("XAA"), after=leaf.index - 1, codec=JSON) as hand:
            await hand.write(hand.session.subscribe(1))
            assert isinstance(await hand.event(), EntryWithheld)
            assert CaughtUpWith(leaf.index + 1) == await hand.event()
            ref, raw = hand.session.fetch(leaf.index)
            await hand.write(raw)
            assert BodyArrived(ref, leaf.index, None) == await hand.event()
