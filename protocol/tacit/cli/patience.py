"""How long an address may keep one waiting: what it gives earns it time, and there is some to spare."""

from typing import Final

PATIENCE_S: Final = 60.0
"""To spare: so long, in all, a source may fall behind the two measures below before it is given up."""
FETCH_FILE_S: Final = 1.0
"""That each file earns, however small it is: for the way there and back."""
FETCH_BYTES_PER_S_MIN: Final = 4_096
"""At which bytes earn time."""


class Patience:
    """Counts the time for which a reader waits, and no other, against what it is given meanwhile.

    The whole wait is at most `spare_s`, a second for each file, and a second for every 4,096 bytes.
    """

    def __init__(self, spare_s: float = PATIENCE_S) -> None:
        self.spare_s = spare_s
        self.waited_s = 0.0
        self.octets = 0
        self._left_s = spare_s
        self._counted = 0

    def took(self, octets: int) -> None:
        """So many bytes have come, of whatever file."""
        self.octets += octets

    @property
    def left_s(self) -> float:
        """How long the file that is waited for may take, by what has come until now."""
        return self._left_s + FETCH_FILE_S + (self.octets - self._counted) / FETCH_BYTES_PER_S_MIN

    def waited(self, seconds: float) -> None:
        """The file is there after so many seconds. What was given in less time is no credit for later."""
        self._left_s = min(self.spare_s, self.left_s - seconds)
        self._counted = self.octets
        self.waited_s += seconds
