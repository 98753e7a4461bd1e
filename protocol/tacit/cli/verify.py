"""`tacit verify`: a record checked from its first entry, on this machine, trusting no service."""

import os
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Final

import click
import msgspec
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.text import Text

from tacit.audit import NOT_PROVED, PROVED, Auditor, Finding, Job, check_job
from tacit.cli.progress import progress_bar
from tacit.cli.source import Source, UnreadableError, open_source
from tacit.cli.terminal import output, stamp
from tacit.ids import ActId, CredentialId
from tacit.words import quote

CHUNK_JOBS: Final = 64
"""Entries verified in one go: handing a single one to a thread costs as much as verifying it."""
CHUNKS_WAITING_MAX: Final = 64
FINDINGS_SHOWN_MAX: Final = 20


class Report(msgspec.Struct, frozen=True):
    """What was found, what that proves, and what it does not."""

    ok: bool
    source: str
    organisation: ActId | None
    name: str | None
    purpose: str | None
    root: CredentialId | None
    entries: int
    void: int
    signatures: int
    terms: int
    first_received_at: datetime | None
    last_received_at: datetime | None
    findings: tuple[Finding, ...]
    proved: tuple[str, ...]
    not_proved: tuple[str, ...]
    seconds: float
    entries_per_second: float


@click.command(epilog="\b\nExamples:\n  tacit verify record.jsonl\n  tacit log ~/tacit --json | tacit verify - --json")
@click.argument("source")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def verify(context: click.Context, source: str, as_json: bool) -> None:
    """Check a record from its first entry: form, hashes, signatures, chains, time, and every admission again.

    Exit code 0: nothing is wrong. 1: something is, and it is named. 2: the source cannot be read.
    """
    with open_source(source) as opened:
        begun = time.perf_counter()
        auditor = _audit(opened)
        seconds = time.perf_counter() - begun
    report = _report(source, auditor, seconds)
    if as_json:
        click.echo(msgspec.json.encode(report))
    else:
        _show(report)
    context.exit(0 if report.ok else 1)


def _audit(source: Source) -> Auditor:
    size = source.size
    if size == 0:
        raise UnreadableError("the source holds no entry: there is nothing to verify.")
    with progress_bar() as progress:
        task = progress.add_task("verifying", total=size)
        auditor = Auditor()
        forged = list(_verified(auditor, _counted(source.entries(), progress, task)))
        if not forged:
            return auditor
        # What follows a forged entry has been judged as if it were genuine: judge it again, with that entry void.
        progress.reset(task, description="again, in order")
        exact = Auditor(at_once=True)
        for raw in _counted(source.entries(), progress, task):
            exact.take(raw)
        return exact


def _counted(entries: Iterator[bytes], progress: Progress, task: TaskID) -> Iterator[bytes]:
    for number, raw in enumerate(entries, 1):
        yield raw
        if number % CHUNK_JOBS == 0:
            progress.update(task, completed=number)


def _verified(auditor: Auditor, entries: Iterator[bytes]) -> Iterator[Finding]:
    """Fold in order in this thread while others verify; yield the signatures that are wrong."""
    waiting: deque[Future[list[Finding]]] = deque()
    chunk: list[Job] = []
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for raw in entries:
            job = auditor.take(raw)
            chunk += [job] if job is not None else []
            if len(chunk) >= CHUNK_JOBS:
                waiting.append(pool.submit(_check_chunk, chunk))
                chunk = []
            if len(waiting) >= CHUNKS_WAITING_MAX:
                yield from waiting.popleft().result()
        yield from _check_chunk(chunk)
        for each in waiting:
            yield from each.result()


def _check_chunk(jobs: list[Job]) -> list[Finding]:
    return [finding for finding in map(check_job, jobs) if finding is not None]


def _report(source: str, auditor: Auditor, seconds: float) -> Report:
    state = auditor.state
    ok = not auditor.findings
    return Report(
        ok=ok,
        source=source,
        organisation=state.organisation,
        name=state.charter.name if state.charter else None,
        purpose=state.charter.purpose if state.charter else None,
        root=next(iter(state.credentials), None),
        entries=state.size,
        void=state.void,
        signatures=auditor.signatures,
        terms=auditor.terms,
        first_received_at=auditor.first_received_at,
        last_received_at=state.last_received_at,
        findings=tuple(auditor.findings),
        proved=PROVED if ok else (),
        not_proved=NOT_PROVED,
        seconds=round(seconds, 3),
        entries_per_second=round(state.size / seconds, 1),
    )


def _show(report: Report) -> None:
    console = output()
    console.print(f"{(report.purpose or 'no charter').upper()} {quote(report.name or '')}")
    console.print(f"  organisation {report.organisation or 'unknown'}")
    console.print(f"  its root key {report.root or 'unknown'}")
    if report.first_received_at and report.last_received_at:
        span = f"{stamp(report.first_received_at)}Z to {stamp(report.last_received_at)}Z"
        console.print(f"  {report.entries} entries, {span}, {report.terms} term(s) of a registrar")
    console.print()
    _show_findings(report, console)
    if report.ok:
        console.print("Proved, by this machine alone:", style="bold")
        for each in report.proved:
            console.print(f"  + {each}")
    console.print("Not proved by this:", style="bold")
    for each in report.not_proved:
        console.print(f"  - {each}")
    console.print()
    rate = f"{report.entries_per_second:,.0f} entries a second"
    console.print(f"{report.entries} entries, {report.signatures} signatures in {report.seconds:.2f} s ({rate})")
    verdict = "OK" if report.ok else f"NOT OK: {len(report.findings)} findings"
    console.print(Text(verdict, style="bold green" if report.ok else "bold red"))


def _show_findings(report: Report, console: Console) -> None:
    for each in report.findings[:FINDINGS_SHOWN_MAX]:
        console.print(Text(f"entry {each.index}: {each.rule} {quote(each.detail)}".rstrip(), style="red"))
    left = len(report.findings) - FINDINGS_SHOWN_MAX
    if left > 0:
        console.print(f"and {left} more: --json has them all")
    if report.findings:
        console.print()
