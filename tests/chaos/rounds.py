"""How much of the fault suite is played: a little at dev scale, all of it in CI and by `make chaos`."""

import os
from typing import Final

import pytest

from tests.scale import scale_name

ROUNDS: Final = int(os.environ.get("CHAOS_ROUNDS") or {"dev": 1}.get(scale_name(), 30))
SEED: Final = int(os.environ.get("CHAOS_SEED") or 1)
PLAYS: Final = 2 if ROUNDS > 1 else 1
"""Fleets among which the rounds are shared, so that two processes can play them."""

whole = pytest.mark.skipif(ROUNDS == 1, reason="a fleet of its own for a minute: at SCALE=full, or by make chaos")
"""What is not played at dev scale."""
