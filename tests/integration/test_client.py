"""The client against a real gateway: what a delegation says is recorded once, whatever breaks on the way."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tacit.acts import CredentialRevoked, LevelRaised, MessagePosted
from tacit.client import (
    ActRefusedError,
    ClientError,
    CredentialRevokedError,
    Delegation,
    Endpoint,
    FrameRefusedError,
    GatewayFaultError,
    Memory,
    SignInRefusedError,
    connect,
)
from tacit.compose import Author
from tacit.errors import Rule
from tacit.founding import enrolment
from tacit.ids import ORGANISATION
from tacit.limits import DETACHED_BYTES_MAX
from tacit.session import EntryArrived
from tacit.testing import COUNCIL, EAST, OFFICE, World, signer_for
from tacit_services.gateway import GatewayConfig
from tacit_services.ports import NewMessage
from tacit_services.shell.event_store.faults import Fault
from tacit_services.shell.event_store.memory import MemoryEventStore
from tests.integration.clerk import Clerk
from tests.integration.doorstep import gateway, ports_of
from tests.integration.many_channels import ManyChannels

PLACE = (COUNCIL, EAST)
HELLO = MessagePosted(subject="hello", in_reply_to=None)
WAIT_S = 15.0


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


async def test_a_delegation_says_acts_one_after_the_other(url: str, clerk: Clerk, world: World) -> None:
    async with connect(Endpoint(url), world.author("XAA"), now=clerk.clock.now) as delegation:
        leaves = [await delegation.say(HELLO, PLACE, text=b"text") for _ in range(3)]

    assert [*range(len(world.entries), len(world.entries) + 3)] == [leaf.index for leaf in leaves]


async def test_acts_said_at_once_are_put_in_a_row(url: str, clerk: Clerk, world: World) -> None:
    async with connect(Endpoint(url), world.author("XAA"), now=clerk.clock.now) as delegation:
        leaves = await asyncio.gather(*(delegation.say(HELLO, PLACE, text=b"text") for _ in range(8)))

    assert 8 == len({leaf.index for leaf in leaves})


async def test_a_refused_act_is_told_and_its_number_is_used_again(url: str, clerk: Clerk, world: World) -> None:
    async with connect(Endpoint(url), world.author("XAA"), now=clerk.clock.now) as delegation:
        with pytest.raises(ActRefusedError) as caught:
            await delegation.say(LevelRaised(level="CRISIS", reason=""), PLACE)
        await delegation.say(HELLO, PLACE, text=b"text")

    assert Rule.NOT_ENTITLED == caught.value.rule
    assert 1 == clerk.state.chains[world.author("XAA").signer.credential, *PLACE].number


async def test_the_record_is_heard_in_order_and_a_text_is_fetched(url: str, clerk: Clerk, world: World) -> None:
    async with connect(Endpoint(url), world.author("XAA"), listen=True, now=clerk.clock.now) as delegation:
        heard = delegation.follow()
        first = [await anext(heard) for _ in world.entries]
        await delegation.say(HELLO, PLACE, text=b"a text")
        last = await anext(heard)
        assert isinstance(last, EntryArrived)
        assert last.entry is not None
        body = await delegation.fetch(last.entry)

    assert [*range(len(world.entries))] == [entry.index for entry in first]
    assert body is not None
    assert b"a text" == body.data


async def test_an_act_that_nobody_answers_is_sent_again_until_it_is_answered(
    url: str, clerk: Clerk, world: World
) -> None:
    clerk.unavailable = "no_answer"

    def come_back_after_three() -> None:
        if len(clerk.taken) == 3:
            clerk.unavailable = None

    clerk.before = come_back_after_three
    async with connect(Endpoint(url), world.author("XAA"), now=clerk.clock.now) as delegation:
        leaf = await delegation.say(HELLO, PLACE, text=b"text")

    assert len(world.entries) == leaf.index
    assert 1 == len({taken.envelope for taken in clerk.taken})
    assert 4 == len(clerk.taken)


async def test_a_text_that_no_gateway_takes_is_not_kept_and_spends_no_number(
    url: str, clerk: Clerk, world: World
) -> None:
    async with connect(Endpoint(url), world.author("XAA"), now=clerk.clock.now) as delegation:
        for count in (DETACHED_BYTES_MAX + 1, 3 * DETACHED_BYTES_MAX):
            with pytest.raises(FrameRefusedError):
                await delegation.say(HELLO, PLACE, text=b"x" * count)
        assert [] == delegation.outbox()
        async with asyncio.timeout(WAIT_S):
            leaf = await delegation.say(HELLO, PLACE, text=b"x" * DETACHED_BYTES_MAX)

    assert len(world.entries) == leaf.index


async def test_a_restarted_gateway_loses_no_act_and_no_entry(clerk: Clerk, world: World) -> None:
    """The gateway goes away while an act is on its way: it is recorded once, and hearing goes on where it stopped."""
    taken = asyncio.Event()
    async with gateway(GatewayConfig(organisation=clerk.organisation), ports_of(clerk)) as first:
        port = int(first.rsplit(":", 1)[1])
        delegation_at = connect(Endpoint(first), world.author("XAA"), listen=True, now=clerk.clock.now)
        delegation = await delegation_at.__aenter__()
        heard = delegation.follow()
        seen = [(await anext(heard)).index for _ in world.entries]
        clerk.unavailable, clerk.before = "no_answer", taken.set
        saying = asyncio.gather(delegation.say(HELLO, PLACE, text=b"text"))
        await taken.wait()
    clerk.unavailable = None
    config = GatewayConfig(organisation=clerk.organisation, port=port)
    # The second one is long in reading the record; until it has, it knows nobody and lets nobody in.
    slow = MemoryEventStore(clerk.record, lambda call: Fault(before_s=0.5 if call.operation == "last_sequence" else 0))
    ports = replace(ports_of(clerk), store=slow)
    async with asyncio.timeout(WAIT_S), gateway(config, ports):
        (leaf,) = await saying
        seen.append((await anext(heard)).index)
        await delegation_at.__aexit__(None, None, None)

    assert [*range(len(world.entries) + 1)] == seen
    assert len(world.entries) == leaf.index
    assert len(world.entries) + 1 == clerk.record.last


async def test_a_long_record_is_heard_through_a_small_window(url: str, clerk: Clerk, world: World) -> None:
    count = 700
    async with connect(Endpoint(url), world.author("XAA"), now=clerk.clock.now) as delegation:
        await _say_many(delegation, clerk, count)
    async with connect(Endpoint(url), world.author("XBB"), listen=True) as other:
        seen = [entry.index async for entry in _first(other, clerk.record.last)]
    async with connect(Endpoint(url), world.author("XCC")) as third:
        await third.caught_up()

    assert [*range(clerk.record.last)] == seen
    assert clerk.record.last - 1 == third.memory.after


async def _say_many(delegation: Delegation, clerk: Clerk, count: int) -> None:
    """Sixty acts, then what is void: the length is what matters here."""
    for _ in range(60):
        await delegation.say(HELLO, PLACE, text=b"text")
    last = clerk.record.messages()[-1]
    clerk.record.add([NewMessage(last.subject, b"void")] * (count - 60), clerk.record.last)


async def _first(delegation: Delegation, count: int) -> AsyncIterator[EntryArrived]:
    heard = delegation.follow()
    for _ in range(count):
        entry = await anext(heard)
        assert isinstance(entry, EntryArrived)
        yield entry


async def test_what_was_remembered_need_not_be_heard_again(url: str, clerk: Clerk, world: World) -> None:
    author = world.author("XAA")
    memory = Memory(author)
    async with connect(Endpoint(url), author, memory=memory, now=clerk.clock.now) as delegation:
        await delegation.say(HELLO, PLACE, text=b"text")
    async with connect(Endpoint(url), author, memory=memory, listen=True, now=clerk.clock.now) as delegation:
        leaf = await delegation.say(HELLO, PLACE, text=b"text")
        while (await anext(delegation.follow())).index != leaf.index:
            pass

    assert leaf.index == memory.after


async def test_a_credential_that_is_not_enrolled_is_told_so(url: str, world: World) -> None:
    author = Author(world.organisation, "XAA", "permanent-representative", signer_for("nobody"))

    with pytest.raises(SignInRefusedError):
        async with connect(Endpoint(url), author) as delegation:
            await delegation.caught_up()


async def test_a_revoked_delegation_is_told_so(url: str, clerk: Clerk, world: World) -> None:
    author = world.author("XAA")
    revoked = CredentialRevoked(credential=author.signer.credential, reason="lost", compromised_since=None)

    async def be_revoked() -> None:
        async with connect(Endpoint(url), author) as delegation, asyncio.timeout(WAIT_S):
            await delegation.caught_up()
            async with connect(Endpoint(url), world.author("XAA", "root"), now=clerk.clock.now) as root:
                await root.say(revoked, None)
            await asyncio.Event().wait()

    with pytest.raises(CredentialRevokedError):
        await be_revoked()


async def test_a_credential_enrolled_a_moment_ago_may_sign_in(url: str, clerk: Clerk, world: World) -> None:
    """The gateway has not read the enrolment yet when its owner signs in."""
    root, fresh = world.author("XAA", "root"), signer_for("XAA/fresh")
    content = enrolment(world.organisation, "XAA", OFFICE, fresh, world.author("XAA").signer.credential)
    author = Author(world.organisation, "XAA", OFFICE, fresh)
    async with connect(Endpoint(url), root, now=clerk.clock.now) as delegation:
        await delegation.say(content, None)
        async with connect(Endpoint(url), author, now=clerk.clock.now) as renewed:
            await renewed.say(HELLO, PLACE, text=b"text")


async def test_another_organisations_gateway_is_not_believed(url: str) -> None:
    other = World(states=("XAA", "XBB"))

    with pytest.raises(GatewayFaultError):
        async with connect(Endpoint(url), other.author(ORGANISATION, "chair")) as delegation:
            await delegation.caught_up()


async def test_an_error_of_the_user_comes_out_as_it_is(url: str, world: World) -> None:
    with pytest.raises(ZeroDivisionError):
        async with connect(Endpoint(url), world.author("XAA")):
            raise ZeroDivisionError


async def test_following_needs_listening(url: str, world: World) -> None:
    with pytest.raises(ClientError):
        async with connect(Endpoint(url), world.author("XAA")) as delegation:
            await anext(delegation.follow())


async def test_a_cancelled_act_is_settled_before_the_next_one(url: str, clerk: Clerk, world: World) -> None:
    clerk.unavailable = "no_answer"
    async with connect(Endpoint(url), world.author("XAA"), now=clerk.clock.now) as delegation:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await delegation.say(HELLO, PLACE, text=b"first")
        clerk.unavailable = None
        leaf = await delegation.say(HELLO, PLACE, text=b"second")

    assert len(world.entries) + 1 == leaf.index


async def test_a_client_keeps_to_what_may_be_in_flight() -> None:
    """Acts in many channels at once: none is turned away, and all are recorded."""
    many = ManyChannels(100)
    clerk = Clerk(many)
    ports = ports_of(clerk)
    config = GatewayConfig(organisation=clerk.organisation, in_flight_max=2, submits_burst=1_000)
    async with (
        asyncio.timeout(WAIT_S),
        gateway(config, ports) as url,
        connect(Endpoint(url), many.author("XAA"), now=clerk.clock.now) as delegation,
    ):
        places = many.places_of("XAA")
        leaves = await asyncio.gather(*(delegation.say(HELLO, place, text=b"text") for place in places))

    assert len(places) == len({leaf.index for leaf in leaves})
    turned_away = ports.registry.get_sample_value("tacit_gateway_submissions_total", {"answer": "in_flight"})
    assert turned_away is None
