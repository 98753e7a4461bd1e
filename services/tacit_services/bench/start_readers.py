"""The same for those that only read the record: each folds it, then begins from what the first one left.

They begin in turn on a record in memory, so what a store takes to give the entries is in neither time.
"""

import asyncio
import tempfile
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Final

from prometheus_client import CollectorRegistry

from tacit import subjects
from tacit.ids import ORGANISATION
from tacit.rules import catalogue, genesis
from tacit.submission import Answer, Submission, Unavailable
from tacit.testing import World
from tacit_services.gateway.board import Board
from tacit_services.gateway.going_on import Charter, GatewayFold
from tacit_services.gateway.recent import Ring
from tacit_services.gateway.tail import Tail
from tacit_services.kept_fold import KeptFold
from tacit_services.ports import NewMessage
from tacit_services.projector import VIEWS
from tacit_services.projector.keeping import Projector
from tacit_services.projector.watch import Watch as ProjectorWatch
from tacit_services.relay import Ports, Relay, Telling, Watch
from tacit_services.shell.clock import LoopClock
from tacit_services.shell.event_store.memory import MemoryEventStore, MemoryRecord
from tacit_services.shell.kept_state import MemoryKeptState
from tacit_services.shell.view_store import ThreadedViews
from tacit_services.timekeeper import keep_time

RING: Final = (4_096, 64 * 1024 * 1024)
LOOK_S: Final = 0.001
LATER: Final = timedelta(hours=2)
"""After the deadline of the silence with which the record ends."""


class Door:
    """A registrar that takes nothing, and tells when it was asked."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def submit(self, _submission: Submission) -> Answer:
        """Say that nobody can say."""
        self.asked.set()
        return Unavailable("busy")


class Readers:
    """Each of them, on one record that ends with a silence. Each coroutine runs until it has done its work once."""

    def __init__(self, world: World, record: MemoryRecord, folder: Path) -> None:
        self._world = world
        self._record = record
        self._views = folder / "views.sqlite"
        self._events = MemoryRecord(f"tacit.{world.organisation[:12]}.events.>")

    async def gateway(self, kept: KeptFold) -> None:
        """Until the page and those who sign in see the whole record."""
        state, charter = genesis(catalogue()), Charter()
        board = Board(state)
        tail = Tail(MemoryEventStore(self._record), state, Ring(*RING), (charter.watch, board.watch))
        await _while(tail.follow(kept, GatewayFold(tail, charter, board)), tail.beyond(self._record.last - 1))

    async def timekeeper(self, kept: KeptFold) -> None:
        """Until it states that the silence has passed."""
        door, clock = Door(), LoopClock(self._world.now + LATER)
        author = self._world.author(ORGANISATION, "timekeeper")
        store = MemoryEventStore(self._record)
        await _while(keep_time(store, door, clock, author, genesis(catalogue()), kept), door.asked.wait())

    async def relay(self, kept: KeptFold) -> None:
        """Until it publishes the event of one more entry; at the first time, of all."""
        self._record.add([NewMessage(subjects.entry(self._world.organisation, None, None), b"junk")], self._record.last)
        clock = LoopClock(self._world.now)
        ports = Ports(MemoryEventStore(self._record), MemoryEventStore(self._events), clock, asyncio.sleep)
        telling = Telling(self._world.organisation, genesis(catalogue()))
        relay = Relay(ports, telling, Watch(CollectorRegistry()), kept)

        async def published() -> None:
            while relay.published < self._record.last:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0)

        await _while(relay.run(), published())

    async def projector(self, kept: KeptFold) -> None:
        """Until every view holds the whole record and it can say what a member may see; at first it builds them."""
        with ThreadedViews(self._views, self._world.organisation) as views:
            watch, store = ProjectorWatch(CollectorRegistry()), MemoryEventStore(self._record)
            projector = Projector(store, views, watch, VIEWS, kept)

            async def at_work() -> None:
                last = self._record.last
                while projector.state.size < last or not all(each.written >= last for each in projector.tracks):  # noqa: ASYNC110 - a projector tells nobody
                    await asyncio.sleep(LOOK_S)

            await _while(projector.run(), at_work())


async def readers_sooner(world: World, record: MemoryRecord) -> dict[str, float]:
    """How many times sooner each of them does its work on this record, which ends with a silence."""
    found = dict[str, float]()
    with tempfile.TemporaryDirectory() as folder:
        readers = Readers(world, record, Path(folder))
        for read in (readers.relay, readers.projector):
            await read(KeptFold(None, world.organisation))
        for read in (readers.gateway, readers.timekeeper, readers.relay, readers.projector):
            kept = MemoryKeptState()
            folded_s, went_on_s = [await _timed(read(KeptFold(kept, world.organisation))) for _ in range(2)]
            found[read.__name__] = folded_s / went_on_s
    return found


async def _timed(work: Coroutine[None, None, None]) -> float:
    begun_s = perf_counter()
    await work
    return perf_counter() - begun_s


async def _while(running: Coroutine[None, None, None], done: Coroutine[None, None, object]) -> None:
    """Run something until something else is done, then stop it in order."""
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(running)
        await done
        task.cancel()
