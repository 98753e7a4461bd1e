"""Signatures are verified by whoever has time, and every forged one is told."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from tacit.audit import Auditor, Job
from tacit.cli import checking
from tacit.cli.checking import CHUNK_JOBS, CHUNKS_WAITING, PROCESSES_FROM, Checks, other_threads, others
from tacit.cli.source import UnreadableError
from tests.unit.cli.files import forged, record_of

CHUNKS = CHUNKS_WAITING * other_threads() + 3
FORGED = {3, 2 * CHUNK_JOBS, CHUNKS * CHUNK_JOBS, CHUNKS * CHUNK_JOBS + 5}
"""In the first chunk, which another thread may take, in a later one, and after the last whole one."""


def job_of(raw: bytes) -> Job:
    auditor, jobs = Auditor(), []
    for each in [*record_of("deadline")][:-1]:
        auditor.take(each)
    jobs.append(auditor.take(raw))
    assert jobs[0] is not None
    return jobs[0]


GOOD, BAD = (job_of(raw) for raw in (list(record_of("deadline"))[-1], forged(list(record_of("deadline"))[-1])))


def jobs() -> Iterator[Job]:
    for index in range(CHUNKS * CHUNK_JOBS + 7):
        job = BAD if index in FORGED else GOOD
        yield Job(index, job.signers, job.envelope)


@contextmanager
def pool_of(*, stuck: bool) -> Iterator[ThreadPoolExecutor]:
    """Other threads: those that are stuck go on when the pool is left to finish."""
    go_on = Event()
    with ThreadPoolExecutor(other_threads()) as pool:
        for _ in range(other_threads() if stuck else 0):
            pool.submit(go_on.wait)
        try:
            yield pool
        finally:
            go_on.set()


def forged_by(pool: Executor) -> list[int]:
    checks = Checks(pool)
    for job in jobs():
        checks.add(job)
    return sorted(finding.index for finding in checks.finish())


@pytest.mark.parametrize("stuck", [False, True])
def test_every_forged_signature_is_told_whoever_has_time(*, stuck: bool) -> None:
    with pool_of(stuck=stuck) as pool:
        checks = Checks(pool)
        for job in jobs():
            checks.add(job)

    assert sorted(FORGED) == sorted(finding.index for finding in checks.finish())


@pytest.fixture
def _two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "other_threads", lambda: 2)


@pytest.mark.usefixtures("_two_processors")
def test_a_long_record_has_its_signatures_verified_by_another_process() -> None:
    with others(PROCESSES_FROM) as pool:
        elsewhere = pool.submit(os.getpid).result()
        found = forged_by(pool)
    with others(PROCESSES_FROM - 1) as pool:
        here = pool.submit(os.getpid).result()

    assert os.getpid() != elsewhere
    assert os.getpid() == here
    assert sorted(FORGED) == found


@pytest.mark.usefixtures("_two_processors")
def test_threads_verify_where_processes_cannot_share_a_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(checking, "ProcessPoolExecutor", refuse)
    with others(PROCESSES_FROM) as pool:
        assert isinstance(pool, ThreadPoolExecutor)
        assert sorted(FORGED) == forged_by(pool)


@pytest.mark.usefixtures("_two_processors")
def test_whoever_ends_the_other_process_is_told_that_not_all_is_verified() -> None:
    def verify() -> None:
        with others(PROCESSES_FROM) as pool:
            pool.submit(os._exit, 1)
            forged_by(pool)

    with pytest.raises(UnreadableError, match="verify again"):
        verify()


WAITS = f"""
import os, sys, time
from tacit.cli import checking
if __name__ == "__main__":
    checking.other_threads = lambda: 2
    with checking.others({PROCESSES_FROM}) as pool:
        pool.submit(os.getpid).result()
        print("begun", flush=True)
        time.sleep(600)
"""


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_the_command(told: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "waits.py").write_text(WAITS)
    command = [sys.executable, str(tmp_path / "waits.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        if told == signal.SIGINT:
            os.killpg(process.pid, told)  # as a terminal does: all of them hear it
        else:
            process.send_signal(told)
        _, errors = process.communicate(timeout=60)  # until nobody has standard output any more

    assert process.returncode != 0
    assert b"SpawnProcess" not in errors, "the other process has nothing to say about it"
