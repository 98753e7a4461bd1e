"""What a projector answers while its fold comes to what its views show already: nobody may see too much."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path

import pytest

from tacit import query
from tacit.acts import RosterRemoved
from tacit.query import Query, QueryRefused, Rows
from tacit.testing import COUNCIL, World
from tacit_services.ports import StoredMessage
from tacit_services.projector.answering import Answerer
from tacit_services.projector.keeping import Projector
from tacit_services.shell.event_store.memory import MemoryEventStore, MemoryRecord
from tacit_services.shell.view_store import ThreadedViews
from tacit_services.views import Page, Question
from tests.unit.projector.stage import REACH_WAIT_S, Stage, reach

REMOVED = "XCC"


class Slow(MemoryEventStore):
    """Hands out the first messages, and the others once it may."""

    def __init__(self, record: MemoryRecord, first: int) -> None:
        super().__init__(record)
        self.may_go_on = asyncio.Event()
        self._first = first

    async def follow(self, after: int) -> AsyncGenerator[Sequence[StoredMessage], None]:
        async with aclosing(super().follow(after)) as batches:
            async for batch in batches:
                yield batch[: self._first]
                await self.may_go_on.wait()
                yield batch[self._first :]


class Late(ThreadedViews):
    """Views that are read only when they may be, however long ago they were asked."""

    def __init__(self, path: Path, organisation: str) -> None:
        super().__init__(path, organisation)
        self.times_asked = 0
        self.asked, self.may_read = asyncio.Event(), asyncio.Event()

    async def select(self, question: Question) -> Page:
        self.times_asked += 1
        self.asked.set()
        await self.may_read.wait()
        return await super().select(question)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path, World(ruleset="nato-like-2"))


def remove(stage: Stage) -> None:
    """A member is removed from the body, and the others go on without it."""
    stage.world.organ("chair", RosterRemoved(body=COUNCIL, states=(REMOVED,), basis=None, reason=""))
    for number in (0, 1, 3, 4):
        stage.position(number)
    stage.publish()


async def until_folded(projector: Projector, size: int) -> None:
    async with asyncio.timeout(REACH_WAIT_S):
        while projector.state.size < size:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)


async def ask(projector: Projector, kept: ThreadedViews, stage: Stage, reader: str = REMOVED) -> query.Answer:
    answerer = Answerer(kept, lambda: projector.state, stage.watch)
    return query.decode_answer(await answerer.answer("positions", query.encode(Query(reader))))


@pytest.mark.parametrize("keeping", [False, True], ids=["folding all", "from the state that was kept"])
async def test_a_removed_member_is_shown_nothing_by_the_state_before_its_removal(stage: Stage, keeping: bool) -> None:
    before = stage.record.last
    async with stage.projecting() as projector:
        await reach(projector, before)
    older = stage.state.raw
    remove(stage)
    async with stage.projecting() as projector:
        await reach(projector, stage.record.last)
    stage.state.raw = older if keeping else None
    # The state is that of the first messages, and one more is handed out with them.
    store = Slow(stage.record, before + 1)
    with ThreadedViews(stage.path, stage.world.organisation) as kept:
        projector = stage.projector(kept, store=store)
        async with asyncio.timeout(REACH_WAIT_S), asyncio.TaskGroup() as tasks:
            running = tasks.create_task(projector.run())
            await until_folded(projector, before + 1)
            assert QueryRefused("not_built") == await ask(projector, kept, stage)
            assert isinstance(await ask(projector, kept, stage, "ORG"), Rows)
            store.may_go_on.set()
            await until_folded(projector, stage.record.last)
            shown = await ask(projector, kept, stage)
            running.cancel()

    assert isinstance(shown, Rows)
    assert () == shown.rows


async def test_who_may_see_what_is_judged_again_where_the_views_have_grown_meanwhile(stage: Stage) -> None:
    with Late(stage.path, stage.world.organisation) as kept:
        projector = stage.projector(kept)
        async with asyncio.timeout(REACH_WAIT_S), asyncio.TaskGroup() as tasks:
            running = tasks.create_task(projector.run())
            await reach(projector, stage.record.last)
            asking = tasks.create_task(ask(projector, kept, stage))
            await kept.asked.wait()
            remove(stage)
            await reach(projector, stage.record.last)
            kept.may_read.set()
            shown = await asking
            running.cancel()

    assert isinstance(shown, Rows)
    assert ((), 2) == (shown.rows, kept.times_asked)
