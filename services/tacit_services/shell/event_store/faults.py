"""How a test breaks a call to a fake store: is it applied, and what is answered?

A hook looks at each call and answers with a `Fault`. The combinations are those of the world: a request that never
arrived, an answer that was lost after the work was done, a prefix, a server that was paused and does the work later,
a request that arrived twice, and slowness before and after the work.
"""

from collections.abc import Callable
from typing import Final, Literal

import msgspec

Answer = Literal["true", "failed", "lost"]
Operation = Literal["append", "last_sequence", "read", "put", "get"]


class Call(msgspec.Struct, frozen=True):
    """What is asked of the store: `count` messages, and for an append where they are to stand."""

    operation: Operation
    count: int = 0
    expected_last: int = 0


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one call.

    `stored`: how many of its messages, None for all; only a lost answer can hide that it is not all of them.
    `late_s`: the store does the work so many seconds after the caller was left without an answer.
    """

    answer: Answer = "true"
    stored: int | None = None
    before_s: float = 0.0
    after_s: float = 0.0
    late_s: float = 0.0
    twice: bool = False

    def __post_init__(self) -> None:
        if self.answer != "lost" and (self.stored is not None or self.late_s):
            raise ValueError("a store that answers has stored all or nothing, and has done it by then")


HONEST: Final = Fault()
NOT_STORED: Final = Fault(answer="lost", stored=0)
ANSWER_LOST: Final = Fault(answer="lost")
FAILED: Final = Fault(answer="failed")

Faults = Callable[[Call], Fault]


def no_faults(_: Call) -> Fault:
    """Break nothing."""
    return HONEST
