"""`tacit verify` of an archive, all signatures and rules, beside verifying signatures alone; and what memory it takes.

The command runs in a process of its own, as an auditor's does; its memory is looked at while it runs.
"""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Final

import msgspec

from tacit import envelope
from tacit.acts import MessagePosted
from tacit.audit import Auditor, Job, check_job
from tacit.record import Entry, encode_entry
from tacit.record import leaf as leaf_format
from tacit.record.archive import CHECKPOINT, folder_of
from tacit.record.checkpoint import Checkpoint
from tacit.record.organisation_log import origin
from tacit.testing import World, log_signer
from tacit_services.bench.bounds import THREADS
from tacit_services.bench.comparison import Comparison, show_comparisons
from tacit_services.notary.envelopes import Envelopes
from tacit_services.right_edge import RightEdge
from tacit_services.shell.resident import resident_bytes
from tacit_services.shell.threads import Threads

REPLAY_AIM: Final = 0.8
BOUND: Final = "two threads verify the signatures"
LOOK_S: Final = 0.05
STEP_S: Final = 0.001


class ReplayPlan(msgspec.Struct, frozen=True, kw_only=True):
    """How many acts the archive holds, how often it is verified, how many signatures the bound takes each time."""

    acts: int = 40_000
    rounds: int = 3
    bound: int = 8_000


class ReplayReport(msgspec.Struct, frozen=True, kw_only=True):
    """Rates in a second; memory of the process in bytes at its highest, None where nobody can tell.

    Seconds of a processor for an entry and for a signature alone do not depend on what else the machine does.
    """

    replay: Comparison
    signatures_per_second: float
    cpu_s_of_an_entry: float
    cpu_s_of_a_signature: float
    entries: int
    memory_of_a_tenth: int | None
    memory_of_all: int | None
    going_on: float
    """How many times as fast the same record is verified from a result of all of it."""
    state_bytes: int
    """What lies beside that result."""


