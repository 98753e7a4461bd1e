"""The operator cannot win by delay: a registrar holds a break back until after the deadline, and loses.

The registrar is one that anybody could write, the witnesses and the gateway are real, over HTTP. Time is the clerk's
own, so that each step has its time: the break 20 s before the deadline, evidence 5 s after it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

import aiohttp
import pytest

from tacit import acts, envelope, profile
from tacit.acts import SilenceBroken, SilencePassed
from tacit.client import ActRefusedError, Endpoint, connect, show_to_witnesses, submit_or_prove
from tacit.compose import Composed, Window
from tacit.errors import RefusedError, Rule
from tacit.proving import Proof
from tacit.record import Leaf
from tacit.record.organisation_log import origin
from tacit.record.vkey import ED25519, Vkey
from tacit.rules.state import Silence
from tacit.submission import Answer, Receipted, Submission, Unavailable, encode
from tacit.testing import COUNCIL, EAST, World, hybrid_witness, log_signer
from tacit.witness import LogSettings, WitnessSettings, serve_witness
from tacit_services.gateway import GatewayConfig
from tests.conformance.generate import watched
from tests.integration.clerk import Clerk
from tests.integration.doorstep import gateway, ports_of

PLACE: Final = (COUNCIL, EAST)
WAIT_S: Final = 30
PATIENCE_S: Final = 0.2
"""How long the delegation waits for a receipt before it asks the witnesses."""


class HoldingClerk(Clerk):
    """Takes acts of one member and answers nothing, until it is told to let them go; what it takes then is late."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.holds: str | None = "XAA"
        self.held: asyncio.Queue[Submission] = asyncio.Queue()

    async def submit(self, submission: Submission) -> Answer:
        header = acts.decode(submission.envelope.payload).header
        if header.state == self.holds:
            self.held.put_nowait(submission)
            return Unavailable("registrar")
        return await super().submit(submission)


class Town:
    """A silence that runs, witnesses of XBB, XCC and XDD, a gateway before a registrar that holds back acts of XAA."""

    def __init__(self, clerk: HoldingClerk, world: World, url: str, witnesses: list[str]) -> None:
        self.clerk, self.world, self.url, self.witnesses = clerk, world, url, witnesses

    def at(self, after_deadline_s: float) -> None:
        self.clerk.clock.move((watched.moment(self.world, after_deadline_s) - self.clerk.clock.now()).total_seconds())

    @property
    def silence(self) -> Silence:
        return next(iter(self.clerk.state.bodies[COUNCIL].silences.values()))

    @property
    def window(self) -> Window:
        now = self.clerk.clock.now()
        return Window(now, now + timedelta(minutes=10))


@asynccontextmanager
async def witness(state: str, town: HoldingClerk, folder: Path, gateway_url: str) -> AsyncIterator[str]:
    """The witness of a member, on the clock of the town."""
    organisation = town.organisation
    key = Vkey(origin(organisation), ED25519, log_signer().keys[0].key)
    log = LogSettings(organisation=organisation, keys=(str(key),), registrar=(f"{gateway_url}/v1/submit",))
    settings = WitnessSettings(state=state, key="", data="", port=0, logs=(log,), attests_per_address_per_s=100.0)
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(
            serve_witness(settings, hybrid_witness(state), folder / state, address.set_result, town.clock.now)
        )
        try:
            yield await address
        finally:
            serving.cancel()


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    world = watched.watched()
    clerk = HoldingClerk(world)
    config = GatewayConfig(organisation=world.organisation, open_submits_per_address_per_s=100.0)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(gateway(config, ports_of(clerk)))
        addresses = [
            await stack.enter_async_context(witness(state, clerk, tmp_path, url)) for state in ("XBB", "XCC", "XDD")
        ]
        yield Town(clerk, world, url, addresses)


def submitted(composed: Composed) -> bytes:
    return encode(Submission(composed.envelope, None))


async def proof_of(town: Town, composed: Composed, addresses: list[str] | None = None, wait_s: float = WAIT_S) -> Proof:
    proof = Proof(town.clerk.state, composed.envelope)
    async with aiohttp.ClientSession() as http:
        shown = Submission(composed.envelope, None)
        enough = await show_to_witnesses(http, proof, shown, addresses or town.witnesses, wait_s)
    assert enough is proof.is_enough
    return proof


async def test_a_break_that_is_held_back_until_after_the_deadline_breaks_the_silence(town: Town) -> None:
    town.at(-20)
    composed = watched.broken_by(town.world, "XAA", -20)
    author, now, state = town.world.author("XAA"), town.clerk.clock.now, town.clerk.state
    async with connect(Endpoint(town.url), author, now=now) as line:
        patience = {"patience_s": PATIENCE_S, "wait_s": WAIT_S}
        proof = await submit_or_prove(line, state, composed.envelope, town.witnesses, **patience)
    assert isinstance(proof, Proof)
    assert proof.is_enough
    assert town.silence.status == "RUNNING"

    town.at(5)
    async with connect(Endpoint(town.url), town.world.author("XBB"), now=town.clerk.clock.now) as another:
        await another.say(proof.evidence(), PLACE)

    assert ("BROKEN", ["XAA"]) == (town.silence.status, town.silence.breakers)
    timekeeper = town.world.author("ORG", "timekeeper")
    town.at(watched.CLOSING_S + 1)
    passed = SilencePassed(silence=town.silence.silence, deadline=town.silence.deadline.at)
    async with connect(Endpoint(town.url), timekeeper, now=town.clerk.clock.now) as keeper:
        with pytest.raises(ActRefusedError, match=Rule.SILENCE_NOT_RUNNING):
            await keeper.say(passed, PLACE)


