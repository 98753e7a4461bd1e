"""What a projector answers while it folds a record again whose views it has kept: nobody may see too much."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path

from prometheus_client import CollectorRegistry

from tacit import query
from tacit.acts import RosterRemoved
from tacit.query import Query, QueryRefused, Rows
from tacit.testing import COUNCIL, World
from tacit_services.ports import StoredMessage
from tacit_services.projector import VIEWS
from tacit_services.projector.answering import Answerer
from tacit_services.projector.keeping import Projector
from tacit_services.projector.watch import Watch
from tacit_services.shell.event_store.memory import MemoryEventStore, MemoryRecord
from tacit_services.shell.view_store import ThreadedViews
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


async def until_folded(projector: Projector, size: int) -> None:
    async with asyncio.timeout(REACH_WAIT_S):
        while projector._main.state.size < size:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)


async def test_a_removed_member_is_shown_nothing_by_the_state_before_its_removal(tmp_path: Path) -> None:
    stage = Stage(tmp_path, World(ruleset="nato-like-2"))
    before = stage.record.last
    stage.world.organ("chair", RosterRemoved(body=COUNCIL, states=(REMOVED,), basis=None, reason=""))
    for number in (0, 1, 3, 4):
        stage.position(number)
    stage.publish()
    async with stage.projecting() as projector:
        await reach(projector, stage.record.last)
    store = Slow(stage.record, before)
    with ThreadedViews(stage.path, stage.world.organisation) as kept:
        projector = Projector(store, kept, stage.watch, VIEWS)
        answerer = Answerer(kept, lambda: projector.state, Watch(CollectorRegistry()))

        async def ask(reader: str) -> query.Answer:
            return query.decode_answer(await answerer.answer("positions", query.encode(Query(reader))))

        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(projector.run())
            await until_folded(projector, before)
            assert QueryRefused("not_built") == await ask(REMOVED)
            assert isinstance(await ask("ORG"), Rows)
            store.may_go_on.set()
            await until_folded(projector, stage.record.last)
            shown = await ask(REMOVED)
            assert isinstance(shown, Rows)
            assert () == shown.rows
            running.cancel()
