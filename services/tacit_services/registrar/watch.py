"""What an operator sees of the registrar: metrics and log lines. Ids and counts, never content."""

from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from tacit.reading import Place
from tacit.record import Refusal

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_ACTS: Final = (1, 2, 5, 10, 25, 50, 100, 250, 500)

log = structlog.get_logger()


class Watch:
    """The registrar's metrics, in the registry that is given, and its log."""

    def __init__(self, registry: CollectorRegistry) -> None:
        name = "tacit_registrar_"
        self._recorded = Counter(f"{name}acts_recorded", "Acts admitted and durable", registry=registry)
        self._repeated = Counter(f"{name}acts_repeated", "Repeats answered by their first receipt", registry=registry)
        self._refused = Counter(f"{name}acts_refused", "Signed refusals by rule", ["rule"], registry=registry)
        self._unavailable = Counter(f"{name}acts_unavailable", "Acts answered by unavailable", registry=registry)
        self._equivocations = Counter(f"{name}equivocations", "Numbers signed twice", registry=registry)
        self._append = Histogram(f"{name}append_seconds", "One group commit", registry=registry, buckets=_SECONDS)
        self._batch = Histogram(f"{name}append_acts", "Acts in a group commit", registry=registry, buckets=_ACTS)
        self._answer = Histogram(
            f"{name}answer_seconds",
            "From arrival to answer, of the oldest act answered together",
            registry=registry,
            buckets=_SECONDS,
        )
        self._open = Gauge(f"{name}open_acts", "Acts that wait for an answer", registry=registry)
        self._size = Gauge(f"{name}record_entries", "Entries that are known to be durable", registry=registry)
        self._kept = Gauge(f"{name}state_entries", "Entries of which the state was kept last", registry=registry)
        self._term = Gauge(
            f"{name}term", "The term in which this registrar serves, 0 while it does not", registry=registry
        )

    def took_over(self, term: int, size: int) -> None:
        """This registrar serves from now on."""
        self._term.set(term)
        self._size.set(size)
        log.info("registrar_took_over", term=term, size=size)

    def state_restored(self, size: int) -> None:
        """The state of so many entries was kept, and they are those of the record."""
        self._kept.set(size)
        log.info("state_restored", size=size)

    def state_kept(self, size: int) -> None:
        """The state of so many entries is kept."""
        self._kept.set(size)
        log.debug("state_kept", size=size)

    def state_ignored(self, reason: str) -> None:
        """What was kept is of no use, or could not be kept: the record is folded from its first entry."""
        log.warning("state_ignored", reason=reason)

    def stopped(self, term: int, reason: str) -> None:
        """This registrar serves no more, or not until it has read the record again."""
        self._term.set(0)
        log.warning("registrar_stopped", term=term, reason=reason)

    def appended(self, count: int, size: int, seconds: float) -> None:
        """A group commit is durable."""
        self._recorded.inc(count)
        self._batch.observe(count)
        self._append.observe(seconds)
        self._size.set(size)
        log.debug("acts_recorded", count=count, size=size)

    def answered(self, oldest_s: float, waiting: int) -> None:
        """Some answers went out."""
        self._answer.observe(oldest_s)
        self._open.set(waiting)

    def repeated(self, count: int) -> None:
        """Repeats get their first receipts."""
        self._repeated.inc(count)

    def refused(self, refusal: Refusal) -> None:
        """A refusal goes out."""
        self._refused.labels(refusal.rule.value).inc()
        log.info("act_refused", act=refusal.act, rule=refusal.rule.value, size=refusal.size)

    def unavailable(self, count: int, reason: str) -> None:
        """Acts of which nobody can say yet whether they were recorded."""
        self._unavailable.inc(count)
        log.warning("acts_left_open", count=count, reason=reason)

    def equivocation(self, refusal: Refusal, place: Place) -> None:
        """A credential signed two acts under one number: it has two faces or its key is in two hands."""
        self._equivocations.inc()
        log.warning("equivocation_refused", act=refusal.act, credential=place[0], number=place[3])

    def index_failed(self) -> None:
        """The index could not be read or written; acts go on being recorded."""
        log.warning("act_index_failed")