async def test_the_witnesses_have_sent_it_on_so_a_registrar_cannot_say_that_it_never_came(town: Town) -> None:
    town.at(-20)
    composed = watched.broken_by(town.world, "XAA", -20)
    await proof_of(town, composed)
    async with asyncio.timeout(WAIT_S):
        sent_on = [await town.clerk.held.get() for _ in range(2)]

    assert {composed.act_id} == {envelope.act_id(each.envelope.payload) for each in sent_on}


async def test_a_registrar_that_was_only_slow_records_it_and_nothing_is_lodged(town: Town) -> None:
    town.at(-20)
    composed = watched.broken_by(town.world, "XAA", -20)
    proof = await proof_of(town, composed)
    town.clerk.holds = None
    answer = await town.clerk.submit(Submission(composed.envelope, None))

    assert isinstance(answer, Receipted)
    assert ["XAA"] == town.silence.breakers
    async with connect(Endpoint(town.url), town.world.author("XBB"), now=town.clerk.clock.now) as another:
        with pytest.raises(ActRefusedError, match=Rule.SILENCE_BROKEN_TWICE):
            await another.say(proof.evidence(), PLACE)


async def test_who_gets_a_receipt_in_time_asks_nobody(town: Town) -> None:
    town.at(-20)
    town.clerk.holds = None
    composed = watched.broken_by(town.world, "XAA", -20)
    async with connect(Endpoint(town.url), town.world.author("XAA"), now=town.clerk.clock.now) as line:
        leaf = await submit_or_prove(
            line, town.clerk.state, composed.envelope, ["http://127.0.0.1:9"], patience_s=WAIT_S, wait_s=0
        )

    assert isinstance(leaf, Leaf)
    assert composed.act_id == leaf.act


async def test_a_registrar_that_records_it_late_gains_nothing(town: Town) -> None:
    town.at(-20)
    composed = watched.broken_by(town.world, "XAA", -20)
    proof = await proof_of(town, composed)
    town.at(0.5)
    town.clerk.holds = None
    await town.clerk.submit(Submission(composed.envelope, None))
    assert ["XAA"] == town.silence.late

    town.at(5)
    async with connect(Endpoint(town.url), town.world.author("XBB"), now=town.clerk.clock.now) as another:
        await another.say(proof.evidence(), PLACE)

    assert ("BROKEN", ["XAA"], []) == (town.silence.status, town.silence.breakers, town.silence.late)


async def test_its_author_lodges_it_itself_once_it_gets_through(town: Town) -> None:
    town.at(-20)
    composed = watched.broken_by(town.world, "XAA", -20)
    proof = await proof_of(town, composed)
    town.at(5)
    town.clerk.holds = None
    own = proof.compose_own(town.world.author("XAA"), town.window)

    assert isinstance(await town.clerk.submit(Submission(own.envelope, None)), Receipted)
    assert ["XAA"] == town.silence.breakers


async def test_what_was_shown_after_the_deadline_is_not_enough(town: Town) -> None:
    town.at(0.5)
    proof = await proof_of(town, watched.broken_by(town.world, "XAA", -20), wait_s=3)

    assert 3 == len(proof.attested)
    assert not proof.is_enough


async def test_one_witness_is_not_enough_and_one_that_is_away_is_waited_for_no_longer_than_told(town: Town) -> None:
    town.at(-20)
    composed = watched.broken_by(town.world, "XAA", -20)
    proof = await proof_of(town, composed, [town.witnesses[0], "http://127.0.0.1:9"], wait_s=1)

    assert ["XBB"] == [each.state for each in proof.attested]
    assert not proof.is_enough


async def test_what_is_no_attestation_of_this_act_is_not_taken(town: Town) -> None:
    town.at(-20)
    proof = Proof(town.clerk.state, watched.broken_by(town.world, "XAA", -20).envelope)
    other = watched.attested(town.world, watched.broken_by(town.world, "XAA", -21), ("XBB",))
    own = watched.attested(town.world, watched.broken_by(town.world, "XAA", -20), ("XAA",))
    stranger = watched.attested(town.world, watched.broken_by(town.world, "XAA", -20), ("XZZ",))
    for each in (*other, *own, *stranger):
        with pytest.raises(RefusedError, match=Rule.EVIDENCE_ATTESTATION):
            proof.take(profile.encode(each))


async def test_the_open_door_takes_submissions_and_nothing_else(town: Town) -> None:
    town.clerk.holds = None
    town.at(-20)
    composed = watched.broken_by(town.world, "XAA", -20)
    raw = submitted(composed)
    async with aiohttp.ClientSession() as http:

        async def post(body: bytes) -> tuple[int, bytes]:
            async with http.post(f"{town.url}/v1/submit", data=body) as answer:
                return answer.status, await answer.read()

        first, again = await post(raw), await post(raw)
        refused = await post(submitted(watched.broken_by(town.world, "XAA", -19)))
        statuses = [(await post(body))[0] for body in (b"", b"{}", b"x" * 600_000)]

    assert (200, first) == (first[0], again)
    assert b'"receipt"' in first[1]
    assert (200, b'{"answer":"refusal"') == (refused[0], refused[1][:19])
    assert [400, 400, 413] == statuses
    assert isinstance(composed.act.content, SilenceBroken)
