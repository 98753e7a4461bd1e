"""The operator cannot win by delay: a registrar holds a break back until after the deadline, and loses.

The registrar is one that anybody could write; witnesses, gateway and client are real, over HTTP. Nobody helps the
client. Time is the clerk's own, so that each step has its time: the break 20 s before the deadline, the evidence 5 s
after it. In the last test witnesses are processes of their own, and time is the machine's.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from tacit import envelope
from tacit.acts import SilenceBroken, SilencePassed, SilenceVoided
from tacit.client import (
    ActRefusedError,
    Endpoint,
    SqliteStore,
    Stage,
    connect,
    read_witnesses,
)
from tacit.errors import Rule
from tacit.ids import ActId
from tacit.record import decode_entry
from tacit.record.organisation_log import origin
from tacit.record.vkey import ED25519, Vkey
from tacit.testing import log_signer, witness_seed, witness_signer
from tacit.witness import make_key
from tacit.witness.serving import utc_now
from tacit_services.gateway import GatewayConfig
from tests.conformance.generate import watched
from tests.integration.doorstep import gateway, ports_of
from tests.integration.held_back import (
    NOBODY,
    PATIENCE_S,
    PLACE,
    WAIT_S,
    HoldingClerk,
    Town,
    evidence,
    evidence_act,
    held_back,
    is_attested,
    lodged,
    standing,
)
from tests.integration.witness_town import running


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with held_back(tmp_path) as found:
        yield found


async def test_a_break_that_is_held_back_until_after_the_deadline_breaks_the_silence(town: Town) -> None:
    async with town.client(witnesses=town.settings()) as delegation, asyncio.TaskGroup() as tasks:
        said = tasks.create_task(delegation.say(town.content, PLACE))
        kept = await standing(delegation, is_attested)
        assert (Stage.SUBMITTED, 2) == (kept.stage, kept.needed)
        assert "RUNNING" == town.silence.status
        town.at(5)
        leaf = await lodged(town, said)
        ended = delegation.standing(kept.act)

    assert ("BROKEN", ["XAA"]) == (town.silence.status, town.silence.breakers)
    assert ended is not None
    assert (Stage.LODGED, leaf) == (ended.stage, ended.leaf)
    town.at(watched.CLOSING_S + 1)
    passed = SilencePassed(silence=town.silence.silence, deadline=town.silence.deadline.at)
    now = town.clerk.clock.now
    async with connect(Endpoint(town.url), town.world.author("ORG", "timekeeper"), now=now) as keeper:
        with pytest.raises(ActRefusedError, match=Rule.SILENCE_NOT_RUNNING):
            await keeper.say(passed, PLACE)


async def test_what_was_attested_outlives_the_client(town: Town, tmp_path: Path) -> None:
    author = town.world.author("XAA")
    with SqliteStore(tmp_path / "outbox", author.organisation, author.signer.credential) as store:
        async with town.client(witnesses=town.settings(), outbox=store) as delegation, asyncio.TaskGroup() as tasks:
            saying = tasks.create_task(delegation.say(town.content, PLACE))
            kept = await standing(delegation, is_attested)
            saying.cancel()
    town.at(5)
    with SqliteStore(tmp_path / "outbox", author.organisation, author.signer.credential) as store:
        async with town.client(outbox=store), asyncio.timeout(WAIT_S):
            while not town.silence.breakers:  # noqa: ASYNC110 - the clerk tells nobody
                await asyncio.sleep(0.02)

    assert kept.attestations
    assert ("BROKEN", ["XAA"]) == (town.silence.status, town.silence.breakers)


async def test_the_witnesses_have_sent_it_on_so_a_registrar_cannot_say_that_it_never_came(town: Town) -> None:
    async with town.client(witnesses=town.settings()) as delegation, asyncio.TaskGroup() as tasks:
        saying = tasks.create_task(delegation.say(town.content, PLACE))
        kept = await standing(delegation, is_attested)
        async with asyncio.timeout(WAIT_S):
            sent_on = [await town.clerk.held.get() for _ in range(3)]
        saying.cancel()

    assert {kept.act} == {envelope.act_id(each.envelope.payload) for each in sent_on}


async def test_a_registrar_that_was_only_slow_records_it_and_nothing_is_lodged(town: Town) -> None:
    async with town.client(witnesses=town.settings()) as delegation, asyncio.TaskGroup() as tasks:
        said = tasks.create_task(delegation.say(town.content, PLACE))
        kept = await standing(delegation, is_attested)
        town.clerk.holds = lambda _: False
        async with asyncio.timeout(WAIT_S):
            assert kept.act == (await said).act
        town.at(5)
        await asyncio.sleep(0.5)

    assert ["XAA"] == town.silence.breakers
    assert not any(evidence(each) for each in town.clerk.taken)


async def test_who_gets_a_receipt_in_time_asks_nobody(town: Town) -> None:
    town.clerk.holds = lambda _: False
    async with town.client(witnesses=town.settings()) as delegation:
        leaf = await delegation.say(town.content, PLACE)
        await asyncio.sleep(2 * PATIENCE_S)
        found = delegation.standing(leaf.act)

    assert found is not None
    assert ((), 0) == (found.attestations, found.needed)


async def test_a_registrar_that_records_it_late_gains_nothing(town: Town) -> None:
    async with town.client(witnesses=town.settings()) as delegation, asyncio.TaskGroup() as tasks:
        said = tasks.create_task(delegation.say(town.content, PLACE))
        kept = await standing(delegation, is_attested)
        town.clerk.holds = evidence_act
        town.at(0.5)
        async with asyncio.timeout(WAIT_S):
            assert kept.act == (await said).act
            assert ["XAA"] == town.silence.late
            town.clerk.holds = lambda _: False
            while not town.silence.breakers:  # noqa: ASYNC110 - the clerk tells nobody
                await asyncio.sleep(0.02)

    assert ("BROKEN", ["XAA"], []) == (town.silence.status, town.silence.breakers, town.silence.late)


async def test_a_registrar_that_holds_back_everything_until_the_silence_has_passed_is_for_the_chair(
    town: Town,
) -> None:
    now, timekeeper = town.clerk.clock.now, town.world.author("ORG", "timekeeper")
    town.clerk.holds = lambda act: act.header.state == "XAA"
    async with town.client(witnesses=town.settings()) as delegation, asyncio.TaskGroup() as tasks:
        said = tasks.create_task(delegation.say(town.content, PLACE))
        await standing(delegation, is_attested)
        town.at(watched.CLOSING_S + 1)
        passed = SilencePassed(silence=town.silence.silence, deadline=town.silence.deadline.at)
        async with connect(Endpoint(town.url), timekeeper, now=now) as keeper:
            await keeper.say(passed, PLACE)
        town.clerk.holds = lambda act: isinstance(act.content, SilenceBroken)
        leaf = await lodged(town, said)
    voiding = SilenceVoided(
        silence=town.silence.silence, ground="BREAK_HELD_BACK", evidence=leaf.act, reason="Held back."
    )
    async with connect(Endpoint(town.url), town.world.author("ORG", "chair"), now=now) as chair:
        await chair.say(voiding, PLACE)

    assert "VOID" == town.silence.status


async def test_what_was_attested_after_the_deadline_is_not_enough(town: Town) -> None:
    town.at(0.5)
    async with town.client(witnesses=town.settings()) as delegation, asyncio.TaskGroup() as tasks:
        saying = tasks.create_task(delegation.say(town.content, PLACE))
        kept = await standing(delegation, lambda each: len(each.attestations) == 3)
        assert not kept.is_attested
        town.clerk.holds = lambda _: False
        await saying

    assert ["XAA"] == town.silence.late
    assert not any(evidence(each) for each in town.clerk.taken)


async def test_one_witness_is_not_enough_and_one_that_is_away_holds_nobody_up(town: Town) -> None:
    settings = town.settings("XBB", XCC=NOBODY)
    async with town.client(witnesses=settings) as delegation, asyncio.TaskGroup() as tasks:
        saying = tasks.create_task(delegation.say(town.content, PLACE))
        kept = await standing(delegation, lambda each: bool(each.attestations))
        saying.cancel()

    assert (1, 2, False) == (len(kept.attestations), kept.needed, kept.is_attested)


async def test_a_break_that_is_refused_though_it_was_attested_still_counts(town: Town) -> None:
    async with town.client(witnesses=town.settings()) as delegation, asyncio.TaskGroup() as tasks:
        said = tasks.create_task(delegation.say(town.content, PLACE))
        await standing(delegation, is_attested)
        town.clerk.holds = evidence_act
        town.clerk.clock.move(700)
        await standing(delegation, lambda each: each.stage == Stage.LOST)
        town.clerk.holds = lambda _: False
        await lodged(town, said)

    assert ["XAA"] == list(town.silence.evidence.values())


TO_DEADLINE: Final = timedelta(seconds=3)
"""How long before the deadline the break is handed in, where time is the machine's."""


