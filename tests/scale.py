"""How much a run of the tests does. Read once from the environment that `make test SCALE=... SEEDS=...` sets.

``TACIT_TEST_SCALE`` is ``dev`` (default), ``full`` (what CI runs) or ``night``; ``TACIT_TEST_SEEDS`` and
``TACIT_TEST_SEED_FIRST`` choose the seeds of a simulation by hand, so that one seed can be played again.
"""

import os
from typing import Final, NamedTuple

import pytest


class Scale(NamedTuple):
    """What a scale means: examples of each property, seeds of each simulation."""

    examples: int
    seeds: int


SCALES: Final = {"dev": Scale(30, 60), "full": Scale(400, 320), "night": Scale(20_000, 100_000)}


def scale_name() -> str:
    """Name of the scale in force, or ValueError when the environment names one that does not exist."""
    name = os.environ.get("TACIT_TEST_SCALE") or "dev"
    if name not in SCALES:
        raise ValueError(f"TACIT_TEST_SCALE={name} is none of {', '.join(SCALES)}")
    return name


def scale() -> Scale:
    """Scale in force."""
    return SCALES[scale_name()]


def seeds(share: int = 1) -> range:
    """Seeds that a simulation plays in this run; one whose plays are long asks for one in `share`, unless by hand."""
    first = int(os.environ.get("TACIT_TEST_SEED_FIRST") or 0)
    return range(first, first + int(os.environ.get("TACIT_TEST_SEEDS") or scale().seeds // share))


whole = pytest.mark.skipif(scale_name() == "dev", reason="services of its own for a minute: at SCALE=full")
"""What is not played at dev scale."""
