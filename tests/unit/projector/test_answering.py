"""Questions to views: who may see what, what is refused and why, page after page."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from tacit import query
from tacit.query import Query, QueryRefused, Rows
from tacit.testing import START
from tacit_services.projector.answering import Answerer, _fitting
from tacit_services.projector.watch import Watch
from tacit_services.shell.view_store import ThreadedViews
from tacit_services.views import Held, Page, Stand
from tests.unit.projector.stage import Stage, reach

ACTS = 30


@pytest.fixture
async def stage(tmp_path: Path) -> Stage:
    stage = Stage(tmp_path)
    stage.say(ACTS)
    async with stage.projecting() as projector:
        await reach(projector, stage.record.last)
    return stage


async def ask(stage: Stage, view: str, asked: Query | bytes) -> query.Answer:
    raw = asked if isinstance(asked, bytes) else query.encode(asked)
    with ThreadedViews(stage.path, stage.world.organisation) as kept:
        answerer = Answerer(kept, lambda: stage.world.state, Watch(CollectorRegistry()))
        return query.decode_answer(await answerer.answer(view, raw))


async def rows(stage: Stage, view: str, asked: Query) -> list[dict[str, object]]:
    answer = await ask(stage, view, asked)
    assert isinstance(answer, Rows), answer
    return [msgspec.json.decode(row, type=dict[str, object]) for row in answer.rows]


async def test_a_member_sees_its_bodies_and_the_register(stage: Stage) -> None:
    assert ACTS == len(await rows(stage, "positions", Query("XAA", history=True)))
    assert len(stage.entries) == len(await rows(stage, "audit", Query("XBB")))


async def test_who_has_left_a_body_sees_the_register_alone(stage: Stage) -> None:
    council = stage.world.state.bodies["council"]
    council.members = tuple(member for member in council.members if member != "XCC")

    assert [] == await rows(stage, "positions", Query("XCC"))
    assert {None} == {row["body"] for row in await rows(stage, "audit", Query("XCC"))}
    assert len(stage.entries) == len(await rows(stage, "audit", Query("ORG")))


@pytest.mark.parametrize(
    ("view", "asked", "reason"),
    [
        ("positions", b"", "malformed"),
        ("positions", b"[" * 9_000, "malformed"),
        ("positions", b'{"reader":"XAA","limit":0}', "malformed"),
        ("positions", b'{"reader":"XAA","as_of":"2026-11-23T09:00:00"}', "malformed"),
        ("positions", b'{"reader":"XAA","more":1}', "malformed"),
        ("positions", Query("XAA", where={"1=1; DROP TABLE positions_1": "x"}), "unknown_column"),
        ("positions", Query("XAA", where={"text": "no digest"}), "unknown_column"),
        ("silences", Query("XAA", where={"deadline": "noon"}), "unknown_column"),
        ("positions", Query("XZZ"), "not_entitled"),
        ("decisions", Query("XAA"), "not_built"),
        ("positions", Query("XAA", as_of=10_000), "not_reached"),
    ],
)
async def test_what_is_refused_says_why(stage: Stage, view: str, asked: Query | bytes, reason: str) -> None:
    answer = await ask(stage, view, asked)

    assert isinstance(answer, QueryRefused)
    assert reason == answer.reason


async def test_rows_are_found_by_their_columns_and_by_time(stage: Stage) -> None:
    said = Query("XAA", history=True, where={"state": "XBB", "stance": "ABSTAINS"})
    first = START + timedelta(seconds=ACTS - 9)

    assert {("XBB", "ABSTAINS")} == {(row["state"], row["stance"]) for row in await rows(stage, "positions", said)}
    assert 10 == len(await rows(stage, "positions", Query("XAA", history=True, since=first)))
    assert ACTS - 10 == len(
        await rows(stage, "positions", Query("XAA", history=True, until=first - timedelta(microseconds=1)))
    )


async def test_pages_follow_one_another_without_gap_or_repetition(stage: Stage) -> None:
    found: list[object] = []
    after: int | None = 0
    while after is not None:
        answer = await ask(stage, "audit", Query("ORG", after=after, limit=7))
        assert isinstance(answer, Rows)
        found += [msgspec.json.decode(row, type=dict[str, object])["from_index"] for row in answer.rows]
        after = answer.next

    assert list(range(len(stage.entries))) == found


async def test_what_ended_later_had_not_ended_then(stage: Stage) -> None:
    index = len(stage.entries) - ACTS + 5
    then = await rows(stage, "positions", Query("XAA", as_of=index, history=True))
    now = await rows(stage, "positions", Query("XAA", history=True))

    assert {None} == {row["until_index"] for row in then}
    assert None not in {row["until_index"] for row in now[:6]}


def test_what_does_not_fit_into_a_message_is_for_the_next_page() -> None:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    wide = tuple(Held(place, place, at, None, None, {"words": "x" * 100_000}) for place in range(20))
    stand = Stand("audit", 1, 1, live=True, size=20, at=at, stopped=None)
    for bytes_max, fit in ((900_000, 8), (350_000, 3), (10, 1)):
        fitting, more = _fitting(Page(stand, ("words",), wide, more=False), bytes_max)
        assert (fit, True) == (len(fitting), more)


async def test_a_store_that_fails_is_said_so(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.path.mkdir()
    answer = await ask(stage, "audit", Query("XAA"))

    assert QueryRefused("unavailable") == answer
