"""A record, an archive and witnesses in memory, notaries that work on them, and everything that a reader may check."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cache
from typing import Final

from prometheus_client import CollectorRegistry

from tacit import envelope, profile
from tacit.acts import MessagePosted
from tacit.detached import Detached
from tacit.ids import StateCode
from tacit.record import encode_entry
from tacit.record.archive import (
    CHECKPOINT,
    ENVELOPES,
    WITNESSED,
    body_path,
    decode_kept,
    folder_of,
    log_entry,
    message_of,
)
from tacit.record.checkpoint import parse_checkpoint
from tacit.record.merkle import CompactRange, leaf_hash
from tacit.record.note import Note, parse_note
from tacit.record.organisation_log import log_vkeys, open_checkpoint, organisation_policy, origin
from tacit.record.tiles import ENTRIES, TILE_WIDTH, decode_bundle, tile_at
from tacit.rules import catalogue, genesis
from tacit.testing import COUNCIL, EAST, START, World, hybrid_witness, log_signer
from tacit_services.notary import Log, Notary, NotarySettings, Ports, Watch
from tacit_services.ports import NewMessage
from tacit_services.shell.archive import MemoryArchive
from tacit_services.shell.archive.memory import Breaks, never
from tacit_services.shell.clock import LoopClock
from tacit_services.shell.event_store.memory import MemoryBodyStore, MemoryEventStore, MemoryRecord
from tacit_services.shell.kept_state import MemoryKeptState
from tacit_services.shell.witnesses import MemoryWitness

STATES: Final = ("XAA", "XBB", "XCC")
WAIT_S: Final = 20.0
QUICK: Final = NotarySettings(checkpoint_s=0.002, heartbeat_s=0.02, witness_wait_s=0.2)


class Story:
    """A founding and, as many as are asked for, messages with texts. Two stories with one founding may differ later."""

    def __init__(self, *, witnessed: bool, told: str = "message", like: "Story | None" = None) -> None:
        self.founding: int
        self.world = World(STATES, notary=True, witnessed="hybrid" if witnessed else False)
        if like is not None:
            # The keys of the log prove their possession anew each time: another world would be another organisation.
            self.world.entries = like.world.entries[: like.founding]
            self.world.state = self.world.refold()
        self.founding = len(self.world.entries)
        self.bodies: dict[str, bytes] = {}
        self._told = told
        self._raw: list[bytes] = []

    def message(self, at: int) -> bytes:
        """The message of the stream at this index."""
        while len(self.world.entries) <= at:
            self.say()
        for entry in self.world.entries[len(self._raw) : at + 1]:
            self._raw.append(encode_entry(entry.leaf, envelope.encode(entry.envelope)))
        return self._raw[at]

    def say(self) -> None:
        """One message more, from another member each time."""
        number = len(self.world.entries)
        text = f"{self._told} {number}".encode()
        self.world.wait(0.01)
        self.world.say(STATES[number % 3], MessagePosted(subject="News", in_reply_to=None), text=text)
        body = Detached(b"\0" * 32, text)
        self.bodies[body.digest()] = profile.encode(body)


@cache
def story(*, witnessed: bool) -> Story:
    """The story of most tests, told once for all of them."""
    return Story(witnessed=witnessed)


class Town:
    """One organisation: its record, its bodies, its archive, its witnesses."""

    def __init__(self, *, witnessed: bool = True, told: Story | None = None) -> None:
        self.story = told or story(witnessed=witnessed)
        self.record = MemoryRecord()
        self.files: dict[str, bytes] = {}
        self.kept = MemoryKeptState()
        self.metrics = CollectorRegistry()
        self.settings = QUICK
        charter = self.story.world.state.charter
        assert charter is not None
        self.log = Log(self.story.world.organisation, charter)
        self.policy = organisation_policy(*self.log)
        keys = log_vkeys(*self.log)
        self.second = int(START.timestamp())
        self.witnesses = {
            witness.state: MemoryWitness(hybrid_witness(witness.state), keys, self._tick)
            for witness in charter.witnesses
        }
        self.grow(self.story.founding)

    def _tick(self) -> int:
        """A second later than the last cosignature, and no earlier than the last entry was received."""
        received = self.story.world.entries[: self.record.last][-1].leaf.received_at
        self.second = max(self.second + 1, math.ceil(received.timestamp()))
        return self.second

    def grow(self, count: int) -> int:
        """Add entries; how many there are."""
        last = self.record.last
        subject = "tacit.test.record.x"
        added = [NewMessage(subject, self.story.message(at)) for at in range(last, last + count)]
        return self.record.add(added, last)

    def notary(self, breaks: Breaks = never, *, witnesses: Mapping[StateCode, MemoryWitness] | None = None) -> Notary:
        self.metrics = CollectorRegistry()
        ports = Ports(
            record=MemoryEventStore(self.record),
            bodies=MemoryBodyStore(self.story.bodies),
            archive=MemoryArchive(self.files, breaks),
            witnesses=self.witnesses if witnesses is None else witnesses,
            clock=LoopClock(START + timedelta(days=1)),
            sleep=brief,
            kept=self.kept,
        )
        return Notary(ports, self.log, log_signer(), genesis(catalogue()), self.settings, Watch(self.metrics))

    def metric(self, name: str) -> float:
        return self.metrics.get_sample_value(f"tacit_notary_{name}") or 0.0

    @property
    def published(self) -> Note | None:
        raw = self.files.get(CHECKPOINT)
        return None if raw is None else parse_note(raw)

    @property
    def size(self) -> int:
        """Under the published checkpoint."""
        return parse_checkpoint(self.published.text).size if self.published else 0

    async def until(self, found: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_S):
            while not found():  # noqa: ASYNC110 - what is waited for is a file, and no event tells of it
                await asyncio.sleep(0.001)

    async def caught_up(self, breaks: Breaks = never) -> None:
        """Run a notary until everything is under a published checkpoint."""
        async with running(self.notary(breaks)):
            await self.until(lambda: self.size == self.record.last)


async def brief(seconds: float) -> None:
    """A short pause, whatever is asked for."""
    await asyncio.sleep(min(seconds, 0.005))


@asynccontextmanager
async def running(notary: Notary) -> AsyncIterator[None]:
    """Run it within the block; what it raises is raised."""
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(notary.run())
        try:
            yield
        finally:
            task.cancel()


def check_archive(town: Town) -> None:
    """Everything that the archive promises, checked from its files and the record alone."""
    assert town.published is not None
    checkpoint = open_checkpoint(town.published, town.policy).checkpoint
    assert origin(town.log.organisation) == checkpoint.origin
    messages = [each.data for each in town.record.messages()[: checkpoint.size]]
    entries = entries_of(town, checkpoint.size)
    assert [log_entry(message) for message in messages] == entries
    assert root_of(entries) == checkpoint.root
    kept = kept_of(town, checkpoint.size)
    assert messages == [message_of(entry, kept[index]) for index, entry in enumerate(entries)]
    for digest, body in town.story.bodies.items():
        path = body_path(folder_of((COUNCIL, EAST)), digest)
        assert town.files.get(path, body) == body
    check_history(town, [town.files[path] for path in town.files if path.startswith(f"{WITNESSED}/")])


def check_history(town: Town, notes: Iterable[bytes]) -> None:
    """Every checkpoint of the log that was ever seen is of the one history that the record tells."""
    tree = CompactRange()
    roots = [tree.root()]
    for each in town.record.messages():
        tree.append(leaf_hash(log_entry(each.data)))
        roots.append(tree.root())
    for raw in notes:
        checkpoint = parse_checkpoint(parse_note(raw).text)
        assert roots[checkpoint.size] == checkpoint.root


def entries_of(town: Town, size: int) -> list[bytes]:
    found: list[bytes] = []
    for bundle in range(-(-size // TILE_WIDTH)):
        tile = tile_at(ENTRIES, bundle, size)
        raw = town.files.get(tile.path)
        width = tile.width if raw is not None else TILE_WIDTH
        raw = town.files[tile.full.path] if raw is None else raw
        found += decode_bundle(raw, width)[: tile.width]
    return found


def kept_of(town: Town, size: int) -> dict[int, bytes]:
    """What is kept beside each entry, from the fullest file of each folder and bundle."""
    found: dict[int, bytes] = {}
    for path in (path for path in town.files if path.startswith(f"{ENVELOPES}/")):
        for each in decode_kept(town.files[path]):
            if each.index < size:
                assert found.setdefault(each.index, each.data) == each.data
    return found


def root_of(entries: list[bytes]) -> bytes:
    tree = CompactRange()
    for entry in entries:
        tree.append(leaf_hash(entry))
    return tree.root()
