"""From scenario time to playing time. Both run forward; one row never overtakes another.

Virtual playing keeps every instant. Scaled playing divides each gap by the speed, with four exceptions that are said
here: what happens within seconds of a deadline keeps its real distance, no step is too short to be read, what is due at
a deadline has time to arrive, and no quiet stretch is longer than a few seconds.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from tacit_services.scenario.model import Row, Scenario

SPEED: Final = 600.0
"""Scenario seconds in one playing second, unless the caller says otherwise."""
KEEP_S: Final = 5.0
"""Gaps up to this long, this near a deadline, keep real seconds."""
STEP_S_MIN: Final = 0.3
DUE_S_MIN: Final = 6.0
"""The shortest step that ends with a deadline: what was sent before it is to be received before it, under load, too."""
QUIET_S_MAX: Final = 4.0
"""The longest step that does not."""


class TimeMap:
    """A monotone map of instants. Between two known instants it is linear, before and after them it is parallel."""

    def __init__(self, points: list[tuple[datetime, datetime]]) -> None:
        """Take pairs of scenario and playing time, both rising; no pair at all is the identity."""
        self._points = points
        self.scaled = any(scenario != playing for scenario, playing in points)

    def __call__(self, instant: datetime) -> datetime:
        """The playing time of a scenario time."""
        if not self._points:
            return instant
        after = bisect_right(self._points, instant, key=lambda point: point[0])
        start, played = self._points[max(after - 1, 0)]
        if after in (0, len(self._points)):
            return played + (instant - start)
        end, until = self._points[after]
        return played + (until - played) * ((instant - start) / (end - start))

    @property
    def length(self) -> timedelta:
        """Playing time from the first known instant to the last."""
        return self._points[-1][1] - self._points[0][1] if self._points else timedelta(0)


def virtual() -> TimeMap:
    """Scenario time itself."""
    return TimeMap([])


def scaled(scenario: Scenario, origin: datetime, speed: float = SPEED) -> TimeMap:
    """A map that starts the scenario at `origin` and runs it `speed` times as fast as it happened."""
    deadlines = set(_deadlines(scenario.rows))
    instants = sorted({row.at for row in scenario.rows} | set(_instants(row.content for row in scenario.rows)))
    points, at = [(instants[0], origin)], origin
    for earlier, later in pairwise(instants):
        at += timedelta(seconds=_playing_s(earlier, later, deadlines, speed))
        if not _near(earlier, later, deadlines):
            at += _to_whole_second(at, later, deadlines)
        points.append((later, at))
    return TimeMap(points)


def _playing_s(earlier: datetime, later: datetime, deadlines: set[datetime], speed: float) -> float:
    gap_s = (later - earlier).total_seconds()
    if _near(earlier, later, deadlines):
        return gap_s
    return DUE_S_MIN if later in deadlines else min(max(gap_s / speed, STEP_S_MIN), QUIET_S_MAX)


def _near(earlier: datetime, later: datetime, deadlines: set[datetime]) -> bool:
    return any(all(abs((end - each).total_seconds()) <= KEEP_S for end in (earlier, later)) for each in deadlines)


def _to_whole_second(at: datetime, instant: datetime, deadlines: set[datetime]) -> timedelta:
    """What to wait at `instant`, the first one near a deadline, for the deadline to fall on a whole second."""
    ahead = [each - instant for each in deadlines if 0 <= (each - instant).total_seconds() <= KEEP_S]
    return timedelta(microseconds=-(at + min(ahead)).microsecond % 1_000_000) if ahead else timedelta(0)


def _instants(values: Iterable[object]) -> Iterator[datetime]:
    for value in values:
        if isinstance(value, datetime):
            yield value
        elif isinstance(value, dict):
            yield from _instants(value.values())


def _deadlines(rows: Iterable[Row]) -> Iterator[datetime]:
    for row in rows:
        yield from _instants([row.content.get("deadline")])
