"""What a notary does when all is well, and when some witnesses are not."""

import asyncio
import math

import msgspec
import pytest
from structlog.testing import capture_logs

from tacit.acts import Deadline, ReferenceAllotted, SilenceSet, TextCirculated, Version
from tacit.record.archive import WITNESSED, log_entry
from tacit.record.checkpoint import parse_checkpoint
from tacit.record.cosignature import named_s, verify_note
from tacit.record.merkle import leaf_hash
from tacit.record.note import NoteLine, parse_note
from tacit.record.organisation_log import log_vkeys, witness_vkeys
from tacit.record.proof_file import parse_proof_file, verify_proof_file
from tacit.record.proofs import Proof, verify_consistency, verify_inclusion
from tacit_services.log_reading import LogReader
from tacit_services.notary.asking import TRIES
from tacit_services.notary.confirming import SIGNED
from tacit_services.ports import NewMessage
from tacit_services.shell.archive import MemoryArchive
from tacit_services.shell.archive.memory import Break, Operation
from tacit_services.shell.witnesses.memory import Mood
from tests.unit.notary.town import (
    STATES,
    Story,
    Town,
    check_archive,
    entries_of,
    root_of,
    running,
)


async def test_a_record_is_written_down_and_stands_under_a_checkpoint() -> None:
    town = Town()
    town.grow(300)

    await town.caught_up()

    check_archive(town)
    assert town.metric("checkpoint_entries") == town.record.last
    assert 0 == town.metric("lag_entries")


async def test_without_witnesses_a_checkpoint_is_published_at_once() -> None:
    town = Town(witnessed=False)
    town.grow(10)

    await town.caught_up()

    check_archive(town)
    assert town.published is not None
    assert 2 == len(town.published.lines)


async def test_entries_that_come_later_come_under_later_checkpoints() -> None:
    town = Town()
    async with running(town.notary()):
        for count in (1, 200, 3, 260, 1):
            town.grow(count)
            await town.until(lambda: town.size == town.record.last)

    check_archive(town)


async def test_nothing_is_signed_when_nothing_has_changed() -> None:
    town = Town()
    async with running(town.notary()):
        await town.until(lambda: town.size == town.record.last)
        await asyncio.sleep(0.02)
        before = dict(town.files)
        await asyncio.sleep(0.1)

    assert before == town.files


@pytest.mark.parametrize("witnessed", [True, False], ids=["witnesses", "no witnesses"])
async def test_while_a_deadline_is_open_checkpoints_of_one_size_bracket_the_time(*, witnessed: bool) -> None:
    town = Town(told=Story(witnessed=witnessed))
    world = town.story.world
    reference = "CC-M(2026)0001"
    world.organ("secretariat", ReferenceAllotted(reference=reference, subject="Draft"))
    world.organ("secretariat", TextCirculated(reference=reference, title="Draft", paragraphs=1), text=b"1. Draft.")
    text = next(iter(world.state.bodies["council"].texts.values()))
    deadline = Deadline(world.now.replace(hour=23), "UTC", "23:00")
    world.organ("chair", SilenceSet(version=Version(text.text, text.wording), deadline=deadline))
    town.grow(3)
    async with running(town.notary()):
        await town.until(lambda: town.size == town.record.last)
        first = town.published
        await town.until(lambda: len(seconds(town)) >= 4)

    assert first is not None
    assert {town.record.last} == {size for size, _ in seconds(town)}
    check_archive(town)


def seconds(town: Town) -> set[tuple[int, int]]:
    """Size and second of every witnessed checkpoint of the whole record."""
    keys = tuple(witness_vkeys(town.log.charter).values()) or log_vkeys(*town.log)
    found = set()
    for path in (path for path in town.files if path.startswith(f"{WITNESSED}/")):
        note = parse_note(town.files[path])
        size = parse_checkpoint(note.text).size
        if size == town.record.last:
            found |= {(size, each.at_s or 0) for each in verify_note(note, keys)}
    return found


