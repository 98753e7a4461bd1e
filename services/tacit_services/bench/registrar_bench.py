"""The registrar under load, on a server of its own, beside the bounds of the same minute."""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from prometheus_client import CollectorRegistry

from tacit import envelope, subjects
from tacit.ids import Suite
from tacit.rules import State, apply_bytes, catalogue, genesis
from tacit.testing import signer_for
from tacit_services.bench.bounds import publish_latency_s, verify_rate
from tacit_services.bench.load import ALONE, MEMBERS, Load, Run, closed_loop, prepare
from tacit_services.bench.sender import Order
from tacit_services.ports import NewMessage
from tacit_services.registrar import Registrar
from tacit_services.registrar.main import assemble
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.stream import StreamSettings
from tacit_services.shell.nats_connection import NatsConnection, connect
from tacit_services.shell.nats_server import EmbeddedNats

FLOOR: Final = 0.25
AIM: Final = 0.35
P99_S_MAX: Final = 0.05
LATENCY_AIM: Final = 3.0


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How many acts at each number in flight."""

    acts: tuple[tuple[int, int], ...] = ((1, 400), (32, 4_000), (256, 12_000))
    """In flight, acts."""
    suite: Suite = "ed25519"
    members: int = len(MEMBERS)


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One measurement; `verify_rate` is the mean of the bound right before and right after it."""

    way: str
    in_flight: int
    run: Run
    verify_rate: float

    @property
    def ratio(self) -> float:
        """Accepted acts against what two threads verify."""
        return self.run.rate / self.verify_rate


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was measured in one run. Times in seconds."""

    lines: list[Line]
    publish_s: float
    receipt_s: float

    @property
    def latency_ratio(self) -> float:
        """The latency of one receipt against that of one fsynced publish."""
        return self.receipt_s / self.publish_s


def show(report: Report) -> str:
    """A table for a person."""
    lines = [f"{'way':14}{'in flight':>10}{'acts/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'verify/s':>10}{'ratio':>8}"]
    for line in report.lines:
        times = f"{line.run.p50_s * 1e3:9.2f}{line.run.p99_s * 1e3:9.2f}"
        rates = f"{line.run.rate:9.0f}{times}{line.verify_rate:10.0f}{line.ratio:8.3f}"
        lines.append(f"{line.way:14}{line.in_flight:10}{rates}")
    lines.append(f"ratio at 256 in flight: floor {FLOOR}, aim {AIM}; p99 below {P99_S_MAX * 1e3:.0f} ms")
    publish, receipt = report.publish_s * 1e3, report.receipt_s * 1e3
    lines.append(
        f"one receipt {receipt:.2f} ms, one fsynced publish {publish:.2f} ms:"
        f" {report.latency_ratio:.2f} times, aim below {LATENCY_AIM:.0f}"
    )
    return "\n".join(lines)


async def run(now: datetime, plan: Plan) -> Report:
    """Measure. Takes less than a minute."""
    total = 2 * sum(count for _, count in plan.acts)
    load = prepare(total, now, plan.suite, plan.members)
    with tempfile.TemporaryDirectory() as folder:
        async with _Bench.open(Path(folder), load) as bench:
            return await bench.measure(plan)


class _Bench:
    """A server, a registrar and the load, part of which has been used up."""

    def __init__(self, server: EmbeddedNats, folder: Path, load: Load) -> None:
        self._server = server
        self._folder = folder
        self._load = load
        self._used = 0
        self._organisation = envelope.act_id(envelope.decode(load.charter).payload)
        self._file = folder / "load.msgpack"
        self._file.write_bytes(msgspec.msgpack.encode(load.submissions))
        self._state: State = genesis(catalogue())
        for message in load.founding:
            apply_bytes(self._state, message.data)

    @classmethod
    @asynccontextmanager
    async def open(cls, folder: Path, load: Load) -> AsyncIterator["_Bench"]:
        """Start the server."""
        async with EmbeddedNats(folder / "data") as server:
            yield cls(server, folder, load)

    async def measure(self, plan: Plan) -> Report:
        async with AsyncExitStack() as stack:
            connection = await stack.enter_async_context(self._connect("registrar"))
            record = await self._stream(connection, "RECORD", "record")
            await record.append(self._load.founding, 0)
            publish_s = await publish_latency_s(await self._stream(connection, "BOUND", "bound"), self._bound_message())
            registrar = await stack.enter_async_context(
                assemble(
                    connection,
                    self._load.charter,
                    signer_for("ORG/registrar", plan.suite),
                    self._folder / "index.sqlite",
                    CollectorRegistry(),
                    ALONE,
                )
            )
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(registrar.run())
                await registrar.serving.wait()
                lines = await self._lines(registrar, plan)
                await registrar.stop()
        return Report(lines=lines, publish_s=publish_s, receipt_s=lines[0].run.p50_s)

    async def _lines(self, registrar: Registrar, plan: Plan) -> list[Line]:
        lines = []
        before = await verify_rate(self._state, self._load.submissions)
        for way in ("in process", "over the bus"):
            for in_flight, count in plan.acts:
                if way == "in process":
                    said = self._load.submissions[self._used : self._used + count]
                    measured = await closed_loop(registrar.take, said, in_flight)
                else:
                    measured = await self._over_the_bus(self._used, count, in_flight)
                self._used += measured.acts
                after = await verify_rate(self._state, self._load.submissions)
                rate = (before + after) / 2
                lines.append(Line(way=way, in_flight=in_flight, run=measured, verify_rate=rate))
                before = after
        return lines

    async def _over_the_bus(self, first: int, count: int, in_flight: int) -> Run:
        secret = self._server.credentials
        order = Order(
            url=self._server.url,
            user=secret.user,
            password=secret.password,
            subject=subjects.submit(self._organisation),
            file=str(self._file),
            first=first,
            count=count,
            in_flight=in_flight,
        )
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tacit_services.bench.sender", stdin=pipe, stdout=pipe
        )
        out, _ = await process.communicate(msgspec.json.encode(order))
        return msgspec.json.decode(out, type=Run)

    def _bound_message(self) -> NewMessage:
        data = self._load.founding[-1].data
        return NewMessage(f"tacit.{subjects.tag(self._organisation)}.bound.x", data)

    def _connect(self, name: str) -> AbstractAsyncContextManager[NatsConnection]:
        return connect(self._server.url, self._server.credentials, name)

    async def _stream(self, connection: NatsConnection, name: str, token: str) -> JetStreamEventStore:
        tag = subjects.tag(self._organisation)
        return await JetStreamEventStore.open(connection, StreamSettings(f"{name}_{tag}", f"tacit.{tag}.{token}.>"))
