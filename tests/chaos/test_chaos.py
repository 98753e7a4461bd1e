"""Faults on real processes at moments of chance: no act whose author holds a receipt is ever lost."""

from pathlib import Path

import pytest

from tests.chaos.faults import DAMAGES, Fault, kill
from tests.chaos.full_disks import MOUNTED, fill_limit
from tests.chaos.play import playing
from tests.chaos.rounds import PLAYS, ROUNDS, SEED, whole
from tests.small_disk import small_disk

pytestmark = pytest.mark.timeout(0)


def rounds(play: int) -> list[Fault]:
    """What one fleet goes through: kills, a file damaged or lost after every third of them, a store at its limit."""
    found: list[Fault] = []
    for number in range(play, ROUNDS, PLAYS):
        found.append(kill)
        if number % 6 >= 4 or ROUNDS == 1:
            found.append(DAMAGES[number // 3 % len(DAMAGES)])
    return [*found, fill_limit] if play == 0 else found


@pytest.mark.parametrize("number", range(PLAYS))
async def test_nothing_is_lost_and_nothing_stands_twice(tmp_path: Path, number: int) -> None:
    """Whoever is killed, and whatever the server's files have become: the others, and the archive, have the rest."""
    async with playing(tmp_path, SEED + number) as play:
        for fault in rounds(number):
            await play.load()
            await fault(play)
        await play.check()


@whole
async def test_disks_that_run_full_lose_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path / "probe", 1) as disk:
        if disk is None:
            pytest.skip("a small disk can be made by root alone: the limit of the server is reached in any case")
    async with playing(tmp_path, SEED) as play:
        await play.recovered(by_itself=True)
        for fault in MOUNTED:
            await fault(play)
        await play.check()
