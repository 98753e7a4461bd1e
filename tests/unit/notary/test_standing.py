"""A notary never signs a second history: not after a restore, not over a changed record, not without its witnesses."""

import pytest
from structlog.testing import capture_logs

from tacit.record.archive import CHECKPOINT
from tacit.record.checkpoint import parse_checkpoint
from tacit.record.note import parse_note
from tacit_services.notary import (
    ArchiveDamagedError,
    HistoryDiffersError,
    NotaryError,
    RecordBehindError,
    RecordDiffersError,
)
from tacit_services.notary.confirming import SIGNED
from tacit_services.ports import NewMessage, RecordGapError
from tests.unit.notary.town import Story, Town, check_archive, check_history, running


async def refused(town: Town) -> NotaryError:
    """Start a notary that must stop by itself, having signed nothing."""
    signed = town.files.get(SIGNED)
    seen = {state: dict(witness.stored) for state, witness in town.witnesses.items()}
    with capture_logs() as logs, pytest.raises(NotaryError) as stopped:
        await town.notary().run()
    assert signed == town.files.get(SIGNED)
    assert seen == {state: witness.stored for state, witness in town.witnesses.items()}
    assert ["notary_stopped"] == [line["event"] for line in logs if line["log_level"] == "error"]
    assert 0 == town.metric("running")
    return stopped.value


async def grown(town: Town, count: int) -> dict[str, bytes]:
    """Grow and publish; what the archive held before."""
    await town.caught_up()
    before = dict(town.files)
    town.grow(count)
    await town.caught_up()
    return before


def rewritten(town: Town, first: int) -> None:
    """From this index on the record tells something else, as if it had been restored and gone on."""
    other = Story(witnessed=bool(town.witnesses), told="other", like=town.story)
    last = town.record.last
    town.record.truncate(first)
    town.record.add([NewMessage("tacit.test.record.x", other.message(at)) for at in range(first, last)], first)


async def test_an_archive_from_an_old_backup_is_caught_up_where_the_record_is_whole() -> None:
    town = Town()
    old = await grown(town, 300)
    town.files.clear()
    town.files.update(old)
    town.grow(3)

    await town.caught_up()

    check_archive(town)


async def test_a_lost_archive_is_written_anew_from_the_record() -> None:
    town = Town()
    await grown(town, 300)
    town.files.clear()

    await town.caught_up()

    check_archive(town)


async def test_a_record_and_archive_from_an_old_backup_are_refused_with_what_to_do() -> None:
    town = Town()
    old = await grown(town, 20)
    town.files.clear()
    town.files.update(old)
    seen = town.record.last
    town.record.truncate(seen - 20)

    stopped = await refused(town)

    assert isinstance(stopped, RecordBehindError)
    assert (seen - 20, seen) == (stopped.entries, stopped.seen)
    assert "restore" in str(stopped)


async def test_a_record_that_was_restored_and_went_on_otherwise_is_refused_by_what_the_witnesses_saw() -> None:
    town = Town()
    await grown(town, 20)
    town.files.clear()
    rewritten(town, town.story.founding + 5)

    stopped = await refused(town)

    assert isinstance(stopped, HistoryDiffersError)
    assert town.record.last == stopped.size


async def test_a_record_that_differs_from_the_archive_is_refused_at_the_first_entry_that_does() -> None:
    for town in (Town(), Town(witnessed=False)):
        await grown(town, 20)
        first = town.story.founding + 7
        rewritten(town, first)

        stopped = await refused(town)

        assert isinstance(stopped, RecordDiffersError)
        assert first == stopped.size


async def test_a_difference_in_what_was_written_and_not_published_is_found_too() -> None:
    town = Town()
    await town.caught_up()
    last = town.record.last
    for witness in town.witnesses.values():
        witness.mood = "away"
    town.grow(256)
    breaks = town.notary(lambda operation, path: "before" if path == SIGNED and operation == "replace" else None)
    for witness in town.witnesses.values():
        witness.mood = "well"
    async with running(breaks):
        await town.until(lambda: "tile/entries/000" in town.files)
    rewritten(town, last + 3)

    with pytest.raises(RecordDiffersError) as stopped:
        await town.notary().run()

    assert last + 3 == stopped.value.size


