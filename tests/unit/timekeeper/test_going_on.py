"""A timekeeper that goes on from the state that it kept states the same acts, octet for octet, at the same time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

from tacit import envelope
from tacit.acts import SilencePassed
from tacit.rules import catalogue, decode_snapshot, genesis
from tacit.submission import Answer, Submission, Unavailable
from tacit.testing import World
from tacit_services.kept_fold import KeptFold
from tacit_services.ports import Clock, NewMessage
from tacit_services.shell.clock import LoopClock
from tacit_services.shell.event_store.memory import MemoryEventStore, MemoryRecord
from tacit_services.shell.kept_state import MemoryKeptState
from tacit_services.timekeeper import keep, keep_time
from tests.integration.clerk import message
from tests.simulation.loop import run
from tests.unit.folded import noted
from tests.unit.timekeeper.test_due import under_silence

SETTLED_S = 5.0


class Door:
    """A registrar that only notes what it is given, and when."""

    def __init__(self, clock: Clock, taken: list[tuple[datetime, bytes]]) -> None:
        self._clock = clock
        self._taken = taken

    async def submit(self, submission: Submission) -> Answer:
        self._taken.append((self._clock.now(), envelope.encode(submission.envelope)))
        return Unavailable("busy")


class Stage:
    """A record in which a silence runs, and what was stated of it."""

    def __init__(self) -> None:
        self.world = World()
        self.silence = under_silence(self.world)
        self.record = MemoryRecord()
        self.record.add([message(self.world.organisation, entry) for entry in self.world.entries], 0)
        self.kept: MemoryKeptState | None = MemoryKeptState()
        self.stated: list[tuple[datetime, bytes]] = []

    @asynccontextmanager
    async def keeping(self, now: datetime) -> AsyncIterator[None]:
        clock = LoopClock(now)

        author, kept = self.world.author("ORG", "timekeeper"), KeptFold(self.kept, self.world.organisation)
        store = MemoryEventStore(self.record)
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(
                keep_time(store, Door(clock, self.stated), clock, author, genesis(catalogue()), kept)
            )
            yield
            task.cancel()

    async def kept_until(self, now: datetime, seconds: float) -> None:
        async with self.keeping(now):
            await asyncio.sleep(seconds)


@pytest.fixture
def folded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The index of every entry that a timekeeper folded."""
    return noted(monkeypatch, keep)


def test_the_passing_is_stated_in_time_from_the_state_that_was_kept(folded: list[int]) -> None:
    stage, anew = Stage(), Stage()
    anew.kept = None
    start = stage.world.now

    async def play() -> None:
        await stage.kept_until(start, SETTLED_S)
        folded.clear()
        await stage.kept_until(start + timedelta(seconds=SETTLED_S), 3_600)
        assert [] == folded
        await anew.kept_until(start + timedelta(seconds=SETTLED_S), 3_600)

    run(play())
    state = decode_snapshot(stage.kept.raw or b"", catalogue()).state if stage.kept else None

    assert stage.world.refold() == state
    assert [anew.stated[0][1]] * len(stage.stated) == [raw for _, raw in stage.stated]
    at, raw = stage.stated[0]
    content = SilencePassed(silence=stage.silence.leaf.act, deadline=start + timedelta(hours=1))
    assert content.silence.encode() in envelope.decode(raw).payload
    assert timedelta(0) <= at - content.deadline < timedelta(seconds=1)


def other_record(stage: Stage) -> None:
    """One in which the silence was never set."""
    said = [NewMessage(each.subject, each.data) for each in stage.record.messages()]
    stage.record = MemoryRecord()
    stage.record.add([*said[:-1], NewMessage(said[-1].subject, b"no entry")], 0)


def spoil(stage: Stage) -> None:
    assert stage.kept is not None
    stage.kept.raw = (stage.kept.raw or b"")[:-1]


@pytest.mark.parametrize(("change", "reason", "stated"), [(other_record, "differs", False), (spoil, "damaged", True)])
def test_what_is_stated_follows_the_record_and_not_what_was_kept(
    folded: list[int], change: Callable[[Stage], None], reason: str, *, stated: bool
) -> None:
    stage = Stage()
    start = stage.world.now

    async def play() -> None:
        await stage.kept_until(start, SETTLED_S)
        folded.clear()
        change(stage)
        await stage.kept_until(start + timedelta(seconds=SETTLED_S), 3_600)

    with capture_logs() as logs:
        run(play())

    assert [reason] == [line["reason"] for line in logs if line["event"] == "state_ignored"]
    assert list(range(stage.record.last)) == folded
    assert stated == bool(stage.stated)
