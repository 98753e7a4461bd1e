"""From a receipt to a proof, over real server, registrar, notary, witnesses, gateway; and a client that is killed."""

import asyncio
import random
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import msgspec
import pytest

from tacit.client import Delegation, Endpoint, SqliteStore, Stage, connect
from tacit.client.store.sqlite import read_outbox
from tacit.ids import ActId
from tacit.record import decode_entry
from tacit.record import leaf as leaf_format
from tacit.record.proof_file import verify_proof_file
from tacit.rules import Verifiers, apply_bytes, catalogue, genesis
from tacit.session import JSON, MSGPACK, Codec
from tacit.testing import COUNCIL, EAST, World
from tests.integration.proven import WAIT_S, ProvenTown, proven, until
from tests.integration.speaking import MATTER, Wanted
from tests.scale import scale_name

pytestmark = [pytest.mark.requires("nats-server"), pytest.mark.timeout(600)]

PLACE: Final = (COUNCIL, EAST)
ROOT: Final = Path(__file__).resolve().parents[2]
KILLS: Final = {"dev": 3}.get(scale_name(), 30)


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[ProvenTown]:
    async with proven(tmp_path) as found:
        yield found


def stage(delegation: Delegation, act: ActId) -> Stage | None:
    found = delegation.standing(act)
    return found.stage if found else None


@pytest.mark.parametrize("codec", [JSON, MSGPACK], ids=lambda codec: codec.subprotocol)
async def test_an_act_is_followed_to_a_proof_that_others_can_check(town: ProvenTown, codec: Codec) -> None:
    author = town.world.author("XAA")
    async with town.notary_open(), town.gateway_open() as url:
        endpoint = Endpoint(url, (codec.subprotocol,))
        async with connect(endpoint, author, now=town.clock.now) as delegation, asyncio.timeout(WAIT_S):
            first = await delegation.say(MATTER, PLACE)
            proof = await delegation.proof(first.act)
            second = await delegation.say(MATTER, PLACE)
            await delegation.proof(second.act)

    checkpoint = verify_proof_file(proof, leaf_format.encode(first), town.policy)
    assert first.index < checkpoint.size
    assert Stage.WITNESSED == stage(delegation, first.act)
    acts = [decode_entry(raw).act for raw in (await town.messages())[first.index :]]
    assert acts[-1].header.seen is not None
    assert acts[-1].header.seen.size >= checkpoint.size


async def test_without_witnesses_nothing_is_lost_and_nothing_is_sent_again(town: ProvenTown, tmp_path: Path) -> None:
    author = town.world.author("XAA")
    async with town.notary_open(), town.gateway_open() as url:
        with SqliteStore(tmp_path / "outbox", author.organisation, author.signer.credential) as store:
            async with connect(Endpoint(url), author, outbox=store, now=town.clock.now) as delegation:
                async with asyncio.timeout(WAIT_S):
                    await delegation.proof((await delegation.say(MATTER, PLACE)).act)
                for witness in town.witnesses.values():
                    witness.mood = "away"
                leaves = [await delegation.say(MATTER, PLACE) for _ in range(5)]
                await until(lambda: all(stage(delegation, each.act) == Stage.NOTARISED for each in leaves))
                waiting = read_outbox(tmp_path / "outbox").waiting
                assert [("witnesses", 1)] * 5 == [(each.why, each.sent) for each in waiting]
                for witness in town.witnesses.values():
                    witness.mood = "well"
                async with asyncio.timeout(WAIT_S):
                    for leaf in leaves:
                        await delegation.proof(leaf.act)
    sent = Counter(decode_entry(raw).leaf.act for raw in await town.messages())
    assert [1] * 5 == [sent[leaf.act] for leaf in leaves]


async def test_ones_own_witness_is_waited_for_though_the_quorum_has_cosigned(town: ProvenTown) -> None:
    author = town.world.author("XAA")
    async with (
        town.notary_open(),
        town.gateway_open() as url,
        connect(Endpoint(url), author, now=town.clock.now) as delegation,
    ):
        await delegation.proof((await delegation.say(MATTER, PLACE)).act)
        town.witnesses["XAA"].mood = "away"
        leaf = await delegation.say(MATTER, PLACE)
        await until(lambda: stage(delegation, leaf.act) == Stage.NOTARISED)
        town.witnesses["XAA"].mood = "well"
        await delegation.say(MATTER, PLACE)
        async with asyncio.timeout(WAIT_S):
            await delegation.proof(leaf.act)


