"""How far the bus is behind the record under load: relay, registrar and a listener in one process, as in `tacit up`.

The lag is from `received_at` to the moment at which a listener on the bus has the durable event.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Final

import msgspec
from prometheus_client import CollectorRegistry

from tacit import envelope, subjects
from tacit.testing import signer_for
from tacit_services.bench.load import ALONE, Load, closed_loop, prepare
from tacit_services.kept_fold import KeptFold
from tacit_services.registrar import Registrar
from tacit_services.registrar.main import assemble as assemble_registrar
from tacit_services.relay.main import assemble as assemble_relay
from tacit_services.relay.main import open_events, serve
from tacit_services.shell.clock import SystemClock
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.stream import StreamSettings
from tacit_services.shell.nats_connection import connect
from tacit_services.shell.nats_server import EmbeddedNats

HEARD_WAIT_S: Final = 30.0
"""From the last receipt until the listener has the last event."""


class RelayPlan(msgspec.Struct, frozen=True, kw_only=True):
    """How many acts at each number in flight, at most."""

    acts: tuple[tuple[int, int], ...] = ((1, 200), (32, 2_000), (256, 5_000))
    """In flight, acts."""


class RelayLine(msgspec.Struct, frozen=True, kw_only=True):
    """One measurement. Times in seconds; `rate` is in acts a second, until the last event was heard."""

    in_flight: int
    acts: int
    rate: float
    p50_s: float
    p99_s: float


class _Event(msgspec.Struct):
    time: datetime


def show_relay(lines: list[RelayLine]) -> str:
    """A table for a person."""
    head = f"{'bus':14}{'in flight':>10}{'acts/s':>9}{'p50 ms':>9}{'p99 ms':>9}   from received_at to a listener"
    rows = [f"{'':14}{x.in_flight:10}{x.rate:9.0f}{x.p50_s * 1e3:9.2f}{x.p99_s * 1e3:9.2f}" for x in lines]
    return "\n".join([head, *rows])


async def run_relay(now: datetime, plan: RelayPlan) -> list[RelayLine]:
    """Measure, on a server of its own. Takes about ten seconds."""
    load = prepare(sum(count for _, count in plan.acts), now)
    with tempfile.TemporaryDirectory() as folder:
        async with _serving(Path(folder), load) as (registrar, listener):
            used, lines = 0, []
            for in_flight, most in plan.acts:
                begun_s = perf_counter()
                # On a slow machine fewer are sent.
                sent = await closed_loop(registrar.take, load.submissions[used : used + most], in_flight)
                count = sent.acts
                used += count
                lags_s = sorted(await listener.hear(count))
                rate = count / (perf_counter() - begun_s)
                p50_s, p99_s = lags_s[count // 2], lags_s[count * 99 // 100]
                lines.append(RelayLine(in_flight=in_flight, acts=count, rate=rate, p50_s=p50_s, p99_s=p99_s))
            return lines


class _Listener:
    """Hears the bus, and notes of each event how old it is."""

    def __init__(self, events: JetStreamEventStore) -> None:
        self._events = events
        self._clock = SystemClock()
        self._lags_s: list[float] = []
        self._heard = asyncio.Event()

    async def listen(self) -> None:
        async with aclosing(self._events.follow(0)) as batches:
            async for batch in batches:
                now = self._clock.now()
                times = [msgspec.json.decode(each.data, type=_Event).time for each in batch]
                self._lags_s += [(now - time).total_seconds() for time in times]
                self._heard.set()

    async def hear(self, count: int) -> list[float]:
        """The lags of the next `count` events, once all of them have come."""
        async with asyncio.timeout(HEARD_WAIT_S):
            while len(self._lags_s) < count:
                self._heard.clear()
                await self._heard.wait()
        lags_s, self._lags_s = self._lags_s, []
        return lags_s


@asynccontextmanager
async def _serving(folder: Path, load: Load) -> AsyncIterator[tuple[Registrar, _Listener]]:
    organisation = envelope.act_id(envelope.decode(load.charter).payload)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(EmbeddedNats(folder / "data"))
        first, second, third = [
            await stack.enter_async_context(connect(server.url, server.credentials, name))
            for name in ("registrar", "relay", "listener")
        ]
        record = StreamSettings(subjects.record_stream(organisation), subjects.record_subjects(organisation))
        await (await JetStreamEventStore.open(first, record)).append(load.founding, 0)
        signer, index = signer_for("ORG/registrar"), folder / "index.sqlite"
        made = assemble_registrar(first, load.charter, signer, index, CollectorRegistry(), ALONE)
        registrar = await stack.enter_async_context(made)
        relay = await assemble_relay(second, organisation, CollectorRegistry(), KeptFold(None, organisation))
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        tasks.create_task(registrar.run())
        await registrar.serving.wait()
        relaying = tasks.create_task(serve(relay))
        listener = _Listener(await open_events(third, organisation))
        listening = tasks.create_task(listener.listen())
        await listener.hear(len(load.founding) + 1)  # the founding and this registrar's term are not measured
        yield registrar, listener
        for task in (listening, relaying):
            task.cancel()
        await registrar.stop()
