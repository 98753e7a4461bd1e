"""A record that grows, and a projector that follows it, in one process."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from prometheus_client import CollectorRegistry

from tacit import subjects
from tacit.acts import PositionDeclared, ReferenceAllotted, Stance, TextCirculated, Version
from tacit.record import Entry
from tacit.rules.state import Text
from tacit.testing import EAST, World
from tacit_services.kept_fold import STATE_ENTRIES, KeptFold
from tacit_services.ports import EventStore, NewMessage
from tacit_services.projector import VIEWS, View
from tacit_services.projector.keeping import Projector
from tacit_services.projector.watch import Watch
from tacit_services.shell.event_store.memory import MemoryEventStore, MemoryRecord
from tacit_services.shell.kept_state import MemoryKeptState
from tacit_services.shell.view_store import ThreadedViews, ViewFile
from tacit_services.views import ViewStore
from tests.property.plays import stored

REACH_WAIT_S = 20.0
STANCES: tuple[Stance, ...] = ("CAN_ACCEPT", "RESERVES_SCRUTINY", "ABSTAINS", "OBJECTS")


class Stage:
    """A world whose entries go into a record in memory."""

    def __init__(self, folder: Path, world: World | None = None) -> None:
        self.world = world or World()
        self.world.organ("secretariat", ReferenceAllotted(reference="CC-M(2026)0001", subject="Draft"))
        circulated = TextCirculated(reference="CC-M(2026)0001", title="Draft", paragraphs=9)
        self.world.organ("secretariat", circulated, text=b"1. The council agrees.")
        self.record = MemoryRecord()
        self.path = folder / "views.sqlite"
        self.state = MemoryKeptState()
        self.state_entries = STATE_ENTRIES
        self.registry = CollectorRegistry()
        self.watch = Watch(self.registry)
        self.publish()

    @property
    def text(self) -> Text:
        return next(iter(self.world.state.bodies["council"].texts.values()))

    @property
    def entries(self) -> list[bytes]:
        return [stored(entry) for entry in self.world.entries]

    def publish(self) -> None:
        """Put into the record what has been said since."""
        subject = subjects.entry(self.world.organisation, "council", EAST)
        new = [NewMessage(subject, stored(entry)) for entry in self.world.entries[self.record.last :]]
        self.record.add(new, self.record.last)

    def say(self, count: int) -> None:
        """Let members take positions, and publish them."""
        for number in range(count):
            self.position(number)
        self.publish()

    def position(self, number: int) -> Entry:
        declared = PositionDeclared(
            version=Version(self.text.text, self.text.wording),
            scope=f"para:{number % 9 + 1}",
            stance=STANCES[number % len(STANCES)],
            condition="",
            statement="",
        )
        self.world.wait(1)
        return self.world.say(self.world.states[number % len(self.world.states)], declared)

    def projector(self, kept: ViewStore, views: Sequence[View] = VIEWS, store: EventStore | None = None) -> Projector:
        self.watch = Watch(CollectorRegistry())
        following = KeptFold(self.state, self.world.organisation, self.state_entries)
        return Projector(store or MemoryEventStore(self.record), kept, self.watch, views, following)

    @asynccontextmanager
    async def projecting(self, views: Sequence[View] = VIEWS) -> AsyncIterator[Projector]:
        """A projector that runs within the block."""
        with ThreadedViews(self.path, self.world.organisation) as kept:
            projector = self.projector(kept, views)
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(projector.run())
                try:
                    yield projector
                finally:
                    running.cancel()

    def file(self) -> ViewFile:
        """The views as they lie there, for a test to look at."""
        return ViewFile(self.path, self.world.organisation, read_only=True)


async def reach(projector: Projector, size: int) -> None:
    """Return once every view that goes on is live and has so many entries."""
    async with asyncio.timeout(REACH_WAIT_S):
        while not _reached(projector, size):  # noqa: ASYNC110 - what is waited for lies in a file
            await asyncio.sleep(0.01)


def _reached(projector: Projector, size: int) -> bool:
    tracks = projector.tracks
    everybody = len(tracks) == len(projector._views)
    return everybody and all(track.told or (track.live and track.written >= size) for track in tracks)
