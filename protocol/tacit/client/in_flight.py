"""What has been sent and not answered: no more at once than the gateway allows; the rest waits for its turn. Pure."""

from collections import deque
from collections.abc import Callable

Frame = Callable[[], tuple[int, bytes] | None]
"""Makes a frame when its turn has come: its ref and its bytes, or None where nobody waits for the answer any more."""


class InFlight:
    """The frames of one connection that want an answer."""

    def __init__(self) -> None:
        self._at_once = 1
        self._waiting: deque[Frame] = deque()
        self._unanswered: set[int] = set()

    @property
    def unanswered(self) -> frozenset[int]:
        """The refs whose answers are owed."""
        return frozenset(self._unanswered)

    def allow(self, at_once: int) -> None:
        """The gateway allows so many unanswered frames."""
        self._at_once = at_once

    def add(self, frame: Frame) -> None:
        """Let a frame wait for its turn."""
        self._waiting.append(frame)

    def next(self) -> bytes | None:
        """The bytes to send now, if there is a turn and somebody whose turn it is."""
        while self._waiting and len(self._unanswered) < self._at_once:
            made = self._waiting.popleft()()
            if made is not None:
                ref, raw = made
                self._unanswered.add(ref)
                return raw
        return None

    def answered(self, ref: int | None) -> None:
        """The answer to a frame came, or nobody waits for it: the next one has its turn."""
        self._unanswered.discard(ref or 0)
