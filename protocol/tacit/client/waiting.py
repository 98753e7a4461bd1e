"""How long to wait before the same is tried again."""

from typing import Final

AGAIN_FIRST_S: Final = 0.25
AGAIN_MAX_S: Final = 5.0
"""Between two times that the same bytes go out, or that the same is asked for, while nobody can say."""


def again_after_s(tries: int) -> float:
    """How long to wait after so many tries in vain: twice as long each time, up to `AGAIN_MAX_S`."""
    return min(AGAIN_FIRST_S * 2.0 ** min(tries - 1, 16), AGAIN_MAX_S)
