"""A record restored to before an act with a receipt: the client of its author gets it back in, as evidence, by itself.

Real servers, registrars, notary and gateway; the second town has the record of the first from an older backup.
"""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from tacit.acts import EvidenceLodged, MessagePosted
from tacit.client import Endpoint, Kept, SqliteStore, Stage, WitnessAddress, Witnesses, connect, open_door
from tacit.ids import ActId
from tacit.limits import VALIDITY_S_MAX
from tacit.record import Entry, decode_entry
from tacit.record import leaf as leaf_format
from tacit.record.proof_file import verify_proof_file
from tacit.rules import Verifiers, apply_bytes, catalogue, genesis
from tacit.testing import COUNCIL, EAST, World
from tests.integration.proven import WAIT_S, ProvenTown, proven, until

pytestmark = [pytest.mark.requires("nats-server"), pytest.mark.timeout(300)]

PLACE = (COUNCIL, EAST)
HELLO = MessagePosted(subject="hello", in_reply_to=None)
TEXT = b"We were first."


async def said(folder: Path, world: World, store: SqliteStore, acts: int = 1) -> list[ActId]:
    """Acts with a receipt, which no checkpoint covers when the server is lost."""
    author = world.author("XAA")
    async with (
        proven(folder, world) as town,
        town.gateway_open() as url,
        connect(Endpoint(url), author, outbox=store, now=town.clock.now) as delegation,
    ):
        return [(await delegation.say(HELLO, PLACE, text=TEXT)).act for _ in range(acts)]


def restored(world: World, others: int = 3) -> World:
    """Later than any of these acts may be played, others have spoken in the record that was restored."""
    world.wait(VALIDITY_S_MAX)
    for _ in range(others):
        world.say("XBB", HELLO, text=b"text")
    return world


@pytest.fixture
def world() -> World:
    return World(ruleset="nato-like-2", witnessed=True)


async def entries_of(town: ProvenTown) -> list[Entry]:
    """The record, which is sound."""
    messages = await town.messages()
    state, verifiers = genesis(catalogue()), Verifiers()
    for raw in messages:
        apply_bytes(state, raw, verifiers)
    assert 0 == state.void
    return [decode_entry(raw) for raw in messages]


def lodged_in(entries: list[Entry], act: ActId, kept: Kept) -> list[Entry]:
    assert act not in {each.leaf.act for each in entries}
    envelope = kept.submission.envelope
    contents = ((each, each.act.content) for each in entries)
    return [each for each, content in contents if isinstance(content, EvidenceLodged) and content.envelope == envelope]


async def test_a_lost_act_comes_back_as_evidence_with_its_receipt_and_its_text(tmp_path: Path, world: World) -> None:
    author = world.author("XAA")
    with SqliteStore(tmp_path / "outbox", author.organisation, author.signer.credential) as store:
        (act,) = await said(tmp_path / "before", world, store)
        async with (
            proven(tmp_path / "after", restored(world)) as town,
            town.notary_open(),
            town.gateway_open() as url,
            connect(Endpoint(url), author, outbox=store, now=town.clock.now) as delegation,
            asyncio.timeout(WAIT_S),
        ):
            proof = await delegation.proof(act)
            await delegation.say(HELLO, PLACE, text=b"We are back.")
            (ended, entries) = delegation.standing(act), await entries_of(town)
            assert ended is not None
            (evidence,) = lodged_in(entries, act, ended)
            text = await delegation.fetch(evidence)

    assert (Stage.LODGED, "", evidence.leaf) == (ended.stage, ended.why, ended.leaf)
    verify_proof_file(proof, leaf_format.encode(evidence.leaf), town.policy)
    assert isinstance(evidence.act.content, EvidenceLodged)
    assert ended.receipts[0] == evidence.act.content.receipt
    assert text is not None
    assert TEXT == text.data
    ours = [each.act.header.number for each in entries if each.act.header.credential == author.signer.credential]
    assert [2, 3] == ours[-2:]


async def test_a_client_that_stays_up_reads_a_shorter_record_from_its_beginning(tmp_path: Path, world: World) -> None:
    author, another = world.author("XAA"), world.author("XBB")
    async with AsyncExitStack() as life:
        async with proven(tmp_path / "before", world) as town, town.gateway_open() as url:
            port, now = int(url.rsplit(":", 1)[1]), partial(_now, times := [town.clock.now])
            delegation = await life.enter_async_context(connect(Endpoint(url), author, now=now))
            act = (await delegation.say(HELLO, PLACE, text=TEXT)).act
            async with connect(Endpoint(url), another, now=now) as other:
                heard = (await other.say(HELLO, PLACE, text=TEXT)).index
            await until(lambda: delegation.memory.after == heard)
        async with proven(tmp_path / "after", restored(world, 1)) as town, town.notary_open():
            times.append(town.clock.now)
            async with town.gateway_open(port), asyncio.timeout(WAIT_S):
                await delegation.proof(act)
                found = delegation.standing(act)
                await life.aclose()

    assert found is not None
    assert Stage.LODGED == found.stage


def _now(times: list[Callable[[], datetime]]) -> datetime:
    """The time of the town that runs."""
    return times[-1]()


async def test_where_several_were_lost_the_first_are_for_others_to_lodge_and_the_last_is_ones_own(
    tmp_path: Path, world: World
) -> None:
    author = world.author("XAA")
    with SqliteStore(tmp_path / "outbox", author.organisation, author.signer.credential) as store:
        first, second = await said(tmp_path / "before", world, store, 2)
        async with (
            proven(tmp_path / "after", restored(world)) as town,
            town.notary_open(),
            town.gateway_open() as url,
            connect(Endpoint(url), author, outbox=store, now=town.clock.now) as delegation,
            asyncio.timeout(WAIT_S),
        ):
            await until(lambda: [each.why for each in delegation.lost()] == ["others", "others"])
            async with connect(Endpoint(url), world.author("XBB"), now=town.clock.now) as another:
                await another.lodge(delegation.evidence(first))
            await delegation.proof(first)
            await delegation.proof(second)
            entries = await entries_of(town)

    lodging = [each for each in entries if isinstance(each.act.content, EvidenceLodged)]
    assert ["XBB", "XAA"] == [each.act.header.state for each in lodging]


async def test_whoever_has_a_door_lodges_them_without_being_asked(tmp_path: Path, world: World) -> None:
    author, witness = world.author("XAA"), WitnessAddress("XBB", "http://127.0.0.1:9")
    with SqliteStore(tmp_path / "outbox", author.organisation, author.signer.credential) as store:
        acts = await said(tmp_path / "before", world, store, 3)
        async with (
            proven(tmp_path / "after", restored(world)) as town,
            town.notary_open(),
            town.gateway_open() as url,
            connect(Endpoint(url), world.author("XBB"), now=town.clock.now) as another,
            open_door(another) as door,
            connect(
                Endpoint(url),
                author,
                outbox=store,
                witnesses=Witnesses(witnesses=(witness,), lodgers=(door,)),
                now=town.clock.now,
            ) as delegation,
            asyncio.timeout(WAIT_S),
        ):
            for act in acts:
                await delegation.proof(act)
            entries = await entries_of(town)
            lodging = [each for each in entries if isinstance(each.act.content, EvidenceLodged)]
            texts = [await delegation.fetch(each) for each in lodging]

    assert ["XBB", "XBB", "XAA"] == [each.act.header.state for each in lodging]
    assert [TEXT] * 3 == [each.data for each in texts if each is not None]