@pytest.mark.parametrize("mood", ["away", "silent", "stranger", "timeless", "halved"])
async def test_one_witness_that_fails_delays_nobody(mood: Mood) -> None:
    town = Town()
    town.witnesses["XBB"].mood = mood
    with capture_logs() as logs:
        await town.caught_up()

    check_archive(town)
    assert town.published is not None
    names = {line.name for line in town.published.lines}
    assert {"xaa.example/witness", "xcc.example/witness"} == {name for name in names if "witness" in name}
    assert mood == "silent" or ["XBB"] == [line["state"] for line in logs if line["event"] == "witness_fails"]


async def test_without_a_quorum_nothing_is_published_and_with_it_all_is() -> None:
    town = Town()
    async with running(town.notary()):
        await town.until(lambda: town.size == town.record.last)
        before = town.published
        for state in ("XAA", "XBB"):
            town.witnesses[state].mood = "away"
        town.grow(5)
        await town.until(lambda: town.metric("quorums_unmet_total") > 2)
        assert before == town.published
        town.witnesses["XAA"].mood = "well"
        await town.until(lambda: town.size == town.record.last)

    check_archive(town)


async def test_a_late_line_still_comes_under_its_checkpoint() -> None:
    town = Town()
    town.settings = msgspec.structs.replace(town.settings, checkpoint_s=0.5)
    slow = town.witnesses["XCC"].held = asyncio.Event()
    async with running(town.notary()):
        await town.until(lambda: town.size == town.record.last)
        assert 6 == len(lines(town))
        slow.set()
        await town.until(lambda: len(lines(town)) == 8)

    check_archive(town)


async def test_a_line_that_comes_while_its_checkpoint_is_written_is_published_too() -> None:
    town = Town()
    slow = town.witnesses["XCC"].held = asyncio.Event()

    def come(operation: Operation, path: str) -> Break:
        if operation == "put" and path.startswith(f"{WITNESSED}/"):
            slow.set()
        return None

    async with running(town.notary(breaks=come)):
        await town.until(lambda: town.published is not None and len(lines(town)) == 8)

    check_archive(town)


@pytest.mark.parametrize("mood", ["away", "halved", "forgetful"])
async def test_a_witness_that_failed_cosigns_the_checkpoint_that_stands_once_it_can(mood: Mood) -> None:
    town = Town()
    failing = town.witnesses["XCC"]
    failing.mood = mood
    signed = 0

    def count(operation: Operation, path: str) -> Break:
        nonlocal signed
        signed += (operation, path) == ("replace", SIGNED)
        return None

    async with running(town.notary(breaks=count)):
        await town.until(lambda: town.size == town.record.last)
        await asyncio.sleep(0.05)
        before, asked = signed, failing.asked
        assert 6 == len(lines(town))
        failing.mood = "well"
        await town.until(lambda: len(lines(town)) == 8)
        await asyncio.sleep(0.05)

    assert before == signed
    # A question on its way when the mood changed is answered well, and is not counted again.
    assert asked <= failing.asked <= asked + TRIES
    check_archive(town)


async def test_a_witness_that_stays_away_is_asked_ever_more_rarely() -> None:
    town = Town()
    town.witnesses["XCC"].mood = "away"
    async with running(town.notary()):
        await town.until(lambda: town.size == town.record.last)
        await asyncio.sleep(0.5)

    assert 3 <= town.witnesses["XCC"].asked <= 3 + math.log2(0.5 / town.settings.checkpoint_s)


async def test_a_slow_witness_is_asked_about_the_last_checkpoint_once_it_has_answered() -> None:
    town = Town()
    slow = town.witnesses["XCC"].held = asyncio.Event()
    async with running(town.notary()):
        await town.until(lambda: town.size == town.record.last)
        town.grow(3)
        await town.until(lambda: town.size == town.record.last)
        slow.set()
        await town.until(lambda: len(lines(town)) == 8)

    check_archive(town)


