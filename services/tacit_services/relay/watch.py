"""What an operator sees of the relay: metrics and log lines. Ids and counts, never content."""

from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 600.0)

log = structlog.get_logger()


class Watch:
    """The relay's metrics, in the registry that is given, and its log."""

    def __init__(self, registry: CollectorRegistry) -> None:
        name = "tacit_relay_"
        self._running = Gauge(f"{name}running", "1 while the relay works, 0 once it has stopped", registry=registry)
        self._entries = Gauge(f"{name}record_entries", "Entries whose events are durable", registry=registry)
        self._lag = Gauge(f"{name}lag_entries", "Entries of the record without a durable event", registry=registry)
        self._lag_s = Gauge(f"{name}lag_seconds", "Since when the record has been ahead of the bus", registry=registry)
        self._delay = Histogram(
            f"{name}delay_seconds",
            "From received_at to a durable event, of the oldest entry published together",
            registry=registry,
            buckets=_SECONDS,
        )
        self._void = Counter(
            f"{name}void_entries", "Entries without effect that were published as such", registry=registry
        )

    def started(self, published: int) -> None:
        """The relay goes on after so many events."""
        self._running.set(1)
        self._entries.set(published)
        log.info("relay_started", size=published)

    def published(self, size: int, void: int, oldest_s: float) -> None:
        """Events are durable up to this size of the record."""
        self._entries.set(size)
        self._void.inc(void)
        self._delay.observe(oldest_s)
        log.debug("events_published", size=size)

    def lagging(self, entries: int, seconds: float) -> None:
        """How far the bus was behind at the last look."""
        self._lag.set(entries)
        self._lag_s.set(seconds)

    def interrupted(self, size: int, error: Exception) -> None:
        """The store took nothing; it is tried again."""
        log.warning("events_delayed", size=size, error=type(error).__name__)

    def stopped(self, size: int, error: Exception) -> None:
        """The relay may not go on."""
        self._running.set(0)
        log.error("relay_stopped", size=size, error=type(error).__name__)
