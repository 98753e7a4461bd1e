"""What an operator sees of the projector: metrics, log lines, how far each view is. Counts and names, never content."""

from collections.abc import Iterable
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from tacit.query import Status, ViewStatus
from tacit_services.kept_fold import CATCHING_UP
from tacit_services.projector.config import LAG_ENTRIES_MAX, LAG_S_MAX
from tacit_services.projector.folding import Track

log = structlog.get_logger()

_NAME: Final = "tacit_projector_"


class Watch:
    """The projector's metrics, in the registry that is given, and its log."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._entries = Gauge(f"{_NAME}kept_entries", "Entries kept in a view", ["view"], registry=registry)
        self._lag_entries = Gauge(f"{_NAME}lag_entries", "Entries not in a view yet", ["view"], registry=registry)
        self._lag_s = Gauge(f"{_NAME}lag_seconds", "Since when a view has been behind", ["view"], registry=registry)
        self._stopped = Gauge(f"{_NAME}stopped", "1 where an entry stopped a view", ["view"], registry=registry)
        self._written = Counter(f"{_NAME}entries_written", "Entries kept, for each view", ["view"], registry=registry)
        self._failed = Counter(f"{_NAME}store_failures", "Calls of the store that failed", registry=registry)
        self._queries = Counter(
            f"{_NAME}queries", "Questions by view and answer", ["view", "answer"], registry=registry
        )
        self._behind_since: dict[str, float] = {}
        self._statuses: dict[str, ViewStatus] = {}
        self._fold_reason: str | None = CATCHING_UP

    def began(self, track: Track) -> None:
        """A generation of a view is followed from here on."""
        reason = "live" if track.live else "building"
        log.info("view_followed", view=track.name, generation=track.generation, size=track.written, reason=reason)

    def written(self, track: Track, entries: int) -> None:
        """Entries are kept."""
        self._written.labels(track.name).inc(entries)

    def swapped(self, track: Track) -> None:
        """A generation went live."""
        log.info("view_went_live", view=track.name, generation=track.generation, size=track.written)

    def superseded(self, name: str) -> None:
        """Somebody else has built or written this view."""
        log.info("view_superseded", view=name)

    def stopped(self, track: Track) -> None:
        """A view choked on an entry: its code must be put right, and nothing else helps."""
        log.error("view_stopped", view=track.name, index=track.poison, error=track.error)

    def store_failed(self, reason: str) -> None:
        """The store of views did not answer; it is tried again."""
        self._failed.inc()
        log.warning("view_store_failed", reason=reason)

    def answered(self, view: str, answer: str) -> None:
        """A question was answered."""
        self._queries.labels(view, answer).inc()

    def look(self, tracks: Iterable[Track], last: int, now_s: float) -> None:
        """Measure lags against the record's last sequence; `now_s` is any clock that does not go back."""
        for track in tracks:
            lag = max(0, last - track.written)
            since = self._behind_since.setdefault(track.name, now_s) if lag else now_s
            if not lag:
                self._behind_since.pop(track.name, None)
            status = ViewStatus(
                view=track.name,
                version=track.view.table.version,
                live=track.live,
                size=track.written,
                lag_entries=lag,
                lag_s=round(now_s - since, 3),
                stopped=track.poison,
            )
            self._statuses[track.name] = status
            self._entries.labels(track.name).set(status.size)
            self._lag_entries.labels(track.name).set(lag)
            self._lag_s.labels(track.name).set(status.lag_s)
            self._stopped.labels(track.name).set(status.stopped is not None)

    def followed(self, reason: str | None) -> None:
        """Why the fold is not where it has to be for members to get rows; or None."""
        self._fold_reason = reason

    def of(self, name: str) -> ViewStatus | None:
        """What was found last of a view."""
        return self._statuses.get(name)

    def status(self) -> Status:
        """What was found last."""
        found = tuple(self._statuses[name] for name in sorted(self._statuses))
        seen = self._fold_reason if found else "not_looked_yet"
        reasons: tuple[str, ...] = () if seen is None else (seen,)
        for each in found:
            behind = each.lag_entries > LAG_ENTRIES_MAX or each.lag_s > LAG_S_MAX
            reason = "stopped" if each.stopped is not None else "lagging" if behind else None
            reasons += (f"view_{reason}:{each.view}",) if reason else ()
        return Status(not reasons, reasons, found)