async def test_without_witnesses_its_own_disk_remembers_what_it_signed() -> None:
    town = Town(witnessed=False)
    old = await grown(town, 20)
    town.files[CHECKPOINT] = old[CHECKPOINT]
    town.record.truncate(parse_checkpoint(parse_note(old[CHECKPOINT]).text).size)

    stopped = await refused(town)

    assert isinstance(stopped, RecordBehindError)


async def test_nothing_is_signed_before_a_quorum_says_where_it_stands() -> None:
    town = Town()
    await grown(town, 5)
    town.grow(5)
    for state in ("XAA", "XCC"):
        town.witnesses[state].mood = "away"
    before = dict(town.files)
    with capture_logs() as logs:
        async with running(town.notary()):
            await town.until(lambda: town.witnesses["XBB"].asked > 12)
            assert before == town.files
            town.witnesses["XAA"].mood = "well"
            await town.until(lambda: town.size == town.record.last)

    assert "quorum_missing" in [line["event"] for line in logs]
    check_archive(town)


async def test_a_checkpoint_that_reached_one_witness_alone_is_passed_through_again() -> None:
    town = Town()
    await town.caught_up()
    for state in ("XAA", "XCC"):
        town.witnesses[state].mood = "away"
    town.grow(5)
    async with running(town.notary(witnesses={"XBB": town.witnesses["XBB"]})):
        await town.until(lambda: town.metric("quorums_unmet_total") > 0 or town.witnesses["XBB"].asked > 3)
    for state in ("XAA", "XCC"):
        town.witnesses[state].mood = "well"
    town.grow(1)

    await town.caught_up()

    check_archive(town)
    check_history(town, [note.encode() for note in town.witnesses["XBB"].stored.values()])


@pytest.mark.parametrize("path", [CHECKPOINT, SIGNED])
async def test_a_damaged_head_is_named(path: str) -> None:
    town = Town()
    await town.caught_up()
    town.files[path] = town.files[path][:-1]

    stopped = await refused(town)

    assert isinstance(stopped, ArchiveDamagedError)
    assert path == stopped.path


async def test_a_missing_tile_is_named() -> None:
    town = Town()
    await town.caught_up()
    path = next(path for path in town.files if path.startswith("tile/0/"))
    del town.files[path]

    stopped = await refused(town)

    assert isinstance(stopped, ArchiveDamagedError)
    assert path == stopped.path


async def test_a_changed_tile_is_not_gone_on_from() -> None:
    town = Town()
    await town.caught_up()
    path = next(path for path in town.files if path.startswith("tile/0/"))
    town.files[path] = bytes(len(town.files[path]))

    assert isinstance(await refused(town), HistoryDiffersError | ArchiveDamagedError)


async def test_a_hole_in_the_record_stops_it() -> None:
    town = Town()
    town.grow(5)
    town.record.lose(3)

    with pytest.raises(RecordGapError):
        await town.notary().run()


async def test_what_no_key_of_the_log_has_signed_is_no_answer_of_a_witness() -> None:
    town = Town()
    await grown(town, 5)
    town.grow(5)
    for state in ("XAA", "XCC"):
        ((name, note),) = town.witnesses[state].stored.items()
        town.witnesses[state].stored[name] = note._replace(lines=note.lines[2:])
    before = dict(town.files)
    async with running(town.notary()):
        await town.until(lambda: town.witnesses["XBB"].asked > 12)

    assert before == town.files


async def test_one_line_of_the_log_is_enough_for_what_a_witness_has_seen() -> None:
    town = Town()
    await grown(town, 20)
    for witness in town.witnesses.values():
        ((name, note),) = witness.stored.items()
        witness.stored[name] = note._replace(lines=(note.lines[0], note.lines[2]))
    town.files.clear()
    town.record.truncate(town.record.last - 10)

    assert isinstance(await refused(town), RecordBehindError)
