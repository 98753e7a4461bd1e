"""Views through the gateway, on a real server, by a real projector: by entitlement, as of any entry or instant."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import cast

import aiohttp
import msgspec
import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry

from tacit.acts import PositionDeclared
from tacit.client import Delegation, Endpoint, QueryRefusedError, QueryUnavailableError, connect
from tacit.compose import Author
from tacit.ids import ORGANISATION
from tacit.query import Condition, Question, Value
from tacit.session import JSON, Fault, QueryFrame, QueryRefusedArrived, ReceiptArrived, RowsArrived, UnavailableArrived
from tacit.submission import Submission
from tacit.testing import World
from tacit_services.gateway import GatewayConfig
from tacit_services.kept_fold import KeptFold
from tacit_services.projector import VIEWS
from tacit_services.projector.answering import Answerer
from tacit_services.projector.keeping import Projector
from tacit_services.projector.watch import Watch
from tacit_services.shell.event_store.memory import MemoryEventStore
from tacit_services.shell.querying import MemoryQueries
from tacit_services.shell.view_store import ThreadedViews
from tests.integration.clerk import Clerk
from tests.integration.client_page import example
from tests.integration.doorstep import Hand, enter, gateway, ports_of
from tests.integration.many_channels import SEATS, ManyChannels
from tests.integration.town import BARRED, HELLO, PLACE, REACH_WAIT_S, TEXT, Town, settled
from tests.unit.projector.stage import reach

pytestmark = [pytest.mark.requires("nats-server"), pytest.mark.asyncio(loop_scope="module")]
ESCAPED = tuple(Condition(name, "\x01" * 200) for name in "abcdefgh")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    async with settled(tmp_path_factory.mktemp("town") / "data") as town:
        yield town


def connected(town: Town, author: Author) -> AbstractAsyncContextManager[Delegation]:
    return connect(Endpoint(town.url), author, now=lambda: town.story.world.now)


async def every(delegation: Delegation, question: Question) -> list[dict[str, Value]]:
    return [record async for record in delegation.ask_all(question)]


async def test_a_member_asks_for_the_silences_and_sees_their_whole_history(town: Town) -> None:
    async with connected(town, town.story.author()) as delegation:
        now = await every(delegation, Question("silences"))
        ever = await every(delegation, Question("silences", history=True))
        one = await every(delegation, Question("silences", where=(Condition("silence", town.story.running),)))

    assert {town.story.expired, town.story.running} < {each["silence"] for each in now}
    assert len(now) <= len(ever)
    assert [("RUNNING", False)] == [(each["status"], each["jeopardised"]) for each in one]


async def test_a_view_is_read_as_of_an_entry_and_as_of_an_instant(town: Town) -> None:
    async with connected(town, town.story.author()) as delegation:
        found = await every(delegation, Question("texts", history=True))
        first = min(int(str(each["from_index"])) for each in found)
        when = next(str(each["from_at"]) for each in found if each["from_index"] == first)
        then = await every(delegation, Question("texts", as_of=first))
        before = await every(delegation, Question("texts", as_of=first - 1))
        question = Question("texts", as_of=town.story.world.entries[first].leaf.received_at)
        by_instant = await every(delegation, question)

    assert [(first, None)] == [(each["from_index"], each["until_index"]) for each in then]
    assert [] == before
    assert when in {str(each["from_at"]) for each in by_instant}


async def test_the_example_on_the_page_about_clients_asks_how_positions_moved(town: Town) -> None:
    moved = cast("Callable[[Delegation, str], Awaitable[list[str]]]", example("how_positions_moved"))
    position = PositionDeclared(
        version=town.story.current, scope="text", stance="CAN_ACCEPT", condition="", statement=""
    )
    async with connected(town, town.story.author()) as delegation:
        leaf = await delegation.say(position, PLACE)
        async with asyncio.timeout(REACH_WAIT_S):
            while not (told := await moved(delegation, "CC-M(2026)0001")):  # noqa: ASYNC110 - a view follows: no event
                await asyncio.sleep(0.05)
    await town.catch_up()

    assert [f"{msgspec.to_builtins(leaf.received_at)} XAA UNDECLARED -> CAN_ACCEPT"] == told


async def test_pages_follow_one_another_and_stay_as_of_one_moment(town: Town) -> None:
    async with connected(town, town.story.author()) as delegation:
        first = await delegation.ask(Question("audit", limit=5))
        found = await every(delegation, Question("audit", limit=5))

    assert 5 == len(first.rows)
    assert [*range(first.size)] == [each["from_index"] for each in found][: first.size]


async def test_what_was_just_recorded_can_be_asked_for_by_its_index(town: Town) -> None:
    async with connected(town, town.story.author("XBB")) as delegation:
        leaf = await delegation.say(HELLO, PLACE, text=TEXT)
        (row,) = await every(delegation, Question("audit", as_of=leaf.index, where=(Condition("act", leaf.act),)))
    await town.catch_up()

    assert ("message.posted.v1", "XBB", leaf.index) == (row["type"], row["state"], row["from_index"])


async def test_rows_of_a_body_are_for_its_members_whoever_the_client_says_it_is(town: Town) -> None:
    """The reader is not in the question: it is whoever has signed in. The registry alone is for all."""
    async with connected(town, town.story.author()) as member, connected(town, town.story.organ("chair")) as chair:
        mine = await every(member, Question("audit"))
        every_entry = await every(chair, Question("audit"))

    assert {"council", None} == {each["body"] for each in mine}
    assert len(mine) == len(every_entry)
    raw = JSON.encode(QueryFrame(1, Question("audit"))).replace(b'"view"', b'"reader":"ORG","view"')
    async with enter(town.url, town.story.author()) as hand:
        await hand.write(raw)
        error = await hand.event()
        assert getattr(error, "rule", None) == "profile.unknown_field"


@pytest.mark.parametrize(
    ("state", "question", "reason"),
    [
        ("XAA", Question("weather"), "unknown_view"),
        ("XAA", Question("status"), "unknown_view"),
        ("XAA", Question("positions", where=(Condition("colour", "red"),)), "unknown_column"),
        ("XAA", Question("positions", where=(Condition("state IS NULL OR 1", "1"),)), "unknown_column"),
        ("XAA", Question("positions", where=(Condition("text", "no digest"),)), "unknown_column"),
        ("XAA", Question("positions", where=(Condition("state", "a"), Condition("state", "b"))), "column_twice"),
        (BARRED, Question("positions"), "not_entitled"),
        ("XAA", Question("positions", as_of=1_000_000), "no_such_entry"),
        ("XAA", Question("positions", where=ESCAPED), "too_large"),
    ],
    ids=lambda value: str(getattr(value, "view", value)),
)
async def test_a_question_without_an_answer_is_refused_by_name_and_the_connection_goes_on(
    town: Town, state: str, question: Question, reason: str
) -> None:
    async with enter(town.url, town.story.author(state)) as hand:
        for _ in range(6):  # more than `bad_frames_max`: a refused question is no bad frame
            refused = await asked(hand, question)
            assert isinstance(refused, QueryRefusedArrived)
            assert reason == refused.reason
        _, raw = hand.session.submit(town.good(town.story.author(state)))
        await hand.write(raw)
        assert isinstance(await hand.event(), ReceiptArrived)
    await town.catch_up()


async def asked(hand: Hand, question: Question) -> object:
    _, raw = hand.session.ask(question)
    await hand.write(raw)
    return await hand.event()


async def test_questions_and_acts_are_answered_each_under_its_own_ref(town: Town) -> None:
    async with enter(town.url, town.story.author()) as hand:
        refs = []
        for number in range(12):
            ref, raw = hand.session.ask(Question("audit", after=number, limit=1))
            refs.append(ref)
            await hand.write(raw)
        ref, raw = hand.session.submit(Submission(town.story.hello().envelope, None))
        await hand.write(raw)
        answers = [await hand.event() for _ in range(13)]

    found = {each.ref: each.table for each in answers if isinstance(each, RowsArrived)}
    assert {ref: number for number, ref in enumerate(refs)} == {at: table.rows[0][0] for at, table in found.items()}
    assert ref in {getattr(each, "ref", None) for each in answers}


async def test_the_page_sees_what_it_shows_and_no_more(town: Town) -> None:
    async with aiohttp.ClientSession(f"{town.url}/v1/board/views/") as http:
        async with http.get("weather") as answer:
            assert (404, "unknown_view") == (answer.status, (await answer.json())["refused"])
        async with http.get("audit", params={"state": ORGANISATION, "as_of": "12"}) as answer:
            audit = await answer.json()
        async with http.get(
            "texts", params={"as_of": town.story.world.entries[-1].leaf.received_at.isoformat()}
        ) as answer:
            texts = await answer.json()
            headers = answer.headers

    columns = ["from_index", "from_at", "until_index", "until_at", "type", "state", "office", "subject", "void"]
    assert [*columns, "words", "effects"] == audit["columns"]
    assert {ORGANISATION} == {row[5] for row in audit["rows"]}
    assert max(row[0] for row in audit["rows"]) <= 12
    assert "wording" not in texts["columns"]
    assert texts["rows"]
    assert ("no-store", "application/json") == (headers["Cache-Control"], headers["Content-Type"].split(";")[0])


@pytest.mark.parametrize(
    ("query", "status", "reason"),
    [
        ("positions?statement=no", 400, "unknown_column"),
        ("positions?kind=crisis", 400, "unknown_column"),
        ("texts?status=OPEN&status=AGREED", 400, "column_twice"),
        ("texts?limit=1&limit=2", 400, "malformed"),
        ("texts?limit=0", 400, "malformed"),
        ("texts?limit=1001", 400, "malformed"),
        ("texts?after=-1", 400, "malformed"),
        ("texts?as_of=yesterday", 400, "malformed"),
        ("texts?as_of=2026-11-23T09:00:00", 400, "malformed"),
        ("texts?as_of=9999999", 400, "no_such_entry"),
        ("texts?history=perhaps", 400, "malformed"),
        ("positions?text=no-digest", 400, "unknown_column"),
        ("texts?" + "&".join(f"c{number}=1" for number in range(9)), 400, "malformed"),
    ],
)
async def test_a_bad_address_is_refused_by_name(town: Town, query: str, status: int, reason: str) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"{town.url}/v1/board/views/{query}") as answer:
        assert (status, reason) == (answer.status, (await answer.json())["refused"])


async def test_where_the_page_is_off_its_views_are_too() -> None:
    clerk = Clerk(World())
    config = GatewayConfig(organisation=clerk.organisation, board=False)
    async with (
        gateway(config, ports_of(clerk)) as url,
        aiohttp.ClientSession() as http,
        http.get(f"{url}/v1/board/views/texts") as answer,
    ):
        assert 404 == answer.status


async def test_without_a_projector_nobody_waits_for_ever() -> None:
    world = World()
    clerk = Clerk(world)
    async with gateway(GatewayConfig(organisation=clerk.organisation), ports_of(clerk)) as url:
        async with connect(Endpoint(url), world.author("XAA"), now=clerk.clock.now) as delegation:
            with pytest.raises(QueryUnavailableError) as caught:
                await delegation.ask(Question("texts"))
            assert "no_projector" == caught.value.reason
        async with aiohttp.ClientSession() as http, http.get(f"{url}/v1/board/views/texts") as answer:
            assert (503, "1") == (answer.status, answer.headers["Retry-After"])


async def test_an_address_that_asks_the_page_too_often_is_told_to_ask_later() -> None:
    clerk = Clerk(World())
    # Ten seconds' worth at once: one question, and no other while the test runs.
    config = GatewayConfig(organisation=clerk.organisation, board_queries_per_address_per_s=0.001)
    async with gateway(config, ports_of(clerk)) as url, aiohttp.ClientSession() as http:
        found = []
        for _ in range(3):
            async with http.get(f"{url}/v1/board/views/weather") as answer:
                found.append((answer.status, (await answer.json())["refused"], answer.headers.get("Retry-After")))

    assert [(404, "unknown_view", None), (429, "rate", "1"), (429, "rate", "1")] == found


async def test_questions_are_held_to_the_rate_and_asked_again_by_the_client() -> None:
    world = World()
    clerk = Clerk(world)
    config = GatewayConfig(organisation=clerk.organisation, submits_per_s=20, submits_burst=2)
    async with gateway(config, ports_of(clerk)) as url:
        async with enter(url, world.author("XAA")) as hand:
            answers = [await asked(hand, Question("texts")) for _ in range(3)]
        async with connect(Endpoint(url), world.author("XAA"), now=clerk.clock.now) as delegation:
            for _ in range(4):
                with pytest.raises(QueryUnavailableError, match="no_projector"):
                    await delegation.ask(Question("texts"))

    assert UnavailableArrived(3, "rate") == answers[2]


async def test_a_refused_question_is_raised_by_the_client(town: Town) -> None:
    async with connected(town, town.story.author()) as delegation:
        with pytest.raises(QueryRefusedError) as caught:
            await delegation.ask(Question("weather"))

    assert "unknown_view" == caught.value.reason
    assert Fault.BAD_FRAMES not in str(caught.value)


async def test_each_member_sees_the_rows_of_the_bodies_in_which_it_sits(tmp_path: Path) -> None:
    world = ManyChannels(8)
    clerk, watch = Clerk(world), Watch(CollectorRegistry())
    with ThreadedViews(tmp_path / "views.sqlite", world.organisation) as kept:
        projector = Projector(MemoryEventStore(clerk.record), kept, watch, VIEWS, KeptFold(None, world.organisation))
        answerer = Answerer(kept, lambda: projector.state, watch)
        queries = MemoryQueries({"channels": partial(answerer.answer, "channels")})
        seen = {}
        async with (
            projecting(projector, len(world.entries)),
            gateway(GatewayConfig(organisation=clerk.organisation), ports_of(clerk, queries)) as url,
        ):
            for author in (*map(world.author, world.states), world.author(ORGANISATION, "chair")):
                async with connect(Endpoint(url), author, now=clerk.clock.now) as delegation:
                    found = await every(delegation, Question("channels"))
                seen[author.state] = {str(each["body"]) for each in found}

    sits = {state: {body for body, members in SEATS.items() if state in members} for state in world.states}
    assert {**sits, ORGANISATION: set(SEATS)} == seen


@asynccontextmanager
async def projecting(projector: Projector, size: int) -> AsyncIterator[None]:
    """Runs within the block, which begins when every view has come so far."""
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(projector.run())
        await reach(projector, size)
        try:
            yield
        finally:
            running.cancel()
