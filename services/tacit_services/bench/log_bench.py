"""The log: an audit by hashes beside hashing alone, proofs, and how long an entry waits for its checkpoint."""

import asyncio
import hashlib
import os
import random
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Final

import msgspec
from prometheus_client import CollectorRegistry

from tacit import envelope, subjects
from tacit.acts import MessagePosted
from tacit.detached import Detached
from tacit.record import Leaf, encode_entry
from tacit.record import leaf as leaf_format
from tacit.record.archive import folder_of
from tacit.record.merkle import CompactRange, leaf_hash
from tacit.record.organisation_log import log_vkeys
from tacit.record.proofs import verify_inclusion
from tacit.record.tiles import ENTRIES, TILE_WIDTH, decode_bundle, tile_at
from tacit.record.witness_signing import WitnessSigner
from tacit.rules import catalogue, genesis
from tacit.testing import World, log_signer, witness_signer
from tacit_services.bench.comparison import Comparison, show_comparisons
from tacit_services.log_reading import LogReader
from tacit_services.notary import Log, Notary, NotarySettings, Ports, Watch
from tacit_services.notary.envelopes import Envelopes
from tacit_services.notary.intake import Taken
from tacit_services.notary.standing import Pins
from tacit_services.notary.writing import Writer
from tacit_services.ports import NewMessage
from tacit_services.right_edge import RightEdge
from tacit_services.shell.archive import FolderArchive
from tacit_services.shell.clock import SystemClock
from tacit_services.shell.event_store.bodies import JetStreamBodyStore
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.memory import MemoryBodyStore
from tacit_services.shell.event_store.organisation import OrganisationStreams
from tacit_services.shell.kept_state import MemoryKeptState
from tacit_services.shell.nats_connection import connect
from tacit_services.shell.nats_server import EmbeddedNats
from tacit_services.shell.resident import resident_bytes
from tacit_services.shell.witnesses import MemoryWitness

AUDIT_AIM: Final = 0.4
BOUND: Final = "SHA-256 of the same entries and nodes"
ENVELOPE_BYTES: Final = 900
APPENDS_PER_S: Final = 20
POLL_S: Final = 0.005


class LogPlan(msgspec.Struct, frozen=True, kw_only=True):
    """How much: entries of the written log, rounds of its audit, proofs; then seconds and entries a second of load."""

    entries: int = 1_000_000
    rounds: int = 3
    proofs: int = 2_000
    load_s: float = 10.0
    per_second: int = 500


class LogReport(msgspec.Struct, frozen=True, kw_only=True):
    """Times in seconds, rates in a second; memory is what the process had grown by, None where nobody can tell."""

    audit: Comparison
    written_per_second: float
    memory_at_a_tenth: int | None
    memory_at_the_end: int | None
    entries: int
    proof_cold_s: float
    proof_p50_s: float
    proof_p99_s: float
    delay_p50_s: float
    delay_p99_s: float
    checkpoints: int
    witnesses: int
    loaded: int


async def run_log_bench(now: datetime, plan: LogPlan) -> LogReport:
    """Write a log, audit it, prove from it; then notarise a record as it grows."""
    with tempfile.TemporaryDirectory() as folder:
        with FolderArchive(Path(folder) / "archive") as archive:
            rate, tenth, end = await _write(archive, plan.entries, now)
            bundles = [raw async for raw in _bundles(archive, plan.entries)]
            audit = _audited(bundles, plan)
            cold, warm = await _prove(archive, plan, bundles)
        delays, checkpoints, witnesses = await _load(Path(folder) / "exercise", now, plan)
    cuts = quantiles(delays, n=100)
    return LogReport(
        audit=audit,
        written_per_second=rate,
        memory_at_a_tenth=tenth,
        memory_at_the_end=end,
        entries=plan.entries,
        proof_cold_s=cold,
        proof_p50_s=median(warm),
        proof_p99_s=quantiles(warm, n=100)[98],
        delay_p50_s=cuts[49],
        delay_p99_s=cuts[98],
        checkpoints=checkpoints,
        witnesses=witnesses,
        loaded=len(delays),
    )


