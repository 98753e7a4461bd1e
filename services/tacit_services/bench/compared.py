"""The registrar and the projector beside `eventsourcing`, on a real server, both durable, in the same minutes."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final

from prometheus_client import CollectorRegistry

from tacit import envelope, subjects
from tacit.ids import ActId
from tacit.reading import read
from tacit.rules import apply_bytes, catalogue, enact, genesis
from tacit.testing import signer_for
from tacit_services.bench.comparison import ComparedPlan, Comparison, in_turn
from tacit_services.bench.ledger import Kept
from tacit_services.bench.load import ALONE, Load, closed_loop, prepare
from tacit_services.kept_fold import KeptFold
from tacit_services.ports import NewMessage
from tacit_services.projector import VIEWS
from tacit_services.projector.keeping import Projector
from tacit_services.projector.watch import Watch
from tacit_services.registrar import Registrar
from tacit_services.registrar.judging import next_entry
from tacit_services.registrar.main import assemble
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.stream import StreamSettings
from tacit_services.shell.nats_connection import NatsConnection, connect
from tacit_services.shell.nats_server import EmbeddedNats
from tacit_services.shell.view_store import ThreadedViews

SAVE_AIM: Final = 1.5
REBUILD_AIM: Final = 2.0
IN_FLIGHT: Final = 256
REBUILD_WAIT_S: Final = 120.0
APPENDED_TOGETHER: Final = 500
LOOK_S: Final = 0.01


async def run_compared(now: datetime, plan: ComparedPlan) -> list[Comparison]:
    """Compare. Takes about two minutes, less where saving is fast."""
    return [await compare_saving(now, plan), *await compare_rebuilding(now, plan)]


async def compare_saving(now: datetime, plan: ComparedPlan) -> Comparison:
    """Accepted acts, 256 in flight, against saves of their application."""
    load = prepare(plan.acts * plan.rounds, now)
    with tempfile.TemporaryDirectory() as folder, Kept(Path(folder)) as kept:
        kept.fit(_entry_bytes(load))
        async with _registering(Path(folder), load) as registrar:
            used = 0

            async def ours() -> float:
                nonlocal used
                run = await closed_loop(registrar.take, load.submissions[used : used + plan.acts], IN_FLIGHT)
                used += run.acts
                return run.rate

            async def theirs() -> float:
                return await asyncio.to_thread(kept.save_rate, plan.saves)

            own, other = await in_turn(plan.rounds, ours, theirs)
    bound = "Application.save of eventsourcing, SQLite"
    return Comparison(name="accepted acts", ours=own, theirs=other, bound=bound, aim=SAVE_AIM)


async def compare_rebuilding(now: datetime, plan: ComparedPlan) -> list[Comparison]:
    """All views rebuilt from the record, against one view of theirs, and against their reading alone."""
    load = prepare(plan.entries, now)
    messages = [*load.founding, *_recorded(load, now)]
    with tempfile.TemporaryDirectory() as folder, Kept(Path(folder)) as kept:
        kept.fit(len(messages[-1].data))
        kept.save_rate(plan.events)
        async with _server(Path(folder)) as connection:
            organisation = envelope.act_id(envelope.decode(load.charter).payload)
            store, last = await _record(connection, organisation), 0
            for at in range(0, len(messages), APPENDED_TOGETHER):
                last = await store.append(messages[at : at + APPENDED_TOGETHER], last)

            async def ours() -> float:
                return await _rebuild(store, organisation, last)

            async def projected() -> float:
                return await asyncio.to_thread(kept.project_rate)

            async def replayed() -> float:
                return await asyncio.to_thread(kept.replay_rate)

            own, views, reading = await in_turn(plan.rounds, ours, projected, replayed)
    one, none = "one view by eventsourcing, SQLite", "reading alone by eventsourcing"
    name = f"rebuild of {len(VIEWS)} views"
    return [
        Comparison(name=name, ours=own, theirs=views, bound=one, aim=REBUILD_AIM),
        Comparison(name=name, ours=own, theirs=reading, bound=none, aim=None),
    ]


async def _rebuild(store: JetStreamEventStore, organisation: ActId, size: int) -> float:
    """Entries in a second until every view is live, from an empty file, as a projector does it."""
    with tempfile.TemporaryDirectory() as folder, ThreadedViews(Path(folder) / "views.sqlite", organisation) as kept:
        following = KeptFold(None, organisation)
        projector, begun_s = Projector(store, kept, Watch(CollectorRegistry()), VIEWS, following), perf_counter()
        async with asyncio.timeout(REBUILD_WAIT_S), asyncio.TaskGroup() as tasks:
            running = tasks.create_task(projector.run())
            while sum(each.live and each.written >= size for each in projector.tracks) < len(VIEWS):  # noqa: ASYNC110 - a projector tells nobody
                await asyncio.sleep(LOOK_S)
            seconds = perf_counter() - begun_s
            running.cancel()
        return size / seconds


def _entry_bytes(load: Load) -> int:
    """The median entry of this load, nearly: the envelope and a leaf."""
    return int(median(len(raw) for raw in load.submissions[:100])) + 300


def _recorded(load: Load, now: datetime) -> list[NewMessage]:
    """The entries that a registrar would make of the load; their signatures are not checked here."""
    state, made = genesis(catalogue()), []
    for message in load.founding:
        apply_bytes(state, message.data)
    stamp = max(now, state.last_received_at or now)
    for raw in load.submissions:
        reading = read(raw)
        leaf, message = next_entry(state, reading, stamp, state.term)
        enact(state, reading.act, leaf)
        made.append(message)
    return made


async def _record(connection: NatsConnection, organisation: ActId) -> JetStreamEventStore:
    settings = StreamSettings(subjects.record_stream(organisation), subjects.record_subjects(organisation))
    return await JetStreamEventStore.open(connection, settings)


@asynccontextmanager
async def _server(folder: Path) -> AsyncIterator[NatsConnection]:
    async with EmbeddedNats(folder / "data") as server, connect(server.url, server.credentials, "bench") as connection:
        yield connection


@asynccontextmanager
async def _registering(folder: Path, load: Load) -> AsyncIterator[Registrar]:
    """A registrar that serves within the block."""
    organisation = envelope.act_id(envelope.decode(load.charter).payload)
    async with AsyncExitStack() as stack:
        connection = await stack.enter_async_context(_server(folder))
        await (await _record(connection, organisation)).append(load.founding, 0)
        index, signer = folder / "index.sqlite", signer_for("ORG/registrar")
        made = assemble(connection, load.charter, signer, index, CollectorRegistry(), ALONE)
        registrar = await stack.enter_async_context(made)
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        tasks.create_task(registrar.run())
        await registrar.serving.wait()
        yield registrar
        await registrar.stop()