@asynccontextmanager
async def witness_process(state: str, folder: Path, organisation: ActId) -> AsyncIterator[str]:
    """`tacit witness run`, with the key that the charter names."""
    await asyncio.to_thread(folder.mkdir)
    make_key(folder / "witness.key", witness_signer(state).vkey.name, witness_seed(state))
    key = Vkey(origin(organisation), ED25519, log_signer().keys[0].key)
    (folder / "witness.toml").write_text(
        f'state = "{state}"\nkey = "witness.key"\ndata = "data"\nport = 0\n'
        f'[[logs]]\norganisation = "{organisation}"\nkeys = ["{key}"]\n'
    )
    async with running(folder) as found:
        yield found.address


async def test_with_witnesses_that_are_processes_and_the_time_of_the_machine(tmp_path: Path) -> None:
    set_for, file = timedelta(seconds=watched.SET_FOR_S), tmp_path / "witnesses.toml"
    world = watched.circulated(utc_now() - 2 * set_for)
    async with AsyncExitStack() as stack:
        lines = ["patience_s = 5"]
        for state in ("XBB", "XCC"):
            process = witness_process(state, tmp_path / state, world.organisation)
            lines += ["[[witnesses]]", f'state = "{state}"', f'url = "{await stack.enter_async_context(process)}"']
        file.write_text("\n".join(lines))
        world.now = utc_now() + TO_DEADLINE - set_for
        watched.set_silence(world)
        clerk = HoldingClerk(world)
        clerk.clock.now = utc_now  # type: ignore[method-assign]  # the clerk's hand is the machine's time
        url = await stack.enter_async_context(gateway(GatewayConfig(organisation=world.organisation), ports_of(clerk)))
        town = Town(clerk, world, url, {})
        async with town.client(witnesses=read_witnesses(file)) as delegation, asyncio.timeout(WAIT_S):
            leaf = await delegation.say(town.content, PLACE)

    assert evidence_act(decode_entry(clerk.record.messages()[leaf.index].data).act)
    assert leaf.received_at >= town.silence.deadline.at
    assert ("BROKEN", ["XAA"]) == (town.silence.status, town.silence.breakers)