def _leaves(count: int, now: datetime) -> Iterator[bytes]:
    for index in range(count):
        act = hashlib.sha256(b"%d" % index).hexdigest()
        yield leaf_format.encode(Leaf(1, "0" * 64, index, 1, now, act, act))


async def _write(archive: FolderArchive, count: int, now: datetime) -> tuple[float, int | None, int | None]:
    """Write it as the notary does; entries a second, and what the process had grown by after a tenth and at the end."""
    watch = Watch(CollectorRegistry())
    writer = Writer(archive, MemoryBodyStore({}), RightEdge(), Envelopes(), Pins(()), watch)
    folder, kept = folder_of(("council", "east")), bytes(ENVELOPE_BYTES)
    before, tenth, begun_s = resident_bytes(os.getpid()), None, perf_counter()
    for index, entry in enumerate(_leaves(count, now)):
        writer.append(Taken(entry, folder, kept, None, None, void=False))
        if index % TILE_WIDTH == 0:
            await writer.relieve()
        if index == count // 10:
            tenth = resident_bytes(os.getpid())
    await writer.flush()
    await writer.tidy()
    end = resident_bytes(os.getpid())
    rate = count / (perf_counter() - begun_s)
    if before is None or tenth is None or end is None:
        return rate, None, None
    return rate, tenth - before, end - before


