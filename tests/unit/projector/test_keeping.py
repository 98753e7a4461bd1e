"""Views that are kept: built beside the live ones, taken up again, stopped by poison, and never in anybody's way."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from tacit.rules import catalogue, genesis
from tacit_services.projector import VIEWS, Projection, Track, View
from tacit_services.projector.folding import Folded
from tacit_services.projector.positions import POSITIONS, rows
from tacit_services.shell.view_store import ViewFile
from tacit_services.views import Question
from tests.unit.projector.showing import built, folded, seen_in, seen_of
from tests.unit.projector.stage import Stage, reach

POISON = 30
NAMES = [view.table.name for view in VIEWS]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def poisoned(folded: Folded) -> Iterator[msgspec.Struct]:
    if folded.index == POISON:
        raise LookupError("what the code of a view may do")
    yield from rows(folded)


def newer(view: View) -> View:
    return View(structs.replace(view.table, version=view.table.version + 1), view.rows)


def digests(file: ViewFile) -> list[str]:
    return [file.digest(name) for name in NAMES]


async def test_views_follow_the_record_and_are_the_state(stage: Stage) -> None:
    async with stage.projecting() as projector:
        await reach(projector, stage.record.last)
        stage.say(40)
        await reach(projector, stage.record.last)

    with stage.file() as file:
        assert seen_of(stage.world.state) == seen_in(file, None)
        assert seen_of(folded(stage.entries[:30])) == seen_in(file, 29)


async def test_rebuilt_from_nothing_they_are_byte_identical(stage: Stage) -> None:
    for _ in range(3):
        stage.say(20)
        async with stage.projecting() as projector:
            await reach(projector, stage.record.last)

    with stage.file() as file, built(stage.world.organisation, stage.entries) as again:
        assert digests(again) == digests(file)


async def test_replay_emits_nothing(stage: Stage) -> None:
    stage.say(20)
    before = stage.record.messages()
    async with stage.projecting() as projector:
        await reach(projector, stage.record.last)

    assert before == stage.record.messages()


async def test_poison_stops_its_view_loudly_and_nothing_else(stage: Stage) -> None:
    stage.say(40)
    views = [View(POSITIONS.table, poisoned) if view is POSITIONS else view for view in VIEWS]
    async with stage.projecting(views) as projector:
        await reach(projector, stage.record.last)
        await asyncio.sleep(1.1)
        status = stage.watch.status()

    stopped = {each.view: each.stopped for each in status.views if each.stopped is not None}
    assert {"positions": POISON} == stopped
    assert (False, ("view_stopped:positions",)) == (status.ready, status.reasons)
    assert {stage.record.last} == {each.size for each in status.views if each.view != "positions"}


async def test_a_view_that_is_put_right_goes_on_where_it_stopped(stage: Stage) -> None:
    stage.say(40)
    async with stage.projecting([View(POSITIONS.table, poisoned)]) as projector:
        await reach(projector, stage.record.last)
        assert POISON == projector.tracks[0].written
    async with stage.projecting([POSITIONS]) as projector:
        await reach(projector, stage.record.last)

    with stage.file() as file, built(stage.world.organisation, stage.entries) as again:
        assert again.digest("positions") == file.digest("positions")
        assert [None] == [stand.stopped for stand in file.stands()]


async def test_a_new_version_is_built_beside_the_live_one_and_swapped(stage: Stage) -> None:
    stage.say(40)
    async with stage.projecting() as projector:
        await reach(projector, stage.record.last)
    views = [newer(view) if view is POSITIONS else view for view in VIEWS]
    async with stage.projecting(views) as projector:
        await reach(projector, stage.record.last)
        stage.say(10)
        await reach(projector, stage.record.last)

    with stage.file() as file, built(stage.world.organisation, stage.entries) as again:
        newest = {name: file.select(Question(name)).stand.version for name in NAMES}
        assert {view.table.name: view.table.version for view in views} == newest
        assert [1] * len(NAMES) == [sum(stand.name == name for stand in file.stands()) for name in NAMES]
        assert digests(again) == digests(file)


async def test_a_rebuild_by_another_process_is_taken_up_while_acts_go_on_being_written(stage: Stage) -> None:
    stage.say(200)
    async with stage.projecting() as projector:
        await reach(projector, stage.record.last)
        with ViewFile(stage.path, stage.world.organisation) as other:
            for view in VIEWS:
                track = Track.of(view, other.begin_anew(view.table))
                projection = Projection(genesis(catalogue()), [track])
                for start in range(0, 150, 50):
                    for raw in stage.entries[start : start + 50]:
                        projection.take(raw)
                    other.write(projection.due())
                    projection.settle()
                    stage.say(5)
                    await asyncio.sleep(0.01)
                other.swap(track.name, track.generation)
        stage.say(20)
        await reach(projector, stage.record.last)
        assert {2} == {track.generation for track in projector.tracks}

    with stage.file() as file, built(stage.world.organisation, stage.entries) as again:
        assert digests(again) == digests(file)


async def test_a_build_that_was_interrupted_is_taken_up_where_it_stopped(stage: Stage) -> None:
    stage.say(60)
    with ViewFile(stage.path, stage.world.organisation) as file:
        for view in VIEWS:
            projection = Projection(genesis(catalogue()), [Track.of(view, file.begin(view.table))])
            for raw in stage.entries[:50]:
                projection.take(raw)
            file.write(projection.due())
    async with stage.projecting() as projector:
        await reach(projector, stage.record.last)

    with stage.file() as file, built(stage.world.organisation, stage.entries) as again:
        assert {1} == {stand.generation for stand in file.stands()}
        assert digests(again) == digests(file)
