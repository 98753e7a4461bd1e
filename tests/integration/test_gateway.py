"""The gateway over real sockets, before a registrar in the same process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from tacit import envelope, subjects
from tacit.acts import CredentialEnrolled, CredentialRevoked, LevelRaised, MessagePosted
from tacit.compose import Composed
from tacit.detached import Detached
from tacit.errors import Rule
from tacit.founding import enrolment
from tacit.ids import ORGANISATION
from tacit.session import (
    BodyArrived,
    CaughtUpWith,
    EntryArrived,
    EntryWithheld,
    ErrorArrived,
    Fault,
    GoodbyeArrived,
    ReceiptArrived,
    RefusalArrived,
    UnavailableArrived,
)
from tacit.submission import Submission
from tacit.testing import OFFICE, World, signer_for
from tacit_services.gateway import GatewayConfig
from tacit_services.gateway.wiring import GatewayPorts
from tacit_services.ports import NewMessage
from tests.integration.clerk import Clerk, message
from tests.integration.doorstep import Hand, enter, gateway, knock, ports_of

RAISED = LevelRaised(level="CRISIS", reason="drill")


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


def raised(world: World) -> Composed:
    return world.compose(world.author(ORGANISATION, "chair"), RAISED)


async def submitted(hand: Hand, composed: Composed, body: Detached | None = None) -> int:
    ref, raw = hand.session.submit(Submission(composed.envelope, body))
    await hand.write(raw)
    return ref


async def test_an_act_is_handed_in_and_its_receipt_checked(url: str, clerk: Clerk, world: World) -> None:
    async with enter(url, world.author(ORGANISATION, "chair")) as hand:
        ref = await submitted(hand, raised(world))
        event = await hand.event()

    assert isinstance(event, ReceiptArrived)
    assert (ref, clerk.state.size - 1) == (event.ref, event.leaf.index)


async def test_a_refusal_is_signed_and_keeps_the_connection(url: str, clerk: Clerk, world: World) -> None:
    async with enter(url, world.author("XAA")) as hand:
        await submitted(hand, world.compose(world.author("XAA"), RAISED))
        refused = await hand.event()
        assert isinstance(refused, RefusalArrived)
        assert Rule.NOT_ENTITLED == refused.refusal.rule
        text = b"good morning"
        composed = world.compose(world.author("XAA"), MessagePosted(subject="s", in_reply_to=None), text=text)
        await submitted(hand, composed, Detached(b"\0" * 32, text))
        assert isinstance(await hand.event(), ReceiptArrived)


async def test_the_record_is_followed_from_the_beginning_and_live(url: str, clerk: Clerk, world: World) -> None:
    async with enter(url, world.author("XAA")) as hand, enter(url, world.author(ORGANISATION, "chair")) as chair:
        await hand.write(hand.session.subscribe(1_000))
        heard = [await hand.event() for _ in world.entries]
        assert [*range(len(world.entries))] == [event.index for event in heard if isinstance(event, EntryArrived)]
        assert CaughtUpWith(len(world.entries)) == await hand.event()
        await submitted(chair, raised(world))
        live = await hand.event()

    assert isinstance(live, EntryArrived)
    assert live.entry is not None
    assert RAISED == live.entry.act.content


async def test_a_reconnected_follower_misses_nothing_and_hears_nothing_twice(url: str, world: World) -> None:
    author, seen = world.author("XAA"), list[int]()
    while len(seen) < len(world.entries):
        async with enter(url, author, after=len(seen) - 1) as hand:
            await hand.write(hand.session.subscribe(2))
            for _ in range(min(2, len(world.entries) - len(seen))):
                event = await hand.event()
                assert isinstance(event, EntryArrived)
                seen.append(event.index)

    assert [*range(len(world.entries))] == seen


async def test_older_entries_than_the_ring_holds_come_from_the_store(clerk: Clerk, world: World) -> None:
    config = GatewayConfig(organisation=clerk.organisation, ring_entries=3)
    async with gateway(config, ports_of(clerk)) as url, enter(url, world.author("XAA")) as hand:
        await hand.write(hand.session.subscribe(1_000))
        heard = [await hand.event() for _ in world.entries]

    assert [*range(len(world.entries))] == [event.index for event in heard if isinstance(event, EntryArrived)]


async def test_no_entry_comes_without_credit(url: str, world: World) -> None:
    async with enter(url, world.author("XAA")) as hand:
        await hand.write(hand.session.subscribe(1))
        await hand.event()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await hand.socket.receive()
        await hand.write(hand.session.allow(1))
        event = await hand.event()

    assert isinstance(event, EntryArrived)


async def test_entries_of_a_body_are_withheld_from_those_who_are_no_members(clerk: Clerk, world: World) -> None:
    """What is said in another body is withheld, whether it can be read or not; the count goes on."""
    secret = subjects.entry(clerk.organisation, "cabinet", "room")
    size = clerk.record.last
    world.place = ("cabinet", "room")
    said = world.seal(world.compose(world.author("XAA"), MessagePosted(subject="Secret", in_reply_to=None), text=b""))
    hidden = message(clerk.organisation, said)
    clerk.record.add([NewMessage(secret, b"unreadable"), hidden], size)
    async with gateway(GatewayConfig(organisation=clerk.organisation), ports_of(clerk)) as url:
        async with enter(url, world.author("XAA"), after=size - 1) as hand:
            await hand.write(hand.session.subscribe(5))
            withheld = [await hand.event(), await hand.event()]
            _, raw = hand.session.fetch(size)
            await hand.write(raw)
            assert CaughtUpWith(size + 2) == await hand.event()
            assert isinstance(await hand.event(), BodyArrived)
        async with enter(url, world.author(ORGANISATION, "chair"), after=size - 1) as chair:
            await chair.write(chair.session.subscribe(5))
            shown = [await chair.event(), await chair.event()]

    junk = EntryWithheld(size, None, void=True, digest=envelope.digest(b"unreadable"))
    assert [junk, EntryWithheld(size + 1, said.leaf, void=True)] == withheld
    assert [EntryArrived(size, b"unreadable", None), EntryArrived(size + 1, hidden.data, None)] == shown


async def test_an_entry_under_another_subject_is_for_those_to_whom_its_author_spoke(clerk: Clerk, world: World) -> None:
    said = world.say("XAA", MessagePosted(subject="Message", in_reply_to=None), text=b"")
    raw = message(clerk.organisation, said).data
    clerk.record.add([NewMessage(subjects.entry(clerk.organisation, "cabinet", "room"), raw)], clerk.record.last)
    with capture_logs() as logs:
        async with (
            gateway(GatewayConfig(organisation=clerk.organisation), ports_of(clerk)) as url,
            enter(url, world.author("XBB"), after=said.leaf.index - 1) as hand,
        ):
            await hand.write(hand.session.subscribe(1))
            assert EntryArrived(said.leaf.index, raw, said) == await hand.event()

    assert [said.leaf.index] == [line["index"] for line in logs if line["event"] == "entry_misplaced"]


async def test_a_body_is_fetched_by_those_who_may_see_its_act(url: str, clerk: Clerk, world: World) -> None:
    author, text = world.author("XAA"), b"the text"
    body = Detached(b"\0" * 32, text)
    async with enter(url, author) as hand:
        composed = world.compose(author, MessagePosted(subject="s", in_reply_to=None), text=text)
        await submitted(hand, composed, body)
        receipt = await hand.event()
        assert isinstance(receipt, ReceiptArrived)
        ref, raw = hand.session.fetch(receipt.leaf.index)
        await _until_followed(url, receipt.leaf.index)
        await hand.write(raw)

        assert BodyArrived(ref, receipt.leaf.index, body) == await hand.event()

        for index, fault in ((0, Fault.NOTHING_DETACHED), (10_000, Fault.NO_ENTRY)):
            _, raw = hand.session.fetch(index)
            await hand.write(raw)
            error = await hand.event()
            assert isinstance(error, ErrorArrived)
            assert (fault, False) == (error.rule, error.ends)


async def _until_followed(url: str, index: int) -> None:
    async with aiohttp.ClientSession() as http:
        while True:
            async with http.get(f"{url}/readyz") as answer:
                if (await answer.json())["record_entries"] > index:
                    return


async def test_a_registrar_that_does_not_answer_makes_acts_unavailable(url: str, clerk: Clerk, world: World) -> None:
    clerk.unavailable = "no_answer"
    async with enter(url, world.author(ORGANISATION, "chair")) as hand:
        ref = await submitted(hand, raised(world))

        assert UnavailableArrived(ref, "no_answer") == await hand.event()


async def test_too_many_acts_in_flight_or_too_fast_are_unavailable(clerk: Clerk, world: World) -> None:
    config = GatewayConfig(organisation=clerk.organisation, submits_per_s=1, submits_burst=2)
    async with gateway(config, ports_of(clerk)) as url, enter(url, world.author(ORGANISATION, "chair")) as hand:
        composed = raised(world)
        refs = [await submitted(hand, composed) for _ in range(3)]
        answers = [await hand.event() for _ in refs]

    assert UnavailableArrived(refs[2], "rate") in answers
    assert 2 == len([answer for answer in answers if isinstance(answer, ReceiptArrived)])


@pytest.mark.parametrize("replaced", [False, True])
async def test_a_revoked_credential_is_shown_out(url: str, clerk: Clerk, world: World, replaced: bool) -> None:
    author, root = world.author("XAA"), world.author("XAA", "root")
    fresh = enrolment(world.organisation, "XAA", OFFICE, signer_for("XAA/fresh"), author.signer.credential)
    content: CredentialEnrolled | CredentialRevoked = fresh
    if not replaced:
        content = CredentialRevoked(credential=author.signer.credential, reason="lost", compromised_since=None)
    async with enter(url, author) as hand, enter(url, root) as other:
        await hand.write(hand.session.subscribe(1))
        await hand.event()
        await submitted(other, world.compose(root, content))
        assert isinstance(await other.event(), ReceiptArrived)
        assert GoodbyeArrived("credential_revoked", 0) == await hand.event()
        assert 1008 == await hand.close_code()
    async with knock(url, author) as again:
        with pytest.raises(AssertionError):
            await again.sign_in()


async def test_a_sign_in_for_another_gateway_is_refused(url: str, world: World) -> None:
    async with knock(url, world.author("XAA"), audience="gateway.example:443") as hand:
        with pytest.raises(AssertionError):
            await hand.sign_in()

        assert 1008 == await hand.close_code()


async def test_a_credential_may_have_so_many_connections(clerk: Clerk, world: World) -> None:
    config = GatewayConfig(organisation=clerk.organisation, connections_per_credential_max=1)
    author = world.author("XAA")
    async with gateway(config, ports_of(clerk)) as url, enter(url, author):
        async with knock(url, author) as second:
            with pytest.raises(AssertionError):
                await second.sign_in()
            assert 1013 == await second.close_code()
        async with enter(url, world.author("XBB")):
            pass


async def test_who_does_not_sign_in_is_shown_out(clerk: Clerk, world: World) -> None:
    config = GatewayConfig(organisation=clerk.organisation, sign_in_s=1)
    async with gateway(config, ports_of(clerk)) as url, knock(url, world.author("XAA")) as hand:
        await hand.event()
        event = await hand.event()

        assert isinstance(event, ErrorArrived)
        assert (Fault.SIGN_IN_LATE, True) == (event.rule, event.ends)
        assert 1008 == await hand.close_code()


async def test_a_follower_that_gives_no_credit_is_cut_off_with_its_place(clerk: Clerk, world: World) -> None:
    config = GatewayConfig(organisation=clerk.organisation, stalled_s=1)
    async with gateway(config, ports_of(clerk)) as url, enter(url, world.author("XAA")) as hand:
        await hand.write(hand.session.subscribe(2))
        await hand.event()
        await hand.event()

        assert GoodbyeArrived("slow_consumer", 1) == await hand.event()
        assert 1013 == await hand.close_code()


async def test_a_slow_follower_that_makes_progress_is_left_alone(clerk: Clerk, world: World) -> None:
    config = GatewayConfig(organisation=clerk.organisation, stalled_s=2)
    async with gateway(config, ports_of(clerk)) as url, enter(url, world.author("XAA")) as hand:
        await hand.write(hand.session.subscribe(1))
        for _ in range(4):
            assert isinstance(await hand.event(), EntryArrived)
            await asyncio.sleep(0.7)
            await hand.write(hand.session.allow(1))


async def test_a_follower_that_does_not_read_is_cut_off_and_holds_nobody_up(clerk: Clerk, world: World) -> None:
    """Sixteen megabytes for a client that reads none of them: far more than fits in any socket on the way."""
    size = clerk.record.last
    subject = subjects.entry(clerk.organisation, None, None)
    clerk.record.add([NewMessage(subject, b"x" * 60_000)] * 200, size)
    ports = ports_of(clerk)
    async with (
        gateway(GatewayConfig(organisation=clerk.organisation, stalled_s=1), ports) as url,
        enter(url, world.author("XAA"), after=size - 1) as deaf,
        enter(url, world.author("XBB"), after=size - 1) as hand,
    ):
        await deaf.write(deaf.session.subscribe(1_000))
        await hand.write(hand.session.subscribe(1_000))
        heard = [await hand.event() for _ in range(200)]
        await cut_off(ports, "slow_consumer")

    assert [*range(size, size + 200)] == [event.index for event in heard if isinstance(event, EntryArrived)]


async def test_a_client_that_answers_no_ping_is_taken_for_gone(clerk: Clerk, world: World) -> None:
    ports = ports_of(clerk)
    config = GatewayConfig(organisation=clerk.organisation, heartbeat_s=0.2)
    async with gateway(config, ports) as url, enter(url, world.author("XAA")):
        # Pings are answered by whoever reads, and nobody does.
        await cut_off(ports, "gone")


async def cut_off(ports: GatewayPorts, cause: str) -> None:
    """Return once a connection has ended for this cause."""
    async with asyncio.timeout(10):
        while True:
            if ports.registry.get_sample_value("tacit_gateway_endings_total", {"cause": cause}):
                return
            await asyncio.sleep(0.1)


async def last_words(hand: Hand) -> tuple[object, int]:
    return await hand.event(), await hand.close_code()


async def test_a_stopping_gateway_says_goodbye(clerk: Clerk, world: World) -> None:
    async with AsyncExitStack() as outliving:
        async with gateway(GatewayConfig(organisation=clerk.organisation), ports_of(clerk)) as url:
            hand = await outliving.enter_async_context(enter(url, world.author("XAA")))
            hearing = asyncio.gather(last_words(hand))
        ((goodbye, code),) = await hearing

    assert GoodbyeArrived("going_away", -1) == goodbye
    assert 1001 == code


@pytest.mark.parametrize(
    ("origin", "status"), [("https://elsewhere.example", 403), ("null", 403), (None, 101), ("self", 101)]
)
async def test_pages_of_other_origins_may_not_connect(url: str, origin: str | None, status: int) -> None:
    headers = {} if origin is None else {"Origin": url if origin == "self" else origin}
    async with aiohttp.ClientSession() as http:
        try:
            async with http.ws_connect(f"{url}/v1/ws", protocols=("tacit.v1+json",), headers=headers):
                found = 101
        except aiohttp.WSServerHandshakeError as error:
            found = error.status

    assert status == found


async def test_a_name_that_is_not_ours_is_not_answered(url: str) -> None:
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{url}/v1/ws", headers={"Host": "rebound.example"}) as answer:
            assert 421 == answer.status
        async with http.get(f"{url}/healthz", headers={"Host": "10.0.0.7"}) as answer:
            assert 200 == answer.status


async def test_other_subprotocols_are_not_spoken(url: str) -> None:
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await http.ws_connect(f"{url}/v1/ws", protocols=("chat",))

    assert 400 == caught.value.status


async def test_readiness_names_what_is_missing(clerk: Clerk, world: World) -> None:
    async with gateway(GatewayConfig(organisation=clerk.organisation), ports_of(clerk)) as url:
        clerk.unavailable = "no_registrar"
        async with aiohttp.ClientSession() as http, asyncio.timeout(10):
            while True:
                async with http.get(f"{url}/readyz") as answer:
                    found = await answer.json()
                    if answer.status == 503:
                        break
                await asyncio.sleep(0.1)

    assert (False, ["no_registrar"]) == (found["ready"], found["reasons"])


async def test_metrics_can_be_read_by_prometheus(url: str, world: World) -> None:
    async with enter(url, world.author("XAA")), aiohttp.ClientSession() as http, http.get(f"{url}/metrics") as answer:
        families = {family.name: family for family in text_string_to_metric_families(await answer.text())}

    assert 1 == families["tacit_gateway_connections"].samples[0].value
    assert len(world.entries) == families["tacit_gateway_record_entries"].samples[0].value
    assert families["tacit_gateway_record_lag_seconds"].samples[0].value == 0
