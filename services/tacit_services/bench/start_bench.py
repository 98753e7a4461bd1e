"""How much sooner a service does its work that begins from the state it kept, beside one that folds the same record."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import cycle
from time import perf_counter
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from prometheus_client import CollectorRegistry

from tacit import envelope, profile, subjects
from tacit.acts import (
    Deadline,
    PositionDeclared,
    ReferenceAllotted,
    SilenceSet,
    Stance,
    TextCirculated,
    Version,
)
from tacit.detached import Detached
from tacit.limits import SALT_BYTES
from tacit.record import Entry, encode_entry
from tacit.rules import catalogue
from tacit.testing import World, signer_for
from tacit_services.bench.bounds import THREADS
from tacit_services.bench.start_readers import readers_sooner
from tacit_services.ports import NewMessage
from tacit_services.registrar import Registrar, Watch
from tacit_services.registrar.settings import Ports
from tacit_services.shell.act_index import MemoryActIndex
from tacit_services.shell.clock import LoopClock
from tacit_services.shell.elsewhere import Nobody
from tacit_services.shell.event_store.memory import MemoryBodyStore, MemoryEventStore, MemoryRecord
from tacit_services.shell.kept_state import MemoryKeptState
from tacit_services.shell.requests import NoRequests
from tacit_services.shell.threads import Threads

REFERENCE: Final = "CC-M(2026)0001"
TEXT: Final = b"1."
SILENCE: Final = timedelta(hours=1)
ZONE: Final = "Europe/Brussels"
STANCES: Final[tuple[Stance, ...]] = ("JOINS", "OBJECTS")


class StartReport(msgspec.Struct, frozen=True, kw_only=True):
    """How many times sooner, over so many entries: a registrar serves, each reader of the record does its work."""

    sooner: float
    entries: int
    readers: dict[str, float]


async def run_start_bench(now: datetime, acts: int) -> StartReport:
    """Begin twice on one record in memory: at first nothing is kept, then what the first one left."""
    world = World(start=now)
    record, index, kept = MemoryRecord(), MemoryActIndex(), MemoryKeptState()
    body = Detached(bytes(SALT_BYTES), TEXT)
    for message in _messages(world, acts):
        record.add([message], record.last)
    with Threads(THREADS, "start") as workers:
        ports = Ports(
            store=MemoryEventStore(record),
            bodies=MemoryBodyStore({body.digest(): profile.encode(body)}),
            clock=LoopClock(world.now),
            workers=workers,
            index=index,
            kept=kept,
            elsewhere=Nobody(),
            requests=NoRequests(),
            sleep=asyncio.sleep,
        )
        charter = envelope.encode(world.entries[0].envelope)
        folded_s, went_on_s = [await _until_it_serves(ports, charter) for _ in range(2)]
    return StartReport(sooner=folded_s / went_on_s, entries=record.last, readers=await readers_sooner(world, record))


async def _until_it_serves(ports: Ports, charter: bytes) -> float:
    watch, signer = Watch(CollectorRegistry()), signer_for("ORG/registrar")
    registrar = Registrar(ports, signer, watch, rulesets=catalogue(), charter=charter)
    begun_s = perf_counter()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(registrar.run())
        await registrar.serving.wait()
        took_s = perf_counter() - begun_s
        await registrar.stop()
    return took_s


def _messages(world: World, acts: int) -> Iterator[NewMessage]:
    """A record in which members change their minds on one text: it grows, and what it comes to does not.

    At its end a silence begins, which passes an hour later.
    """
    yield from (_message(world, entry) for entry in world.entries)
    yield _message(world, world.organ("secretariat", ReferenceAllotted(reference=REFERENCE, subject="Draft")))
    circulated = TextCirculated(reference=REFERENCE, title="Draft", paragraphs=1)
    text = world.organ("secretariat", circulated, text=TEXT)
    yield _message(world, text)
    version = Version(text=text.leaf.act, wording=text.act.header.detached or "")
    for _, state, stance in zip(range(acts), cycle(world.states), cycle(STANCES), strict=False):
        world.now += timedelta(milliseconds=1)
        said = PositionDeclared(version=version, scope="text", stance=stance, condition="", statement="")
        yield _message(world, world.say(state, said))
        del world.entries[1:], world.effects[:]
    at = (world.now + SILENCE).replace(microsecond=0)
    deadline = Deadline(at, ZONE, f"{at.astimezone(ZoneInfo(ZONE)):%H:%M} Brussels")
    yield _message(world, world.organ("chair", SilenceSet(version=version, deadline=deadline)))


def _message(world: World, entry: Entry) -> NewMessage:
    header = entry.act.header
    subject = subjects.entry(world.organisation, header.body, header.channel)
    return NewMessage(subject, encode_entry(entry.leaf, envelope.encode(entry.envelope)))
