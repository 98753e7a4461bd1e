"""What is tried again, and after how long."""

from typing import Final

LOOK_S: Final = 0.2
"""Between two looks for acts that have waited for long enough."""
COME_AGAIN: Final = frozenset({429, 503})
"""Statuses after which somebody is asked again; any other says that there is no use in it."""
AGAIN_FIRST_S: Final = 0.25
AGAIN_MAX_S: Final = 5.0
"""Between two times that the same bytes go out, or that the same is asked for, while nobody can say."""


def again_after_s(tries: int) -> float:
    """How long to wait after so many tries in vain: twice as long each time, up to `AGAIN_MAX_S`."""
    return min(AGAIN_FIRST_S * 2.0 ** min(tries - 1, 16), AGAIN_MAX_S)