async def _bundles(archive: FolderArchive, size: int) -> AsyncIterator[tuple[bytes, int]]:
    for bundle in range(-(-size // TILE_WIDTH)):
        tile = tile_at(ENTRIES, bundle, size)
        raw = await archive.get(tile.path)
        assert raw is not None, "it has just been written"
        yield raw, tile.width


def _audited(bundles: Sequence[tuple[bytes, int]], plan: LogPlan) -> Comparison:
    ours, theirs = [], []
    inputs = [b"\0" + entry for raw, width in bundles for entry in decode_bundle(raw, width)]
    node = bytes(65)
    for _ in range(plan.rounds):
        begun_s = perf_counter()
        tree = CompactRange()
        for raw, width in bundles:
            tree.extend([leaf_hash(entry) for entry in decode_bundle(raw, width)])
        tree.root()
        ours.append(plan.entries / (perf_counter() - begun_s))
        begun_s = perf_counter()
        for each in inputs:
            hashlib.sha256(each).digest()
            hashlib.sha256(node).digest()
        theirs.append(plan.entries / (perf_counter() - begun_s))
    return Comparison(name="audit by hashes", ours=tuple(ours), theirs=tuple(theirs), bound=BOUND, aim=AUDIT_AIM)


async def _prove(
    archive: FolderArchive, plan: LogPlan, bundles: Sequence[tuple[bytes, int]]
) -> tuple[float, list[float]]:
    """Make and verify proofs of inclusion; the first one, and all those after it."""
    reader, dice, waits_s = LogReader(archive), random.Random(1), []  # noqa: S311 - any indices will do
    root = await LogReader(archive).root(plan.entries)
    for _ in range(plan.proofs + 1):
        index = dice.randrange(plan.entries)
        raw, width = bundles[index // TILE_WIDTH]
        leaf = leaf_hash(decode_bundle(raw, width)[index % TILE_WIDTH])
        begun_s = perf_counter()
        proof = await reader.inclusion(index, plan.entries)
        verify_inclusion(index, plan.entries, leaf, proof, root)
        waits_s.append(perf_counter() - begun_s)
    return waits_s[0], waits_s[1:]


class _Load:
    """A record that grows, and when each of its entries was appended and stood under a checkpoint."""

    def __init__(self, now: datetime, plan: LogPlan) -> None:
        self.world = World(start=now, witnessed=True)
        self.plan = plan
        self.appended_s: list[float] = []
        self.covered_s: list[float] = []
        self.checkpoints = 0
        charter = self.world.state.charter
        assert charter is not None, "a world is founded"
        self.log = Log(self.world.organisation, charter)

    def messages(self) -> list[NewMessage]:
        """The founding, and as much talk as the plan wants."""
        for number in range(round(self.plan.load_s * self.plan.per_second)):
            self.world.say(self.world.states[number % 3], MessagePosted(subject="News", in_reply_to=None), text=b"news")
        subject = subjects.entry(self.log.organisation, "council", "east")
        raw = [encode_entry(each.leaf, envelope.encode(each.envelope)) for each in self.world.entries]
        return [NewMessage(subject, each) for each in raw]

    async def append(self, store: JetStreamEventStore, messages: Sequence[NewMessage]) -> None:
        """Append at the rate of the plan."""
        at, step = 0, max(1, self.plan.per_second // APPENDS_PER_S)
        while at < len(messages):
            begun_s = perf_counter()
            part = messages[at : at + step]
            await store.append(part, at)
            at += len(part)
            self.appended_s += [perf_counter()] * len(part)
            await asyncio.sleep(max(0.0, begun_s + 1 / APPENDS_PER_S - perf_counter()))

    async def watch(self, notary: Notary, size: int) -> None:
        """Note when entries come under a checkpoint, until all have."""
        while len(self.covered_s) < size:
            fresh = notary.published.size - len(self.covered_s)
            self.checkpoints += fresh > 0
            self.covered_s += [perf_counter()] * fresh
            await asyncio.sleep(POLL_S)


async def _load(folder: Path, now: datetime, plan: LogPlan) -> tuple[list[float], int, int]:
    """How long each entry waits for its checkpoint, how many checkpoints there were, and how many witnesses."""
    load = _Load(now, plan)
    messages = load.messages()
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(EmbeddedNats(folder))
        link = await stack.enter_async_context(connect(server.url, server.credentials, "bench"))
        streams = OrganisationStreams(load.log.organisation)
        store = await JetStreamEventStore.open(link, streams.record)
        bodies = await JetStreamBodyStore.open(link, streams.bodies)
        body = Detached(b"\0" * 32, b"news")
        await bodies.put(body.digest(), msgspec.json.encode(body))
        archive = stack.enter_context(FolderArchive(folder / "archive"))
        keys, clock = log_vkeys(*load.log), SystemClock()
        witnesses = {
            state: MemoryWitness(WitnessSigner(witness_signer(state)), keys, lambda: int(clock.now().timestamp()))
            for state in load.world.states
        }
        ports = Ports(store, bodies, archive, witnesses, clock, asyncio.sleep, MemoryKeptState())
        watch = Watch(CollectorRegistry())
        notary = Notary(ports, load.log, log_signer(), genesis(catalogue()), NotarySettings(), watch)
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        notarising = tasks.create_task(notary.run())
        watching = tasks.create_task(load.watch(notary, len(messages)))
        await load.append(store, messages)
        await watching
        notarising.cancel()
    delays = [covered - appended for covered, appended in zip(load.covered_s, load.appended_s, strict=True)]
    return delays, load.checkpoints, len(witnesses)


def show_log(report: LogReport) -> str:
    """For a person."""
    memory = "?"
    if report.memory_at_a_tenth is not None and report.memory_at_the_end is not None:
        tenth, end = report.memory_at_a_tenth / 1e6, report.memory_at_the_end / 1e6
        memory = f"{tenth:.0f} MB after a tenth, {end:.0f} MB at the end"
    proofs = f"{report.proof_cold_s * 1e3:.2f} ms at first, then {report.proof_p50_s * 1e3:.2f} ms (p50)"
    delays = f"{report.delay_p50_s:.2f} s (p50), {report.delay_p99_s:.2f} s (p99)"
    how = f"{report.loaded} entries, {report.checkpoints} checkpoints, {report.witnesses} witnesses in memory"
    lines = (
        show_comparisons([report.audit]),
        f"written: {report.entries} entries, {report.written_per_second:.0f} a second; memory grown by {memory}",
        f"proof of inclusion, made and verified: {proofs}, {report.proof_p99_s * 1e3:.2f} ms (p99)",
        f"from an entry to its checkpoint: {delays}; {how}",
    )
    return "\n".join(lines)
