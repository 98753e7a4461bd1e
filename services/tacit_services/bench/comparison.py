"""Ours beside theirs, measured in turn in the same minutes, so that whatever else the machine does hits both alike."""

from collections.abc import Awaitable, Callable
from statistics import median
from typing import Final

import msgspec

ROUNDS: Final = 5

Rate = Callable[[], Awaitable[float]]
"""Measures once; returns how many in a second."""


class ComparedPlan(msgspec.Struct, frozen=True, kw_only=True):
    """How much in each round: acts of ours and saves of theirs, entries and events."""

    rounds: int = ROUNDS
    acts: int = 3_000
    saves: int = 500
    entries: int = 5_000
    events: int = 1_000


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Rates of each round, in a second. `aim` is what the median ratio should reach; None where it is only told."""

    name: str
    ours: tuple[float, ...]
    theirs: tuple[float, ...]
    bound: str
    """What stands on the other side."""
    aim: float | None

    @property
    def ratios(self) -> list[float]:
        """Ours against theirs, round by round."""
        return [own / other for own, other in zip(self.ours, self.theirs, strict=True)]

    @property
    def ratio(self) -> float:
        """The median."""
        return median(self.ratios)


async def in_turn(rounds: int, ours: Rate, *theirs: Rate) -> tuple[tuple[float, ...], ...]:
    """Measure each once in every round; the rates of ours come first, then those of the others."""
    found: list[list[float]] = [[] for _ in (ours, *theirs)]
    for _ in range(rounds):
        for rates, measure in zip(found, (ours, *theirs), strict=True):
            rates.append(await measure())
    return tuple(map(tuple, found))


def show_comparisons(found: list[Comparison]) -> str:
    """A table for a person."""
    lines = [f"{'against':52}{'ours/s':>9}{'theirs/s':>10}{'ratio':>8}{'worst':>8}{'aim':>6}"]
    for each in found:
        rates = f"{median(each.ours):9.0f}{median(each.theirs):10.0f}"
        aim = f"{each.aim:6.2f}" if each.aim is not None else f"{'-':>6}"
        title = f"{each.name}: {each.bound}"
        lines.append(f"{title:52}{rates}{each.ratio:8.2f}{min(each.ratios):8.2f}{aim}")
    return "\n".join(lines)
