"""A gateway over real sockets, and a notary that is shown through it: what comes, what does not, how often."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from tacit.acts import LevelRaised
from tacit.record import Leaf
from tacit.session import (
    JSON,
    MSGPACK,
    CheckpointArrived,
    Codec,
    ErrorArrived,
    Event,
    Fault,
    ProofsArrived,
    Prove,
    UnavailableArrived,
)
from tacit.testing import World
from tacit_services.gateway import GatewayConfig
from tacit_services.shell.log_asking import MemoryLog
from tests.integration.clerk import Clerk, message
from tests.integration.doorstep import Hand, enter, gateway, ports_of
from tests.integration.log_house import LogHouse

QUICK_S = 0.02


class Street:
    """A world, its clerk and its notary; a gateway is opened before them."""

    def __init__(self) -> None:
        self.world = World(witnessed=True)
        self.clerk = Clerk(self.world)
        self.house = LogHouse(self.clerk, ("XAA", "XBB"))

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[str]:
        log = MemoryLog(self.house.standing, self.house.proofs)
        config = GatewayConfig(organisation=self.world.organisation, checkpoint_look_s=QUICK_S)
        async with gateway(config, replace(ports_of(self.clerk), log=log)) as url:
            yield url

    @asynccontextmanager
    async def watching(self, url: str, codec: Codec = JSON) -> AsyncIterator[Hand]:
        async with enter(url, self.world.author("XAA"), codec=codec) as hand:
            raw = hand.session.watch()
            assert raw is not None
            await hand.write(raw)
            yield hand

    def grow(self) -> None:
        """One entry more in the record."""
        content = LevelRaised(level="CRISIS", reason="drill")
        entry = self.world.organ("chair", content)
        self.clerk.record.add([message(self.world.organisation, entry)], self.clerk.record.last)


@pytest.fixture
def street() -> Street:
    return Street()


async def shown(hand: Hand, size: int) -> CheckpointArrived:
    """The checkpoint of this size; smaller ones before it are passed over."""
    while True:
        event = await hand.event()
        assert isinstance(event, CheckpointArrived), event
        if event.verified.checkpoint.size == size:
            return event


def leaves(street: Street, *indices: int) -> list[Leaf]:
    return [street.world.entries[index].leaf for index in indices]


async def asked(hand: Hand, wanted: list[Leaf]) -> Event:
    _, raw = hand.session.prove(wanted)
    await hand.write(raw)
    return await hand.event()


@pytest.mark.parametrize("codec", [JSON, MSGPACK], ids=lambda codec: codec.subprotocol)
async def test_a_client_is_shown_the_log_and_gets_proofs(street: Street, codec: Codec) -> None:
    size = street.house.notarise()
    async with street.opened() as url, street.watching(url, codec) as hand:
        event = await shown(hand, size)
        assert event.verified.is_witnessed
        found = await asked(hand, leaves(street, 0, 5, size - 1))

    assert isinstance(found, ProofsArrived)
    assert [0, 5, size - 1] == [proof.index for proof in found.proofs]


async def test_what_is_signed_is_shown_before_it_is_cosigned_and_again_after(street: Street) -> None:
    street.house.states = ()
    size = street.house.notarise()
    async with street.opened() as url, street.watching(url) as hand:
        assert not (await shown(hand, size)).verified.is_witnessed
        street.house.states = ("XAA", "XBB")
        street.house.notarise()
        assert (await shown(hand, size)).verified.is_witnessed


async def test_however_many_watch_a_proof_of_consistency_is_made_once(street: Street) -> None:
    size = street.house.notarise()
    async with street.opened() as url, street.watching(url) as first, street.watching(url) as second:
        for hand in (first, second):
            await shown(hand, size)
        street.grow()
        grown = street.house.notarise()
        for hand in (first, second):
            await shown(hand, grown)

    assert 1 == street.house.asked


async def test_after_a_reconnect_it_goes_on_from_what_was_verified(street: Street) -> None:
    size = street.house.notarise()
    async with street.opened() as url:
        async with street.watching(url) as hand:
            await shown(hand, size)
            log = hand.session.log
        street.grow()
        grown = street.house.notarise()
        async with enter(url, street.world.author("XAA"), log=log) as hand:
            raw = hand.session.watch()
            assert raw is not None
            await hand.write(raw)
            assert grown == (await shown(hand, grown)).verified.checkpoint.size


async def test_a_notary_that_cannot_prove_now_is_asked_again(street: Street) -> None:
    size = street.house.notarise()
    async with street.opened() as url, street.watching(url) as hand:
        await shown(hand, size)
        street.house.away = True
        assert isinstance(found := await asked(hand, leaves(street, 1)), UnavailableArrived)
        assert "archive" == found.reason
        street.house.away = False
        assert isinstance(await asked(hand, leaves(street, 1)), ProofsArrived)


async def test_a_slow_notary_delays_nobody_else(street: Street) -> None:
    size = street.house.notarise()
    async with street.opened() as url, street.watching(url) as hand:
        await shown(hand, size)
        street.house.slow_s = 0.3
        _, slow = hand.session.prove(leaves(street, 1))
        ref, missing = hand.session.fetch(size - 1)
        await hand.write(slow)
        await hand.write(missing)
        first, second = await hand.event(), await hand.event()

    assert isinstance(first, ErrorArrived)
    assert (Fault.NOTHING_DETACHED, ref) == (first.rule, first.ref)
    assert isinstance(second, ProofsArrived)


@pytest.mark.parametrize(("size", "indices"), [(5, (5,)), (5, (2, 900))])
async def test_an_entry_beyond_the_tree_is_no_entry(street: Street, size: int, indices: tuple[int, ...]) -> None:
    street.house.notarise()
    async with street.opened() as url, street.watching(url) as hand:
        await hand.event()
        await hand.write(hand.codec.encode(Prove(9, size, indices)))
        event = await hand.event()

    assert isinstance(event, ErrorArrived)
    assert (Fault.NO_ENTRY, 9, False) == (event.rule, event.ref, event.ends)


async def test_a_size_that_this_gateway_has_not_reached_is_unavailable(street: Street) -> None:
    street.house.notarise()
    async with street.opened() as url, street.watching(url) as hand:
        await hand.event()
        hand.session._waiting[9] = 0
        await hand.write(hand.codec.encode(Prove(9, 10_000, (1,))))
        event = await hand.event()

    assert UnavailableArrived(9, "not_reached") == event


async def test_what_the_notary_says_and_is_no_checkpoint_is_shown_to_nobody(street: Street) -> None:
    street.house.show(b"no checkpoint")
    async with street.opened() as url, street.watching(url) as hand:
        size = street.house.notarise()
        assert size == (await shown(hand, size)).verified.checkpoint.size
