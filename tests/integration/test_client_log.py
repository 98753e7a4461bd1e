"""A client over a real gateway whose notary is slow, away, or shows what is not true."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tacit.acts import ConsultationRequested
from tacit.client import Endpoint, EquivocationError, GatewayFaultError, SqliteStore, Stage, connect
from tacit.client.store.sqlite import read_outbox
from tacit.record import Leaf
from tacit.session import Fault
from tacit.testing import COUNCIL, EAST, log_signer
from tests.integration.test_gateway_log import Street
from tests.ledger import Ledger

PLACE = (COUNCIL, EAST)
MATTER = ConsultationRequested(basis="Article 4", threatened=("XAA",), subject="A matter")
WAIT_S = 15.0


@pytest.fixture
def street() -> Street:
    return Street()


@pytest.fixture
async def url(street: Street) -> AsyncIterator[str]:
    async with street.opened() as address:
        yield address


async def test_a_slow_notary_is_waited_for(street: Street, url: str) -> None:
    street.house.slow_s = 0.2
    async with connect(Endpoint(url), street.world.author("XAA"), now=street.clerk.clock.now) as delegation:
        leaf = await delegation.say(MATTER, PLACE)
        street.house.notarise()
        async with asyncio.timeout(WAIT_S):
            await delegation.proof(leaf.act)


async def test_a_notary_that_can_prove_nothing_now_is_asked_again_and_not_without_end(street: Street, url: str) -> None:
    async with connect(Endpoint(url), street.world.author("XAA"), now=street.clerk.clock.now) as delegation:
        leaf = await delegation.say(MATTER, PLACE)
        street.house.fails = 2
        street.house.notarise()
        async with asyncio.timeout(WAIT_S):
            await delegation.proof(leaf.act)

    assert 3 == street.house.asked


async def test_forty_acts_under_one_checkpoint_are_one_question(street: Street, url: str) -> None:
    async with connect(Endpoint(url), street.world.author("XAA"), now=street.clerk.clock.now) as delegation:
        leaves = [await delegation.say(MATTER, PLACE) for _ in range(40)]
        street.house.notarise()
        async with asyncio.timeout(WAIT_S):
            for leaf in leaves:
                await delegation.proof(leaf.act)

    assert 1 == street.house.asked


async def test_a_forged_checkpoint_ends_it_by_name(street: Street, url: str) -> None:
    size = street.house.notarise()
    street.house.show(street.house.ledger.signed(size, "XAA", "XBB", signer=log_signer("another")))
    with pytest.raises(GatewayFaultError) as found:
        async with connect(Endpoint(url), street.world.author("XAA")), asyncio.timeout(WAIT_S):
            await asyncio.Event().wait()

    assert Fault.UNVERIFIED == found.value.rule
    assert "log.signature" in str(found.value)


async def _wait_for_a_bent_proof(street: Street, url: str, store: SqliteStore) -> None:
    author = street.world.author("XAA")
    async with connect(Endpoint(url), author, outbox=store, now=street.clerk.clock.now) as delegation:
        leaf = await delegation.say(MATTER, PLACE)
        street.house.bends = True
        street.house.notarise()
        async with asyncio.timeout(WAIT_S):
            await delegation.proof(leaf.act)


async def test_a_proof_that_leads_elsewhere_ends_it_by_name_and_the_act_stays(
    street: Street, url: str, tmp_path: Path
) -> None:
    author = street.world.author("XAA")
    with SqliteStore(tmp_path / "outbox", author.organisation, author.signer.credential) as store:
        with pytest.raises(GatewayFaultError) as found:
            await _wait_for_a_bent_proof(street, url, store)

        assert "log.proof" in str(found.value)
        assert [Stage.RECORDED] == [each.stage for each in store.waiting()]


def fork(street: Street) -> Ledger:
    """The log as it would be had the last entry been another."""
    leaves: list[Leaf] = [entry.leaf for entry in street.world.entries[:-1]]
    return Ledger(street.world.organisation, [*leaves, leaves[0]])


async def test_two_histories_end_it_loudly_and_are_kept_across_a_restart(
    street: Street, url: str, tmp_path: Path
) -> None:
    author, file = street.world.author("XAA"), tmp_path / "outbox"
    size = street.house.notarise()
    with SqliteStore(file, author.organisation, author.signer.credential) as store:
        async with connect(Endpoint(url), author, outbox=store) as delegation, asyncio.timeout(WAIT_S):
            while delegation.memory.log.size < size:  # noqa: ASYNC110 - the log tells nobody that it was shown
                await asyncio.sleep(0.01)
    street.house.show(fork(street).signed(size, "XAA", "XBB"))
    with (
        SqliteStore(file, author.organisation, author.signer.credential) as store,
        pytest.raises(EquivocationError) as found,
    ):
        async with connect(Endpoint(url), author, outbox=store), asyncio.timeout(WAIT_S):
            await asyncio.Event().wait()

    assert found.value.equivocation.certain
    assert [found.value.equivocation] == read_outbox(file).evidence


async def test_an_act_names_the_last_checkpoint_that_its_author_has_verified(street: Street, url: str) -> None:
    size = street.house.notarise()
    async with connect(Endpoint(url), street.world.author("XAA"), now=street.clerk.clock.now) as delegation:
        async with asyncio.timeout(WAIT_S):
            while delegation.memory.log.size < size:  # noqa: ASYNC110 - the log tells nobody that it was shown
                await asyncio.sleep(0.01)
        leaf = await delegation.say(MATTER, PLACE)
        kept = delegation.standing(leaf.act)

    assert kept is not None
    assert kept.header.seen is not None
    assert (size, street.house.ledger.checkpoint(size).root.hex()) == (kept.header.seen.size, kept.header.seen.root)
