"""Store and log of the archive are lost, and nobody who followed is left: a witness mirrors the leaves."""

import shutil
from pathlib import Path

import pytest

from tacit.record.archive import CHECKPOINT, WITNESSED
from tests.chaos.fleet import RUN
from tests.chaos.play import playing
from tests.chaos.rounds import SEED, whole

pytestmark = [pytest.mark.timeout(0), whole]


async def test_a_record_comes_back_from_the_leaves_of_a_witness(tmp_path: Path) -> None:
    async with playing(tmp_path, SEED) as play:
        await play.recovered(by_itself=True)
        await play.hush()
        before = await play.messages()
        play.fleet.server.kill()
        for name in RUN:
            play.fleet.kill(name)
        play.fleet.server.lose_everything()
        for gone in (CHECKPOINT, "tile", WITNESSED, ".state"):
            path = play.fleet.archive / gone
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        play.fleet.server.start()
        play.speak_on()
        await play.recovered(by_itself=True)
        after = await play.check()

    assert before == after[: len(before)]
    told = {each["event"] for each in play.fleet.told_since("registrar", 0)}
    assert "record_mended" in told
    assert "body_missing" not in told
