"""A projector in a process of its own: `python -m tests.unit.projector.child RECORD VIEWS ORGANISATION`.

Follows a record that lies in a file, a few entries at a time, and prints how far it is after each write.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path

import msgspec
from prometheus_client import CollectorRegistry

from tacit_services.kept_fold import KeptFold
from tacit_services.ports import NewMessage, StoredMessage
from tacit_services.projector import VIEWS
from tacit_services.projector.keeping import Projector
from tacit_services.projector.watch import Watch
from tacit_services.shell.event_store.memory import MemoryEventStore, MemoryRecord
from tacit_services.shell.kept_state import FileKeptState
from tacit_services.shell.view_store import ThreadedViews

BATCH = 8
DONE = "done"
STATE = "projector-state"
STATE_ENTRIES = 24
"""Kept so often that a kill comes after some, and seldom enough that the views are ahead."""


class SlowStore(MemoryEventStore):
    """Gives a few entries at a time, so that there are many moments to be killed at."""

    async def follow(self, after: int) -> AsyncGenerator[Sequence[StoredMessage], None]:
        async with aclosing(super().follow(after)) as batches:
            async for batch in batches:
                for start in range(0, len(batch), BATCH):
                    yield batch[start : start + BATCH]


async def project(record: MemoryRecord, path: Path, organisation: str) -> None:
    following = KeptFold(FileKeptState(path.with_name(STATE)), organisation, STATE_ENTRIES)
    with ThreadedViews(path, organisation) as kept:
        projector = Projector(SlowStore(record), kept, Watch(CollectorRegistry()), VIEWS, following)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(projector.run())
            said = -1
            while projector.state.size < record.last or not all(track.live for track in projector.tracks):
                size = sum(track.written for track in projector.tracks)
                if size != said:
                    said = size
                    sys.stdout.write(f"{size}\n")
                    sys.stdout.flush()
                await asyncio.sleep(0)
            running.cancel()
    sys.stdout.write(f"{DONE}\n")


def main(record: str, views: str, organisation: str) -> None:
    entries = msgspec.json.decode(Path(record).read_bytes(), type=list[bytes])
    held = MemoryRecord()
    held.add([NewMessage("tacit.record", entry) for entry in entries], 0)
    asyncio.run(project(held, Path(views), organisation))


if __name__ == "__main__":
    main(*sys.argv[1:])
