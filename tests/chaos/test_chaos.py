"""Faults on real processes at moments of chance: no act whose author holds a receipt is ever lost."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.chaos.fleet import VICTIMS, cut, flip
from tests.chaos.play import Play, playing
from tests.scale import scale_name

ROUNDS: Final = int(os.environ.get("CHAOS_ROUNDS") or {"dev": 2}.get(scale_name(), 30))
SEED: Final = int(os.environ.get("CHAOS_SEED") or 1)

pytestmark = pytest.mark.timeout(0)


async def test_killed_at_any_moment_nothing_is_lost_and_nothing_stands_twice(tmp_path: Path) -> None:
    async with playing(tmp_path, SEED) as play:
        for _ in range(ROUNDS):
            await play.load()
            for name in play.dice.sample(VICTIMS, play.dice.choice([1, 1, 2, 3])):
                play.fleet.kill(name)
                play.tell(f"killed {name}")
            await play.recovered()
        await play.check()
    assert not [each for each in play.told if "restore" in each], "a kill alone needs no operator"


def _cut(play: Play) -> str:
    return cut(play.fleet.server.blocks(play.fleet.stream)[-1], play.dice)


def _flip(play: Play) -> str:
    return flip(play.dice.choice(play.fleet.server.blocks(play.fleet.stream)), play.dice)


def _lose_record(play: Play) -> str:
    play.fleet.server.lose(play.fleet.stream)
    return "the record's stream is lost"


def _lose_everything(play: Play) -> str:
    play.fleet.server.lose_everything()
    return "everything is lost"


DAMAGES: Final[tuple[Callable[[Play], str], ...]] = (_cut, _lose_record, _flip, _lose_everything)
FEW: Final = 1


async def test_damaged_files_lose_nothing_that_anybody_holds(tmp_path: Path) -> None:
    """The server dies and its files are damaged; who followed the record, and the archive, have the rest."""
    async with playing(tmp_path, SEED) as play:
        for number in range(FEW if ROUNDS < len(DAMAGES) else max(len(DAMAGES), ROUNDS // 4)):
            await play.recovered()
            await play.load()
            play.fleet.server.kill()
            play.tell(DAMAGES[number % len(DAMAGES)](play))
            play.fleet.server.start()
            await play.recovered()
        await play.check()
