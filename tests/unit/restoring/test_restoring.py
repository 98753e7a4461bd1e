"""A record comes back from its archive octet by octet, wherever an earlier run ended, or the first fault is named."""

import random
from functools import cache
from typing import Final

import pytest

from tacit.record.archive import BODIES, CHECKPOINT, ENVELOPES
from tacit_services.archived import ArchivedRecord, ArchiveUnusableError, subject_of
from tacit_services.ports import NewMessage, OutcomeUnknownError, StoreFailedError
from tacit_services.restoring import Restored, RestoreRefusedError, Target, first_difference, restore
from tacit_services.salvaging import append_salvage, decode_salvage, salvage
from tacit_services.shell.archive import MemoryArchive
from tacit_services.shell.event_store.faults import HONEST, Call, Fault, Faults, no_faults
from tacit_services.shell.event_store.memory import MemoryBodyStore, MemoryEventStore, MemoryRecord
from tests.scale import scale
from tests.unit.notary.town import Story, Town, brief

ENTRIES: Final = 300
"""More than one bundle, and the last one is not full."""


class Silent:
    """Tells nobody."""

    def begin(self, words: str, total: int | None) -> None:
        assert words, total

    def advance(self, steps: int) -> None:
        assert steps >= 0


class Site:
    """An archive, and an empty place to restore it to."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = dict(files)
        self.record = MemoryRecord()
        self.bodies: dict[str, bytes] = {}

    def target(self, faults: Faults = no_faults) -> Target:
        return Target(MemoryEventStore(self.record, faults), MemoryBodyStore(self.bodies, faults), brief)

    async def archived(self) -> ArchivedRecord:
        found = await ArchivedRecord.open(MemoryArchive(self.files))
        assert found is not None
        return found

    async def restore(self, faults: Faults = no_faults) -> Restored:
        return await restore(await self.archived(), self.target(faults), Silent())

    def raw(self) -> list[bytes]:
        return [each.data for each in self.record.messages()]


@cache
def _told() -> Story:
    return Story(witnessed=True)


@pytest.fixture
async def town() -> Town:
    town = Town(told=_told())
    town.grow(ENTRIES - town.record.last)
    await town.caught_up()
    return town


@pytest.fixture
def site(town: Town) -> Site:
    return Site(town.files)


async def test_the_record_comes_back_octet_by_octet_under_its_subjects(town: Town, site: Site) -> None:
    done = await site.restore()

    originals = [each.data for each in town.record.messages()]
    assert originals == site.raw()
    assert [subject_of(town.log.organisation, each) for each in originals] == [
        each.subject for each in site.record.messages()
    ]
    held = {digest: body for digest, body in town.story.bodies.items() if digest in site.bodies}
    assert held == site.bodies
    assert (ENTRIES, ENTRIES, 0, 0, ()) == (done.entries, done.appended, done.found, done.beyond, done.missing)
    assert len(site.bodies) == done.bodies > 0


async def test_a_second_run_finds_everything_and_appends_nothing(site: Site) -> None:
    await site.restore()
    done = await site.restore()

    assert (ENTRIES, 0) == (done.found, done.appended)


async def test_what_the_record_has_behind_the_archive_is_left_alone(town: Town, site: Site) -> None:
    await site.restore()
    data = town.story.message(ENTRIES)
    site.record.add([NewMessage(subject_of(town.log.organisation, data), data)], ENTRIES)

    done = await site.restore()

    assert (1, 0, ENTRIES + 1) == (done.beyond, done.appended, done.entries)
    assert data == site.raw()[-1]


@pytest.mark.parametrize("junk", [b"", b"no checkpoint\n", None])
async def test_what_is_filed_above_the_newest_checkpoint_and_does_not_count_hides_nothing(
    site: Site, junk: bytes | None
) -> None:
    witnessed = sorted((path for path in site.files if path.startswith("witnessed/")), key=len)
    oldest = site.files[witnessed[0]]
    site.files["checkpoint"] = oldest
    site.files["witnessed/x999/999/1795424400.4"] = oldest if junk is None else junk

    assert ENTRIES == (await site.restore()).entries


class KilledError(Exception):
    """The process is gone."""


@pytest.mark.parametrize("seed", range(scale().examples // 10))
async def test_killed_at_any_call_the_next_run_goes_on(town: Town, site: Site, seed: int) -> None:
    dice = random.Random(seed)

    def faults(call: Call) -> Fault:
        if dice.random() < 0.2:
            raise KilledError
        if call.operation == "append" and dice.random() < 0.2:
            return Fault(answer="lost", stored=dice.choice([None, 0]), late_s=0.001)
        return HONEST

    for _ in range(100):
        try:
            await site.restore(faults)
        except (KilledError, OutcomeUnknownError, StoreFailedError):
            continue
        break
    assert [each.data for each in town.record.messages()] == site.raw()


@pytest.mark.parametrize("at", [0, 3, 255, 256, ENTRIES - 1])
async def test_another_entry_in_the_record_is_named_and_nothing_is_appended(site: Site, at: int) -> None:
    await site.restore()
    messages = site.record.messages()
    other = MemoryRecord()
    changed = [
        NewMessage(each.subject, each.data if each.sequence - 1 != at else each.data + b" ") for each in messages
    ]
    other.add(changed[: at + 1], 0)
    site.record = other

    with pytest.raises(RestoreRefusedError) as caught:
        await site.restore()

    assert at == caught.value.index
    assert at + 1 == other.last
    assert at == await first_difference(await site.archived(), site.target().record)


async def test_a_hole_in_the_record_is_named(site: Site) -> None:
    await site.restore()
    site.record.lose(8)

    with pytest.raises(RestoreRefusedError) as caught:
        await site.restore()

    assert 7 == caught.value.index


@pytest.mark.parametrize("kind", ["tile/entries/000", f"{ENVELOPES}/council", f"{ENVELOPES}/_/_"])
@pytest.mark.parametrize("how", ["flip", "cut", "lose"])
async def test_a_damaged_archive_appends_nothing(site: Site, kind: str, how: str) -> None:
    # A full file, where there is one: a partial file that a fuller one replaces is of no use to anybody.
    path = max((path for path in site.files if path.startswith(kind)), key=lambda path: (".p/" not in path, path))
    raw = site.files[path]
    if how == "lose":
        # A partial file that the notary has not tidied away yet may hold all that its bundle has of this folder.
        for each in [each for each in site.files if each == path or each.startswith(f"{path}.p/")]:
            del site.files[each]
    else:
        at = len(raw) // 2
        site.files[path] = raw[:at] if how == "cut" else raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]

    with pytest.raises(ArchiveUnusableError):
        await site.restore()

    assert 0 == site.record.last
    assert {} == site.bodies


async def test_an_entry_that_its_tile_does_not_know_is_named(site: Site) -> None:
    path = "tile/entries/000"
    raw = site.files[path]
    at = raw.index(b'"index":7,') if b'"index":7,' in raw else raw.index(b'"index":7')
    site.files[path] = raw[:at] + raw[at : at + 9].replace(b"7", b"9") + raw[at + 9 :]
    archived = await site.archived()

    with pytest.raises(ArchiveUnusableError) as caught:
        await restore(archived, site.target(), Silent())

    assert 7 == caught.value.index


async def test_without_a_checkpoint_there_is_nothing_and_a_forged_one_does_not_count(site: Site) -> None:
    forged = dict(site.files)
    for path in list(forged):
        if path == CHECKPOINT or path.startswith("witnessed/"):
            del forged[path]
    assert await ArchivedRecord.open(MemoryArchive(forged)) is None
    forged[CHECKPOINT] = site.files[CHECKPOINT].replace(b"\n300\n", b"\n200\n")

    with pytest.raises(ArchiveUnusableError):
        await ArchivedRecord.open(MemoryArchive(forged))


async def test_bodies_that_nobody_holds_are_named_and_a_false_one_is_not_taken(site: Site) -> None:
    first, second = [path for path in sorted(site.files) if path.startswith(f"{BODIES}/")][:2]
    del site.files[first]
    site.files[second] = b"something else"

    done = await site.restore()

    assert {first.rpartition("/")[2], second.rpartition("/")[2]} == {each.digest for each in done.missing}
    assert {each.digest for each in done.missing}.isdisjoint(site.bodies)


async def test_what_a_damaged_record_has_behind_the_archive_is_kept_and_put_back(town: Town, site: Site) -> None:
    await site.restore()
    more = [town.story.message(at) for at in range(ENTRIES, ENTRIES + 20)]
    site.record.add([NewMessage(subject_of(town.log.organisation, each), each) for each in more], ENTRIES)
    site.record.lose(5)
    site.record.lose(ENTRIES + 11)
    kept = decode_salvage((await salvage(site.target().record, ENTRIES)).encode())
    site.record = MemoryRecord()
    await site.restore()

    left = await append_salvage(kept, site.target(), Silent())

    assert more[:10] == site.raw()[ENTRIES:]
    assert more[11:] == [each.data for each in left]
    again = await append_salvage(kept, site.target(), Silent())
    assert (left, ENTRIES + 10) == (again, site.record.last)
    assert kept == kept.joined(kept)
