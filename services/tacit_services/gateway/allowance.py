"""How often one connection may hand something in: a token bucket that is told the time."""


class Allowance:
    """`burst` at once, then `per_s` a second."""

    __slots__ = ("_at_s", "_burst", "_left", "_per_s")

    def __init__(self, per_s: float, burst: float, now_s: float) -> None:
        self._per_s = per_s
        self._burst = burst
        self._left = float(burst)
        self._at_s = now_s

    def take(self, now_s: float) -> bool:
        """Take one if there is one. `now_s` is monotonic seconds."""
        self._left = min(self._burst, self._left + (now_s - self._at_s) * self._per_s)
        self._at_s = now_s
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def give_back(self) -> None:
        """Give back what was taken last."""
        self._left = min(self._burst, self._left + 1)
