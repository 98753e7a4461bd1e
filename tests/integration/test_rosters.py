"""Readers of some bodies over real sockets: what comes to them while rosters change, and what they make of it."""

import asyncio

import pytest

from tacit.acts import BodyConstituted, ChannelOpened, Content, MessagePosted, RosterAdmitted, RosterRemoved
from tacit.ids import ORGANISATION
from tacit.rules import State, apply_bytes, catalogue, genesis, step_over
from tacit.session import EntryArrived, EntryWithheld
from tacit.testing import COUNCIL, EAST, World
from tacit_services.gateway import GatewayConfig
from tests.integration.clerk import Clerk, message
from tests.integration.doorstep import Hand, enter, gateway, ports_of
from tests.property.test_partial import same

WAIT_S = 20.0
COMMITTEE = "committee"


@pytest.fixture
def world() -> World:
    """XAA and XBB also sit in a committee."""
    made = World(ruleset="nato-like-2")
    made.organ("chair", BodyConstituted(body=COMMITTEE, title="Committee", members=("XAA", "XBB"), basis=None))
    made.place = (COMMITTEE, EAST)
    made.organ("chair", ChannelOpened(title="East", kind="standing"))
    return made


class Town:
    """A record that grows, and the gateway that reads it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.clerk = Clerk(world)

    def say(self, office: str, content: Content, *, state: str = ORGANISATION, text: bytes | None = None) -> int:
        """Record an act; its index."""
        author = self.world.author(state, office)
        entry = self.world.record(self.world.compose(author, content, text=text))
        self.clerk.record.add([message(self.clerk.organisation, entry)], entry.leaf.index)
        return entry.leaf.index

    def posts(self) -> int:
        """The chair says something in the committee."""
        return self.say("chair", MessagePosted(subject="Message", in_reply_to=None), text=b"text")


async def heard(hand: Hand, upto: int) -> list[EntryArrived | EntryWithheld]:
    """What has come, up to the entry with this index."""
    found: list[EntryArrived | EntryWithheld] = []
    async with asyncio.timeout(WAIT_S):
        while not found or found[-1].index < upto:
            event = await hand.event()
            found += [event] if isinstance(event, EntryArrived | EntryWithheld) else []
    return found


def folded(events: list[EntryArrived | EntryWithheld]) -> State:
    state = genesis(catalogue())
    for event in events:
        if isinstance(event, EntryArrived):
            apply_bytes(state, event.raw)
        else:
            step_over(state, event.leaf, void=event.void)
    return state


async def test_a_member_follows_its_bodies_while_it_is_admitted_and_removed(world: World) -> None:
    town = Town(world)
    async with (
        gateway(GatewayConfig(organisation=world.organisation), ports_of(town.clerk)) as url,
        enter(url, world.author("XCC"), after=world.state.size - 1) as hand,
    ):
        await hand.write(hand.session.subscribe(100))
        outside = (await heard(hand, town.posts()))[-1]
        town.say("chair", RosterAdmitted(body=COMMITTEE, states=("XCC",), basis=None, reason=""))
        inside = (await heard(hand, town.posts()))[-1]
        town.say("chair", RosterRemoved(body=COMMITTEE, states=("XCC",), basis=None, reason=""))
        after = (await heard(hand, town.posts()))[-1]

    assert [EntryWithheld, EntryArrived, EntryWithheld] == [type(event) for event in (outside, inside, after)]


async def test_what_a_reader_is_sent_folds_to_the_state_of_the_registrar(world: World) -> None:
    town = Town(world)
    town.posts()
    last = town.posts()
    async with gateway(GatewayConfig(organisation=world.organisation), ports_of(town.clerk)) as url:
        for reader, bodies in (("XAA", {COUNCIL, COMMITTEE}), ("XCC", {COUNCIL})):
            async with enter(url, world.author(reader)) as hand:
                await hand.write(hand.session.subscribe(1_000))
                events = await heard(hand, last)

            same(world.state, folded(events), bodies)
            assert (reader == "XCC") is any(isinstance(event, EntryWithheld) for event in events)


async def test_who_is_admitted_reads_the_body_from_its_beginning_and_who_was_removed_to_its_end(world: World) -> None:
    town = Town(world)
    first = town.posts()
    town.say("chair", RosterAdmitted(body=COMMITTEE, states=("XCC",), basis=None, reason=""))
    removed = town.say("chair", RosterRemoved(body=COMMITTEE, states=("XBB",), basis=None, reason=""))
    last = town.posts()
    async with gateway(GatewayConfig(organisation=world.organisation), ports_of(town.clerk)) as url:
        withheld: dict[str, list[int]] = {}
        for reader in ("XBB", "XCC"):
            async with enter(url, world.author(reader)) as hand:
                await hand.write(hand.session.subscribe(1_000))
                events = await heard(hand, last)
            withheld[reader] = [event.index for event in events if isinstance(event, EntryWithheld)]

    assert {"XBB": [last], "XCC": []} == withheld
    assert first < removed < last
