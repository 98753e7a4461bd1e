"""`tacit rebuild` on a folder whose record grows and whose views are kept and read: nobody waits, nothing differs."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from tacit import envelope, subjects
from tacit.testing import COUNCIL, EAST
from tacit_services.kept_fold import KeptFold
from tacit_services.ports import NewMessage
from tacit_services.projector import VIEWS
from tacit_services.projector.keeping import Projector
from tacit_services.projector.watch import Watch
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.organisation import OrganisationStreams
from tacit_services.shell.nats_connection import connect
from tacit_services.shell.nats_server import EmbeddedNats
from tacit_services.shell.organisation_files import OrganisationFiles
from tacit_services.shell.view_store import ThreadedViews, ViewFile
from tacit_services.views import Question
from tests.property.plays import stored
from tests.requirement import ROOT
from tests.unit.projector.showing import built, seen_in, seen_of
from tests.unit.projector.stage import Stage, reach

pytestmark = pytest.mark.requires("nats-server")

BEFORE: Final = 600
AT_ONCE: Final = 5
PAUSE_S: Final = 0.002
RUN_WAIT_S: Final = 60


class Rebuilt(msgspec.Struct):
    """What `tacit rebuild --json` says, as far as it matters here."""

    entries: int


class Growing:
    """A record on a server, and somebody who goes on writing to it."""

    def __init__(self, stage: Stage, store: JetStreamEventStore) -> None:
        self.stage = stage
        self._store = store
        self._written = 0
        self.stop = False

    async def write(self) -> None:
        """Append what has been said since."""
        subject = subjects.entry(self.stage.world.organisation, COUNCIL, EAST)
        new = [NewMessage(subject, stored(entry)) for entry in self.stage.world.entries[self._written :]]
        self._written = await self._store.append(new, self._written)

    async def grow(self) -> None:
        """Go on until told to stop; what was said is written."""
        while not self.stop:
            for number in range(AT_ONCE):
                self.stage.position(number)
            await self.write()
            await asyncio.sleep(PAUSE_S)


async def rebuild(folder: Path) -> Rebuilt:
    """The command, in a process of its own."""
    paths = os.pathsep.join(map(str, (ROOT / "protocol", ROOT / "services")))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from tacit_services.cli.rebuild import rebuild; rebuild()", str(folder), "--json",
        stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": paths},
    )  # fmt: skip
    async with asyncio.timeout(RUN_WAIT_S):
        out, _ = await process.communicate()
    assert 0 == process.returncode
    return msgspec.json.decode(out, type=Rebuilt)


class Reader:
    """Asks every view again and again; none may refuse, and none may go back."""

    def __init__(self, path: Path, organisation: str) -> None:
        self._file = ViewFile(path, organisation, read_only=True)
        self._sizes: dict[str, int] = {}
        self.answers = 0
        self.stop = False

    def close(self) -> None:
        self._file.close()

    async def read(self) -> None:
        """Go on until told to stop."""
        while not self.stop:
            for view in VIEWS:
                await asyncio.to_thread(self._ask, view.table.name)

    def _ask(self, name: str) -> None:
        stand = self._file.select(Question(name, limit=10)).stand
        assert stand.live
        self._sizes[name] = max(self._sizes.get(name, 0), stand.size)
        self.answers += 1


@asynccontextmanager
async def projecting(store: JetStreamEventStore, path: Path, organisation: str) -> AsyncIterator[Projector]:
    """A projector that runs within the block."""
    with ThreadedViews(path, organisation) as kept:
        projector = Projector(store, kept, Watch(CollectorRegistry()), VIEWS, KeptFold(None, organisation))
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(projector.run())
            try:
                yield projector
            finally:
                running.cancel()


async def test_a_rebuild_while_acts_are_written_and_views_are_read(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.say(BEFORE)
    organisation, files = stage.world.organisation, OrganisationFiles(tmp_path)
    files.write_charter(envelope.encode(stage.world.entries[0].envelope))
    async with (
        EmbeddedNats(tmp_path) as server,
        connect(server.url, server.credentials, "stage") as link,
    ):
        store = await JetStreamEventStore.open(link, OrganisationStreams(organisation).record)
        growing = Growing(stage, store)
        await growing.write()
        async with projecting(store, files.views, organisation) as projector:
            await reach(projector, BEFORE)
            reader = Reader(files.views, organisation)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(growing.grow())
                tasks.create_task(reader.read())
                before = reader.answers
                rebuilt = await rebuild(tmp_path)
                during = reader.answers - before
                growing.stop = reader.stop = True
            reader.close()
            await reach(projector, len(stage.world.entries))

    assert rebuilt.entries > BEFORE
    assert during > len(VIEWS)
    with ViewFile(files.views, organisation, read_only=True) as file, built(organisation, stage.entries) as again:
        assert seen_of(stage.world.state) == seen_in(file, None)
        for view in VIEWS:
            assert again.digest(view.table.name) == file.digest(view.table.name)