async def test_a_notary_that_comes_late_proves_what_was_recorded_before_it(town: ProvenTown) -> None:
    author = town.world.author("XAA")
    async with town.gateway_open() as url, connect(Endpoint(url), author, now=town.clock.now) as delegation:
        leaf = await delegation.say(MATTER, PLACE)
        found = delegation.standing(leaf.act)
        assert found is not None
        assert (Stage.RECORDED, "checkpoint") == (found.stage, found.why)
        async with town.notary_open(), asyncio.timeout(WAIT_S):
            await delegation.proof(leaf.act)


async def test_a_gateway_that_restarts_goes_on_where_its_clients_were(town: ProvenTown) -> None:
    author = town.world.author("XAA")
    async with town.notary_open():
        async with town.gateway_open() as url:
            connecting = connect(Endpoint(url), author, now=town.clock.now)
            delegation = await connecting.__aenter__()
            await delegation.proof((await delegation.say(MATTER, PLACE)).act)
            leaf = await delegation.say(MATTER, PLACE)
        async with town.gateway_open(int(url.rsplit(":", 1)[1])), asyncio.timeout(WAIT_S):
            await delegation.proof(leaf.act)
            await connecting.__aexit__(None, None, None)


async def test_where_the_charter_names_no_witnesses_an_act_ends_as_notarised(tmp_path: Path) -> None:
    async with (
        proven(tmp_path, World(notary=True)) as town,
        town.notary_open(),
        town.gateway_open() as url,
        connect(Endpoint(url), town.world.author("XAA"), now=town.clock.now) as delegation,
        asyncio.timeout(WAIT_S),
    ):
        leaf = await delegation.say(MATTER, PLACE)
        await delegation.proof(leaf.act)

    assert Stage.NOTARISED == stage(delegation, leaf.act)


class Speaker:
    """The client in its own process, with one outbox."""

    def __init__(self, town: ProvenTown, url: str, outbox: Path) -> None:
        self._town = town
        self._url = url
        self.outbox = outbox
        self.seen: set[ActId] = set()

    def start(self, *, drain: bool = False) -> "subprocess.Popen[bytes]":
        clock = self._town.clock
        wanted = Wanted(self._url, self._town.organisation, clock.start, clock.began_s, str(self.outbox), drain)
        command = [sys.executable, "-m", "tests.integration.speaking", msgspec.json.encode(wanted).decode()]
        return subprocess.Popen(command, cwd=ROOT)

    def look(self) -> None:
        """Remember every act that lies in the file."""
        if self.outbox.exists():
            self.seen |= {each.act for each in read_outbox(self.outbox).waiting}


async def test_a_client_killed_with_acts_in_flight_loses_none_and_says_none_twice(
    town: ProvenTown, tmp_path: Path
) -> None:
    dice = random.Random(11)
    async with town.notary_open(), town.gateway_open() as url:
        speaker = Speaker(town, url, tmp_path / "outbox")
        for _ in range(KILLS):
            before = len(await town.messages())
            process = speaker.start()
            async with asyncio.timeout(WAIT_S):
                while len(await town.messages()) < before + dice.randint(2, 9):  # noqa: ASYNC110 - another process says
                    await asyncio.sleep(dice.uniform(0.0, 0.05))
            process.kill()
            process.wait()
            speaker.look()
        process = speaker.start(drain=True)
        async with asyncio.timeout(WAIT_S):
            while process.poll() is None:  # noqa: ASYNC110 - another process ends: no event tells of it
                await asyncio.sleep(0.05)
    assert 0 == process.returncode
    await _check(town, speaker)


async def _check(town: ProvenTown, speaker: Speaker) -> None:
    """Each act that ever was in the file is in the record once, proven; and the record is sound."""
    messages = await town.messages()
    state, verifiers = genesis(catalogue()), Verifiers()
    for raw in messages:
        apply_bytes(state, raw, verifiers)
    assert 0 == state.void
    credential = town.world.author("XAA").signer.credential
    ours = [entry for entry in map(decode_entry, messages) if entry.act.header.credential == credential]
    numbers = [entry.act.header.number for entry in ours if entry.act.header.channel == EAST]
    assert [*range(1, len(numbers) + 1)] == numbers
    times = Counter(entry.leaf.act for entry in ours)
    with SqliteStore(speaker.outbox, town.organisation, credential) as store:
        assert [] == store.waiting()
        for act in speaker.seen:
            ended = store.finished(act)
            assert ended is not None
            assert (Stage.WITNESSED, 1) == (ended.stage, times[act])
