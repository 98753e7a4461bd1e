"""Signatures verified by others while this thread folds, and by this one, too, while all the others are busy."""

import gc
import os
import signal
import sys
from collections import deque
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Final

from tacit.audit import Finding, Job, check_job
from tacit.cli.source import UnreadableError

CHUNK_JOBS: Final = 64
"""Entries verified in one go: handing a single one to a thread costs as much as verifying it."""
CHUNKS_WAITING: Final = 2
"""Chunks kept ready for each processor: nobody must wait for the thread that folds."""
PROCESSES_FROM: Final = 16_384
"""Entries from which on processes are worth their start, which takes as long as some thousand signatures."""
PROCESSES_MAX: Final = 8
"""More than the thread that folds keeps busy."""
SWITCH_S: Final = 0.0001
"""How long a thread that has verified waits at most for its next turn beside the one that folds."""

COLLECT_AFTER: Final = 50_000
"""Objects after which the collector looks for cycles: what is read from a record has none."""


def other_threads() -> int:
    """How many threads verify beside the one that folds: one for each processor, for one mostly waits for its turn."""
    return os.cpu_count() or 1


@contextmanager
def others(entries: int) -> Iterator[Executor]:
    """Who verifies the signatures of so many entries beside this thread.

    Raises:
        UnreadableError: one of them was ended by somebody else, so that not all is verified.
    """
    try:
        with _executor(entries) as pool:
            yield pool
    except BrokenExecutor as error:
        raise UnreadableError("a process that verified signatures was ended: verify again.") from error


def _executor(entries: int) -> Executor:
    """A process never waits for its turn at the interpreter, as a thread does after each signature.

    Where processes cannot share a queue, threads have to do.
    """
    processes = min(other_threads() - 1, PROCESSES_MAX)
    if entries >= PROCESSES_FROM and processes:
        with suppress(OSError, NotImplementedError):
            return ProcessPoolExecutor(processes, get_context("spawn"), initializer=_belong_to_the_command)
    return ThreadPoolExecutor(other_threads())


def _belong_to_the_command() -> None:
    """Ctrl-C is for the command, which then ends this process; were it killed, nobody else would."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


class Checks:
    """The signatures of a record, in the order of its entries."""

    def __init__(self, pool: Executor) -> None:
        self._pool = pool
        self._waiting_max = CHUNKS_WAITING * other_threads()
        self._waiting: deque[Future[list[Finding]]] = deque()
        self._chunk: list[Job] = []
        self._found: list[Finding] = []

    def add(self, job: Job) -> None:
        """Have the signatures of the next entry verified."""
        self._chunk.append(job)
        if len(self._chunk) < CHUNK_JOBS:
            return
        chunk, self._chunk = self._chunk, []
        while self._waiting and self._waiting[0].done():
            self._found += self._waiting.popleft().result()
        if len(self._waiting) < self._waiting_max:
            self._waiting.append(self._pool.submit(_check_chunk, chunk))
        else:
            self._found += _check_chunk(chunk)

    def finish(self) -> list[Finding]:
        """Wait for all of them; what was forged."""
        self._found += _check_chunk(self._chunk)
        for each in self._waiting:
            self._found += each.result()
        self._waiting.clear()
        return self._found


def _check_chunk(jobs: list[Job]) -> list[Finding]:
    return [finding for finding in map(check_job, jobs) if finding is not None]


@contextmanager
def busy_process() -> Iterator[None]:
    """Let threads take turns sooner, and look for rubbish less often, in a process that does nothing else."""
    switch_s, collected = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(SWITCH_S)
    gc.set_threshold(COLLECT_AFTER, *collected[1:])
    try:
        yield
    finally:
        sys.setswitchinterval(switch_s)
        gc.set_threshold(*collected)
