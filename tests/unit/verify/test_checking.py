"""Signatures are verified by whichever thread has time, and every forged one is told."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest

from tacit.audit import Auditor, Job
from tacit.cli.checking import CHUNK_JOBS, CHUNKS_WAITING, Checks, other_threads
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


@pytest.mark.parametrize("stuck", [False, True])
def test_every_forged_signature_is_told_whoever_has_time(*, stuck: bool) -> None:
    with pool_of(stuck=stuck) as pool:
        checks = Checks(pool)
        for job in jobs():
            checks.add(job)
    found = checks.finish()

    assert FORGED == {finding.index for finding in found}
    assert len(FORGED) == len(found)
