"""How fast a record is played: as it was, so many times as fast, or without any pause. Pure."""

from datetime import datetime


class Pace:
    """Divides the pauses of a record by a speed; None: there are none."""

    def __init__(self, speed: float | None) -> None:
        self._speed = speed
        self._begun: tuple[datetime, float] | None = None

    def wait_s(self, at: datetime, now_s: float) -> float:
        """How long still until what was received `at` is to be played, at `now_s` on any steady clock."""
        if self._speed is None:
            return 0.0
        if self._begun is None:
            self._begun = (at, now_s)
        first_at, first_s = self._begun
        due_s = first_s + (at - first_at).total_seconds() / self._speed
        return max(0.0, due_s - now_s)