async def test_whoever_is_asked_again_is_shown_the_time_that_it_is() -> None:
    town = Town()
    failing, shown = town.witnesses["XCC"], list[int]()
    failing.mood = "away"
    cosign = failing.cosign

    async def look(old: int, proof: Proof, checkpoint: bytes) -> bytes:
        shown.append(named_s(parse_note(checkpoint), log_vkeys(*town.log)))
        return await cosign(old, proof, checkpoint)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(failing, "cosign", look)
        async with running(town.notary()):
            await town.until(lambda: bool(shown) and shown[-1] > shown[0])
            failing.mood = "well"
            await town.until(lambda: len(lines(town)) == 8)

    check_archive(town)


def lines(town: Town) -> tuple[NoteLine, ...]:
    assert town.published is not None
    return town.published.lines


async def test_a_witness_that_knows_less_or_nothing_is_told_from_where_it_stands() -> None:
    town = Town()
    await town.caught_up()
    town.witnesses["XAA"].stored.clear()
    town.grow(5)
    async with running(town.notary()):
        await town.until(lambda: town.size == town.record.last)
        await town.until(lambda: town.witnesses["XAA"].stored != {})

    check_archive(town)


async def test_junk_in_the_record_is_committed_to_octet_by_octet() -> None:
    town = Town(told=Story(witnessed=True))
    junk = [b"", b"\n", b"junk", b"{}\n{}", b"x" * 70_000, town.story.message(0), b"\xff\n\xff"]
    town.record.add([NewMessage("tacit.test.record.x", raw) for raw in junk], town.record.last)
    await town.caught_up()

    check_archive(town)
    entries = entries_of(town, town.size)
    assert [log_entry(raw) for raw in junk] == entries[-len(junk) :]


async def test_a_body_that_nobody_holds_is_named_and_does_not_stop_it() -> None:
    town = Town(told=Story(witnessed=True))
    town.grow(3)
    town.story.bodies.popitem()
    with capture_logs() as logs:
        await town.caught_up()

    check_archive(town)
    assert [town.record.last - 1] == [line["index"] for line in logs if line["event"] == "body_missing"]


async def test_partial_files_go_once_the_full_ones_are_there() -> None:
    town = Town()
    async with running(town.notary()):
        for _ in range(30):
            town.grow(10)
            await town.until(lambda: town.size == town.record.last)

    assert town.record.last > 256
    assert [] == [path for path in town.files if ".p/" in path and "/000.p/" in path and not path.startswith("tile/1")]
    widths = [path for path in town.files if path.startswith("envelopes/council/east/001.p/")]
    assert 1 == len(widths)


async def test_the_proofs_from_the_archive_hold() -> None:
    town = Town()
    town.grow(600)
    await town.caught_up()
    reader = LogReader(MemoryArchive(town.files))
    entries = entries_of(town, town.size)
    root = root_of(entries)

    assert root == await reader.root(town.size)
    for index in (0, 255, 256, town.size - 1):
        proof = await reader.inclusion(index, town.size)
        verify_inclusion(index, town.size, leaf_hash(entries[index]), proof, root)
        file = await reader.proof_file(index)
        assert file is not None
        assert verify_proof_file(parse_proof_file(file.encode()), entries[index], town.policy).size == town.size
    assert await reader.proof_file(town.size) is None
    assert await LogReader(MemoryArchive()).proof_file(0) is None
    for old in (1, 256, 300, town.size):
        verify_consistency(old, root_of(entries[:old]), town.size, root, await reader.consistency(old, town.size))


def test_the_keys_are_those_of_the_charter() -> None:
    town = Town()
    assert {*STATES} == set(witness_vkeys(town.log.charter))
    assert 2 == len(log_vkeys(*town.log))
