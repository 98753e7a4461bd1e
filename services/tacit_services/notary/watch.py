"""What an operator sees of the notary: metrics and log lines. Ids and counts, never content."""

from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from tacit.ids import StateCode
from tacit_services.notary.errors import NotaryError
from tacit_services.ports import RecordGapError, StoreFailedError

_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 600.0)

log = structlog.get_logger()


class Watch:
    """The notary's metrics, in the registry that is given, and its log."""

    def __init__(self, registry: CollectorRegistry) -> None:
        name = "tacit_notary_"
        self._running = Gauge(f"{name}running", "1 while the notary works, 0 once it has stopped", registry=registry)
        self._size = Gauge(f"{name}checkpoint_entries", "Entries under the published checkpoint", registry=registry)
        self._lag = Gauge(f"{name}lag_entries", "Entries that were read and are under no checkpoint", registry=registry)
        self._published = Counter(f"{name}checkpoints_published", "Checkpoints published", registry=registry)
        self._unmet = Counter(f"{name}quorums_unmet", "Checkpoints that too few witnesses cosigned", registry=registry)
        self._delay = Histogram(
            f"{name}checkpoint_delay_seconds",
            "From received_at to a published checkpoint, of the oldest entry under it that was under none",
            registry=registry,
            buckets=_SECONDS,
        )
        self._answered = Gauge(
            f"{name}answered_witnesses", "Witnesses that cosigned the published checkpoint", registry=registry
        )
        self._failing: set[StateCode] = set()
        self._waiting = False

    def started(self, size: int, entries: int) -> None:
        """The notary goes on after a checkpoint over so many entries; the record has `entries`."""
        self._running.set(1)
        self._size.set(size)
        log.info("notary_started", size=size, after=entries)

    def state_restored(self, size: int) -> None:
        """The state of so many entries was kept, and they are those of the archive."""
        log.info("state_restored", size=size)

    def state_kept(self, size: int) -> None:
        """The state of so many entries is kept."""
        log.debug("state_kept", size=size)

    def state_ignored(self, reason: str) -> None:
        """What was kept is of no use, or could not be kept: the record is folded from its first entry."""
        log.warning("state_ignored", reason=reason)

    def lagging(self, entries: int) -> None:
        """So many entries are under no checkpoint."""
        self._lag.set(entries)

    def published(self, size: int, witnesses: int, delay_s: float | None) -> None:
        """A checkpoint is published; None: it covers nothing new."""
        self._size.set(size)
        self._published.inc()
        self._answered.set(witnesses)
        if delay_s is not None:
            self._delay.observe(delay_s)
        if self._waiting:
            log.info("quorum_met", size=size, count=witnesses)
        self._waiting = False
        log.debug("checkpoint_published", size=size, count=witnesses)

    def unmet(self, size: int, witnesses: int) -> None:
        """Too few witnesses cosigned; it is tried again. Said once, until it is met."""
        self._unmet.inc()
        if not self._waiting:
            log.warning("quorum_missing", size=size, count=witnesses)
        self._waiting = True

    def unconfirmed(self, answered: int, quorum: int) -> None:
        """Too few witnesses say where they stand, so nothing is signed yet. Said once, until enough do."""
        if not self._waiting:
            log.warning("quorum_missing", size=0, count=answered, number=quorum)
        self._waiting = True

    def witness_answered(self, state: StateCode) -> None:
        """A witness has cosigned."""
        if state in self._failing:
            log.info("witness_answers", state=state)
        self._failing.discard(state)

    def witness_failed(self, state: StateCode, error: Exception) -> None:
        """A witness has not. Said once, until it does."""
        if state not in self._failing:
            log.warning("witness_fails", state=state, error=type(error).__name__)
        self._failing.add(state)

    def body_missing(self, index: int) -> None:
        """The detached body that an entry names is held by nobody: shredded, or lost."""
        log.warning("body_missing", index=index)

    def interrupted(self, size: int, error: Exception) -> None:
        """A store or the archive took nothing; it is tried again."""
        reason = error.reason if isinstance(error, StoreFailedError) else "outcome_unknown"
        log.warning("checkpoint_delayed", size=size, error=type(error).__name__, reason=reason)

    def stopped(self, error: NotaryError | RecordGapError) -> None:
        """The notary may not go on."""
        self._running.set(0)
        size = error.size if isinstance(error, NotaryError) else error.sequence
        log.error("notary_stopped", size=size, error=type(error).__name__)