async def run_replay_bench(now: datetime, plan: ReplayPlan) -> ReplayReport:
    """Write an archive, then verify it and the bound in turn; memory once more at a tenth of the size."""
    with tempfile.TemporaryDirectory() as folder:
        all_of_it, tenth = Path(folder) / "all", Path(folder) / "tenth"
        jobs = _write(World(start=now, notary=True), {tenth: plan.acts // 10, all_of_it: plan.acts}, plan.bound)
        ours, theirs, signatures, peaks, cpu_s = [], [], 0.0, [], []
        for _ in range(plan.rounds):
            before, begun_s = await _bound(jobs), _children_s()
            report, peak = await _verify(all_of_it)
            cpu_s.append((_children_s() - begun_s) / plan.acts)
            ours.append(float(report["entries_per_second"]))
            signatures = float(report["signatures_per_second"])
            theirs.append((before + await _bound(jobs)) / 2)
            peaks.append(peak)
        begun_s = process_time()
        await _bound(jobs)
        alone_s = (process_time() - begun_s) / len(jobs)
        _, small = await _verify(tenth)
        going_on, state_bytes = await _go_on(all_of_it)
    return ReplayReport(
        replay=Comparison(name="cold replay", ours=tuple(ours), theirs=tuple(theirs), bound=BOUND, aim=REPLAY_AIM),
        signatures_per_second=signatures,
        cpu_s_of_an_entry=median(cpu_s),
        cpu_s_of_a_signature=alone_s,
        entries=plan.acts,
        memory_of_a_tenth=small,
        memory_of_all=None if None in peaks else max(peak for peak in peaks if peak is not None),
        going_on=going_on,
        state_bytes=state_bytes,
    )


def _write(world: World, sizes: dict[Path, int], bound: int) -> list[Job]:
    """An archive of each size, the smaller first; the first signatures as jobs."""
    edge, envelopes, auditor, jobs = RightEdge(), Envelopes(), Auditor(), list[Job]()
    for folder, size in sizes.items():
        for entry in _entries(world, edge.size, size):
            leaf, kept = leaf_format.encode(entry.leaf), envelope.encode(entry.envelope)
            edge.append(leaf)
            envelopes.add(folder_of((entry.act.header.body, entry.act.header.channel)), kept)
            if len(jobs) < bound and (job := auditor.take(encode_entry(entry.leaf, kept))) is not None:
                jobs.append(job)
        checkpoint = Checkpoint(origin(world.organisation), edge.size, edge.head.root)
        note = log_signer().sign(checkpoint, int(world.now.timestamp()))
        files = {tile.path: raw for tile, raw in (*edge.completed(), *edge.partial())}
        files |= {file.path: file.data for file in envelopes.completed()}
        files |= {each.file.path: each.file.data for each in envelopes.partial()}
        for path, raw in (files | {CHECKPOINT: note.encode()}).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(raw)
    return jobs


def _entries(world: World, first: int, size: int) -> Iterator[Entry]:
    """Entries of the world from `first` on, until there are `size`; said ones are forgotten, but for the state."""
    if first == 0:
        yield from world.entries
        first = len(world.entries)
    for number in range(first, size):
        world.now += timedelta(seconds=STEP_S)
        yield world.say(world.states[number % 3], MessagePosted(subject="News", in_reply_to=None), text=b"news")
        del world.entries[1:], world.effects[:]


async def _go_on(archive: Path) -> tuple[float, int]:
    """How much faster it is from a result, and how many octets are kept beside that."""
    result, key = archive.parent / "result", ("--key", str(archive.parent / "key"))
    cold, _ = await _verify(archive, "--save", str(result), *key)
    warm, _ = await _verify(archive, "--since", str(result), *key)
    assert warm["known"] == warm["entries"], "it is the same record"
    return warm["entries_per_second"] / cold["entries_per_second"], _octets(f"{result}.state")


def _octets(file: str) -> int:
    return Path(file).stat().st_size


async def _verify(archive: Path, *options: str) -> tuple[dict[str, float], int | None]:
    """What the command reports, and the most memory that it was seen to have."""
    command = (sys.executable, "-m", "tacit.cli", "verify", str(archive), "--json", *options)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    peak: int | None = 0
    async with asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(process.communicate())
        while not reading.done():
            seen = resident_bytes(process.pid)
            peak = max(peak or 0, seen) if seen is not None else peak
            await asyncio.wait([reading], timeout=LOOK_S)
    raw, _ = reading.result()
    report: dict[str, float] = json.loads(raw)
    assert report["ok"], "it has just been written"
    return report, peak or None


def _children_s() -> float:
    """Processor time of processes that have ended."""
    used = os.times()
    return used.children_user + used.children_system


async def _bound(jobs: list[Job]) -> float:
    begun_s = perf_counter()
    with Threads(THREADS, "bound") as threads:
        working = [threads.start(partial(_check, jobs[at::THREADS])) for at in range(THREADS)]
        for each in working:
            await each
    return len(jobs) / (perf_counter() - begun_s)


def _check(jobs: list[Job]) -> None:
    for job in jobs:
        assert check_job(job) is None, "it was signed just now"


def show_replay(report: ReplayReport) -> str:
    """For a person."""
    memory = "?"
    if report.memory_of_a_tenth is not None and report.memory_of_all is not None:
        memory = f"{report.memory_of_a_tenth / 1e6:.0f} MB for a tenth, {report.memory_of_all / 1e6:.0f} MB for all"
    entry, alone = report.cpu_s_of_an_entry * 1e6, report.cpu_s_of_a_signature * 1e6
    lines = (
        show_comparisons([report.replay]),
        f"processor time: {entry:.0f} us for an entry with all that is checked, {alone:.0f} us for a signature alone",
        f"verified: {report.entries} entries; memory of the process {memory}",
        f"from a result of all of it: {report.going_on:.0f} times as fast; its state has {report.state_bytes} octets",
    )
    return "\n".join(lines)
