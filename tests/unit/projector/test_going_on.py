"""A projector that begins from the state it kept shows what one shows that has folded everything."""

import asyncio
from collections.abc import MutableMapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from tacit.rules import catalogue, decode_snapshot, encode_snapshot
from tacit_services.kept_states import UnusableStateError
from tacit_services.ports import NewMessage, StoreFailedError
from tacit_services.projector import VIEWS, View, folding
from tacit_services.projector.going_on import Remembered, decode_beside
from tacit_services.projector.positions import POSITIONS
from tacit_services.shell.view_store import ThreadedViews
from tacit_services.shell.view_store.file import remove as remove_file
from tacit_services.views import Question, Written
from tests.property.plays import stored
from tests.unit.folded import noted
from tests.unit.projector.showing import built
from tests.unit.projector.stage import REACH_WAIT_S, Stage, reach
from tests.unit.projector.test_keeping import NAMES, POISON, newer, poisoned
from tests.unit.projector.test_rights_at_a_start import Slow
from tests.unit.unga.assembly import Assembly
from tests.unit.unga.test_importing import source

BEGUN = 100
"""More than the entries of these records: a state is kept after as many only where the projector stops."""
Logs = Sequence[MutableMapping[str, Any]]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


@pytest.fixture
def folded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The indices of the entries that were folded for views."""
    return noted(monkeypatch, folding)


async def run(stage: Stage, views: Sequence[View] = VIEWS) -> Logs:
    """Start, come to the end of the record with every view in one fold, stop in order; gives what was said."""
    with capture_logs() as logs:
        async with asyncio.timeout(REACH_WAIT_S), stage.projecting(views) as projector:
            while projector.state.size < stage.record.last or projector._building:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.01)
            await reach(projector, stage.record.last)
    return logs


def size_kept(stage: Stage) -> int:
    return decode_snapshot(stage.state.raw or b"", catalogue()).size


def sizes(logs: Logs) -> list[int]:
    return [line["size"] for line in logs if line["event"] == "state_restored"]


def ignored(logs: Logs) -> list[str]:
    return [line["reason"] for line in logs if line["event"] == "state_ignored"]


async def kept_at(stage: Stage, size: int) -> None:
    async with asyncio.timeout(REACH_WAIT_S):
        while stage.state.raw is None or size_kept(stage) < size:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)


def same_as_built(stage: Stage, names: Sequence[str] = tuple(NAMES)) -> bool:
    with stage.file() as file, built(stage.world.organisation, stage.entries) as again:
        return [file.digest(name) for name in names] == [again.digest(name) for name in names]


async def test_a_start_folds_only_what_came_after_the_state(stage: Stage, folded: list[int]) -> None:
    stage.say(30)
    await run(stage)
    first = stage.record.last
    assert first == size_kept(stage)
    stage.say(5)
    folded.clear()
    logs = await run(stage)

    assert ([first], []) == (sizes(logs), ignored(logs))
    assert list(range(first, stage.record.last)) == folded
    assert (stage.record.last, True) == (size_kept(stage), same_as_built(stage))


@pytest.mark.parametrize("entries", [1, 10, BEGUN])
async def test_what_the_views_have_beyond_the_state_is_folded_again_and_not_written_again(
    entries: int, stage: Stage, folded: list[int]
) -> None:
    """As after a kill: the views are written at once, and the state only now and then."""
    stage.state_entries = entries
    stage.say(20)
    async with stage.projecting() as projector:
        await reach(projector, stage.record.last)
        if entries < BEGUN:
            await kept_at(stage, stage.record.last)
        before = stage.state.raw
        stage.say(7)
        await reach(projector, stage.record.last)
        stage.say(3)
        await reach(projector, stage.record.last)
    written = stage.record.last
    stage.state.raw = before
    folded.clear()
    logs = await run(stage)

    begun = [] if before is None else [written - 10]
    assert begun == sizes(logs)
    assert list(range(begun[0] if begun else 0, written)) == folded
    assert same_as_built(stage)


async def test_a_state_of_more_than_the_views_hold_is_said_and_all_is_folded(stage: Stage, folded: list[int]) -> None:
    stage.say(20)
    await run(stage)
    remove_file(stage.path)
    folded.clear()
    logs = await run(stage)

    assert ["longer_than_the_views"] == ignored(logs)
    assert list(range(stage.record.last)) == folded
    assert same_as_built(stage)


async def test_views_that_lie_behind_the_state_are_built_apart_and_the_others_go_on(
    stage: Stage, folded: list[int]
) -> None:
    stage.say(10)
    await run(stage)
    assert stage.record.last < POISON
    stage.say(30)
    await run(stage, [View(POSITIONS.table, poisoned) if view is POSITIONS else view for view in VIEWS])
    assert stage.record.last == size_kept(stage)
    folded.clear()
    logs = await run(stage)

    assert [stage.record.last] == sizes(logs)
    assert list(range(stage.record.last)) == folded
    assert same_as_built(stage)
    with stage.file() as file:
        assert {None} == {stand.stopped for stand in file.stands()}


async def test_a_new_version_of_a_view_is_built_apart_and_the_others_go_on(stage: Stage) -> None:
    stage.say(40)
    await run(stage)
    views = [newer(view) if view is POSITIONS else view for view in VIEWS]
    logs = await run(stage, views)
    assert [stage.record.last] == sizes(logs)

    stage.say(4)
    assert [stage.record.last - 4] == sizes(await run(stage, views))
    assert same_as_built(stage)


async def test_a_state_is_not_kept_that_a_view_is_behind(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.say(20)
    await run(stage)
    before, full = size_kept(stage), asyncio.Event()

    async def write(_self: ThreadedViews, _written: Sequence[Written]) -> None:
        full.set()
        raise StoreFailedError("disk_full")

    stage.say(5)
    with monkeypatch.context() as patched:
        patched.setattr(ThreadedViews, "write", write)
        async with asyncio.timeout(REACH_WAIT_S), stage.projecting() as projector:
            await full.wait()
            assert stage.record.last == projector.state.size
    assert before == size_kept(stage)
    assert [before] == sizes(await run(stage))
    assert same_as_built(stage)


async def test_ballots_that_were_cast_before_the_stop_are_counted_after_it(tmp_path: Path, folded: list[int]) -> None:
    assembly = Assembly(source("generated"))
    await assembly.take_in_scattered(5)
    entries, stage = [stored(entry) for entry in assembly.office.entries()], Stage(tmp_path)
    stage.world, stage.record = assembly.world, type(stage.record)()
    messages = [NewMessage(each.subject, each.data) for each in assembly.office.record.messages()]
    remembered: list[Remembered] = []
    for end in range(len(entries) // 5, len(entries) + 1, len(entries) // 5):
        stage.record.add(messages[stage.record.last : end], stage.record.last)
        folded.clear()
        logs = await run(stage)
        assert folded == list(range(sizes(logs)[0] if remembered else 0, end))
        remembered.append(decode_beside(decode_snapshot(stage.state.raw or b"", catalogue()).beside)["votes"])

    assert any(len(each.memory) > 1 for each in remembered[:-1])
    with stage.file() as file, built("", entries[: stage.record.last]) as whole:
        assert whole.digest("votes") == file.digest("votes")
        assert file.select(Question("votes")).rows


def with_votes(stage: Stage, **fields: Any) -> None:
    """Change what the view of votes remembers, as another version might have written it."""
    found = decode_snapshot(stage.state.raw or b"", catalogue())
    beside = decode_beside(found.beside)
    beside["votes"] = msgspec.structs.replace(beside["votes"], **fields)
    stage.state.raw = encode_snapshot(found.state, bytes.fromhex(found.digest), msgspec.msgpack.encode(beside))


@pytest.mark.parametrize("fields", [{"version": 9}, {"heard": 0}, {"heard": 9_999}])
async def test_a_memory_that_does_not_fit_is_built_from_the_record_and_the_others_go_on(
    fields: dict[str, int], stage: Stage, folded: list[int]
) -> None:
    stage.say(20)
    await run(stage)
    with_votes(stage, **fields)
    folded.clear()
    logs = await run(stage)

    assert ([stage.record.last], []) == (sizes(logs), ignored(logs))
    assert list(range(stage.record.last)) == folded
    assert same_as_built(stage)


@pytest.mark.parametrize("memory", [b"", b"\x90", b"\xc1", b"\x81\xa1x\x80"])
async def test_a_memory_that_cannot_be_read_is_said_and_all_is_folded(memory: bytes, stage: Stage) -> None:
    stage.say(20)
    await run(stage)
    with_votes(stage, memory=memory)
    logs = await run(stage)

    assert ([], ["other_version"]) == (sizes(logs), ignored(logs))
    assert same_as_built(stage)


@pytest.mark.parametrize("raw", [b"", b"\x90", b"\x81\xa5votes\x93\x01\x02", b"\x81\xa1\xff\x93\x01\x02\xc4\x00"])
def test_what_lies_beside_a_state_and_is_of_another_version_is_of_no_use(raw: bytes) -> None:
    assert {"votes": Remembered(1, 2, b"")} == decode_beside(b"\x81\xa5votes\x93\x01\x02\xc4\x00")
    with pytest.raises(UnusableStateError, match="other_version"):
        decode_beside(raw)


async def test_a_projector_is_not_ready_before_it_has_caught_up(stage: Stage) -> None:
    stage.say(20)
    await run(stage)
    stage.state.raw = None
    with ThreadedViews(stage.path, stage.world.organisation) as kept:
        store = Slow(stage.record, 10)
        projector = stage.projector(kept, store=store)
        async with asyncio.timeout(REACH_WAIT_S), asyncio.TaskGroup() as tasks:
            running = tasks.create_task(projector.run())
            reasons = []
            for may_go_on in (False, True):
                if may_go_on:
                    store.may_go_on.set()
                status = stage.watch.status()
                while not status.views or status.ready is not may_go_on:
                    await asyncio.sleep(0.01)
                    status = stage.watch.status()
                reasons.append(status.reasons)
            running.cancel()

    assert [("catching_up",), ()] == reasons
