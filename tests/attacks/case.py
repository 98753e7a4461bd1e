"""What an attack is: a name in words, what the operator holds, and who notices it, by which name, where and when."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final, Literal, NamedTuple

By = Literal["verify", "witness", "client", "registrar", "notary", "restore", "evidence"]
"""Who notices: `tacit verify`, a member's witness, a member's client, the services at their start, lodged evidence."""

DISK: Final = "disk"
STREAM: Final = "stream"
REGISTRAR: Final = "registrar's key"
LOG: Final = "log's keys"
TIMEKEEPER: Final = "timekeeper's key"
CLOCK: Final = "registrar's clock"
LINE: Final = "gateway"
MEMBER: Final = "a member's stolen key"
WITNESSES: Final = "some witnesses"


class Named(NamedTuple):
    """What somebody noticed: the name of a rule, a finding or a fault, and the entry that it is about."""

    name: str
    at: int


class Outcome(NamedTuple):
    """What was done to which entry and when, what was noticed, and when that could be noticed first."""

    at: int
    struck_at: datetime
    noticed: tuple[Named, ...]
    noticed_at: datetime
    took_s: float = 0.0
    """How long the tool took that noticed it, by the clock on the wall: for the report, never for a judgement."""


class Attack(NamedTuple):
    """One attack. `entries` and `seconds` say how much later than the blow it is noticed, at the latest."""

    words: str
    holds: tuple[str, ...]
    by: By
    name: str
    entries: int
    seconds: float
    strike: Callable[[Path], Outcome]


ATTACKS: Final[list[Attack]] = []


def attack(
    words: str, *holds: str, by: By, name: str, entries: int = 0, seconds: float = 0.0
) -> Callable[[Callable[[Path], Outcome]], Callable[[Path], Outcome]]:
    """Enter a function into the table. It gets an empty folder, strikes, and has a real tool look."""

    def enter(strike: Callable[[Path], Outcome]) -> Callable[[Path], Outcome]:
        ATTACKS.append(Attack(words, holds, by, name, entries, seconds, strike))
        return strike

    return enter
