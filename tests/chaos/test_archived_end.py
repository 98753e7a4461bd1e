"""The store is lost, no witness answers, and the notary died before it published what it had written down."""

from pathlib import Path

import pytest

from tacit.record.archive import CHECKPOINT, WITNESSED
from tests.chaos.fleet import RUN
from tests.chaos.play import playing
from tests.chaos.rounds import SEED, whole

pytestmark = [pytest.mark.timeout(0), whole]


@pytest.mark.parametrize("witnessed", ["the newest is there", "those that are newer are gone"])
async def test_a_record_comes_back_from_files_that_no_published_checkpoint_covers(
    tmp_path: Path, witnessed: str
) -> None:
    async with playing(tmp_path, SEED) as play:
        checkpoint = play.fleet.archive / CHECKPOINT
        await play.hush()
        old, archived = checkpoint.read_bytes(), {*(play.fleet.archive / WITNESSED).rglob("*")}
        covered = await play.size()
        play.speak_on()
        await play.recovered(by_itself=True)
        await play.hush()
        before = await play.messages()
        play.fleet.server.kill()
        for each in play.fleet.delegations:
            play.fleet.supervisors[each.name].stop()
        for name in RUN:
            play.fleet.kill(name)
        checkpoint.write_bytes(old)
        for path in {*(play.fleet.archive / WITNESSED).rglob("*")} - archived:
            if path.is_file() and "gone" in witnessed:
                path.unlink()
        play.fleet.server.lose_everything()
        play.fleet.server.start()
        await play.has_again(len(before))
        for each in play.fleet.delegations:
            play.fleet.supervisors[each.name].start()
        play.speak_on()
        await play.recovered(by_itself=True)
        after = await play.check()

    assert covered < len(before)
    assert before == after[: len(before)]
    [mended] = [each for each in play.fleet.told_since("registrar", 0) if each["event"] == "record_mended"]
    assert (0, len(before)) == (mended["after"], mended["count"])
