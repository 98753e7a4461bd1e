"""The registrar's operating limits, and the ports that it is given."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import msgspec

from tacit_services.ports import BodyStore, Clock, EventStore, KeptState
from tacit_services.registrar.ports import ActIndex, Elsewhere, Requests, Workers
from tacit_services.settle import SETTLE_LIMITS, SettleLimits, Sleep
from tacit_services.tracing import UNTRACED, Tracing

BATCH_ACTS_MAX: Final = 500
"""One atomic batch of the store; with its headers it stays below the server's thousand."""

CLOCK_BEHIND_MAX: Final = timedelta(seconds=1)
"""How far the clock may be behind the last time stamp of the record: with more, nobody takes over and nobody serves."""


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What bounds the registrar. Times in seconds."""

    arrivals_max: int = 8_192
    """Submissions without an answer; beyond it a client is told at once that the registrar is busy."""
    arrivals_bytes_max: int = 64_000_000
    """The same in bytes, since a submission may carry a long body."""
    chunk_acts_max: int = 32
    """Acts handed to a worker at once: enough that the hop costs little, few enough to share among two workers."""
    chunks_max: int = 2
    """Chunks that are checked and wait to be judged. Few: what waits before the check makes the next chunk larger."""
    batch_acts_max: int = BATCH_ACTS_MAX
    batches_answering_max: int = 8
    """Group commits that are durable and whose receipts are still being signed."""
    recent_acts_max: int = 16_384
    index_pause_s: float = 0.25
    """Between two writes of the index: it is never waited for, so it may come in larger portions."""
    index_behind_max: int = 100_000
    """Rows that the index may lack before nothing more is recorded; some 30 MB."""
    state_entries: int = 50_000
    """Entries after which the state is kept again; a start folds at most so many, and what a busy hour adds."""
    body_tries_max: int = 5
    rebuild_pause_s: float = 0.25
    rebuild_pause_s_max: float = 5.0
    """Pause before the record is read again after a failure of the store, doubling up to the second."""
    mend_wait_s: float = 15.0
    """How long those are waited for who can give back what the record has lost, before this registrar ends."""
    mend_pause_s: float = 0.5
    read_wait_s: float = 30.0
    """How long the record may keep silent while it is read."""
    drain_s: float = 5.0
    """How long what has arrived may take when the registrar is told to stop."""
    settle: SettleLimits = SETTLE_LIMITS


async def _nothing() -> None:
    """There is nothing to make."""


@dataclass(frozen=True, kw_only=True)
class Ports:
    """The world of one registrar."""

    store: EventStore
    bodies: BodyStore
    clock: Clock
    workers: Workers
    index: ActIndex
    kept: KeptState
    elsewhere: Elsewhere
    requests: Requests
    sleep: Sleep
    remade: Callable[[], Awaitable[None]] = _nothing
    """Makes the streams where they are missing. Raises StoreFailedError."""
    tracing: Tracing = UNTRACED
