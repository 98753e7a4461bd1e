"""A notary that is killed leaves an archive that is ahead of its checkpoint: nothing that lies there is lost."""

from datetime import timedelta
from functools import cache, partial
from itertools import count
from typing import Final

import pytest
from msgspec import structs

from tacit import envelope
from tacit.record.archive import BODIES, CHECKPOINT, ENVELOPES, WITNESSED, decode_kept, encode_kept
from tacit.record.checkpoint import parse_checkpoint
from tacit.record.note import parse_note
from tacit.record.tiles import ENTRIES, TILE_WIDTH, Tile, decode_bundle, parse_path
from tacit_services.archived_copy import ArchivedCopy
from tacit_services.archived_end import ArchivedEnd
from tacit_services.copies import RecordCopy
from tacit_services.ports import NewMessage
from tacit_services.registrar.errors import RecordBehindError, RecordDiffersError, RegistrarError
from tacit_services.shell.archive import MemoryArchive
from tacit_services.shell.archive.memory import Break, Operation
from tacit_services.shell.clock import LoopClock
from tacit_services.shell.elsewhere import Everybody
from tacit_services.shell.event_store.memory import MemoryRecord
from tests.memory_registrar import Office
from tests.requirement import ROOT
from tests.scale import scale_name
from tests.unit.notary.town import Story, Town, running


class Journal(dict[str, bytes]):
    """The files of an archive, and what they were after each single change of one."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[dict[str, bytes]] = [{}]

    def __setitem__(self, path: str, data: bytes) -> None:
        super().__setitem__(path, data)
        self.steps.append(dict(self))

    def setdefault(self, path: str, data: bytes = b"") -> bytes:
        if path not in self:
            self[path] = data
        return self[path]

    def pop(self, path: str, default: object = None) -> bytes:
        assert default is None
        found = super().pop(path, b"")
        self.steps.append(dict(self))
        return found


@cache
def _story() -> Story:
    return Story(witnessed=True)


async def past(*sizes: int) -> tuple[Town, list[dict[str, bytes]]]:
    """A record that had a checkpoint at each of these sizes, and every state of its archive but for bodies."""
    town, journal = Town(told=_story()), Journal()
    town.files = journal
    for size in sizes:
        town.grow(size - town.record.last)
        await town.caught_up()
    steps = {frozenset(each): each for each in map(without_bodies, journal.steps)}
    return town, list(steps.values())


def without_bodies(files: dict[str, bytes]) -> dict[str, bytes]:
    return {path: raw for path, raw in files.items() if not path.startswith(f"{BODIES}/")}


def remains(town: Town, length: int) -> Office:
    """A store that has lost all but so many entries; the bodies are there."""
    office = Office(town.story.world)
    messages = office.record.messages()[:length]
    office.record = MemoryRecord()
    if messages:
        office.record.add([NewMessage(each.subject, each.data) for each in messages], 0)
    office.bodies.update(town.story.bodies)
    return office


async def serve(office: Office, archive: MemoryArchive) -> None:
    """Start a registrar that has this archive on its machine, and stop it once it serves."""
    organisation = office.world.organisation
    copies: list[RecordCopy] = [ArchivedCopy(archive, organisation), ArchivedEnd(archive, organisation)]
    clock = LoopClock(office.world.now + timedelta(minutes=1))
    ports = office.ports(elsewhere=Everybody(None, copies), clock=clock)
    async with office.serving(ports, charter=envelope.encode(office.world.entries[0].envelope)):
        pass


async def refused(office: Office, archive: MemoryArchive) -> RegistrarError | None:
    """What the registrar ends with; None where it serves."""
    ended: list[BaseException] = []
    try:
        await serve(office, archive)
    except* RegistrarError as group:
        ended += group.exceptions
    assert all(isinstance(each, RegistrarError) for each in ended)
    return next((each for each in ended if isinstance(each, RegistrarError)), None)


def told_by(files: dict[str, bytes]) -> tuple[int, int]:
    """Of how many entries these have leaf and envelope, from the first on; and up to which one they have leaves."""
    leaves, kept = set[int](), set[int]()
    for path, raw in files.items():
        if path.startswith("tile/entries/"):
            tile = parse_path(path)
            first = tile.index * TILE_WIDTH
            leaves |= {first + at for at, _ in enumerate(decode_bundle(raw, tile.width))}
        elif path.startswith(f"{ENVELOPES}/"):
            kept |= {each.index for each in decode_kept(raw)}
    both = leaves & kept
    return next(at for at in count() if at not in both), len(leaves)


async def check(town: Town, files: dict[str, bytes], length: int) -> None:
    """Nothing that the store or these files hold is lost, and nothing of it stands in another place."""
    office = remains(town, length)
    whole, seen = told_by(files)
    size = max(length, whole)
    error = await refused(office, MemoryArchive(dict(files)))
    found = [each.data for each in office.record.messages()]
    originals = [each.data for each in town.record.messages()[:size]]
    if seen > size:
        assert isinstance(error, RecordBehindError), "the leaf of a lost act is there"
        assert (seen, size) == (error.seen, error.size)
        assert originals == found, "nobody else has its place"
    else:
        assert error is None
        assert originals == found[:size]
        assert max(size, 1) < len(found), "it serves"


LAST: Final = 18
EACH: Final = 4 if scale_name() == "dev" else 1
"""Of the states of an archive that are tried with each length: one of so many."""


@pytest.mark.parametrize("length", range(LAST + 1))
async def test_wherever_a_notary_was_killed_and_the_stream_was_cut_nothing_is_lost(length: int) -> None:
    town, steps = await past(LAST - 4, LAST)

    for files in steps[length % EACH :: EACH]:
        await check(town, files, length)


@pytest.mark.parametrize("length", [252, 257])
async def test_nor_where_a_bundle_becomes_full(length: int) -> None:
    town, steps = await past(254, 258)

    for files in steps[-30 :: 2 * EACH]:
        await check(town, files, length)


def _holds(town: Town, size: int) -> bool:
    return Tile(ENTRIES, size // TILE_WIDTH, size % TILE_WIDTH).path in town.files


@pytest.mark.parametrize("unsigned", [CHECKPOINT, WITNESSED, ".state/signed"])
async def test_bundles_that_no_checkpoint_covers_are_a_copy_like_others(unsigned: str) -> None:
    """Publishing fails on and on while the record grows."""
    town, _ = await past(LAST)
    town.files = dict(town.files)

    def unpublished(operation: Operation, path: str) -> Break:
        return "before" if operation in {"put", "replace"} and path.startswith(unsigned) else None

    async with running(town.notary(unpublished)):
        for size in (200, 600, 605):
            town.grow(size - town.record.last)
            await town.until(partial(_holds, town, size))

    assert LAST == town.size
    assert (605, 605) == told_by(town.files)
    await check(town, town.files, LAST)
    await check(town, town.files, 300)


async def test_a_checkpoint_that_was_not_published_proves_what_it_covers() -> None:
    town, _ = await past(LAST - 4)
    before = town.files[CHECKPOINT]
    town.grow(4)
    await town.caught_up()
    newest, town.files[CHECKPOINT] = town.files[CHECKPOINT], before
    listed: list[str] = []

    def listing(operation: Operation, path: str) -> Break:
        listed.extend([path] if operation in {"below", "names"} else [])
        return None

    seen = await ArchivedCopy(MemoryArchive(town.files, listing), town.log.organisation).seen()

    assert seen is not None
    assert (LAST, newest) == (seen.size, seen.checkpoint)
    assert parse_checkpoint(parse_note(newest).text).root == seen.root
    assert [WITNESSED, WITNESSED, f"{WITNESSED}/{LAST:03}"] == [
        path for path in listed if path.startswith(WITNESSED)
    ], "a record may have a hundred thousand of them"


@pytest.mark.parametrize("gone", [range(LAST - 1, LAST), range(LAST - 3, LAST - 2), range(LAST)])
async def test_what_a_checkpoint_covers_was_seen_also_where_an_envelope_is_gone(gone: range) -> None:
    town, _ = await past(LAST)
    files = dict(town.files)
    for path in [path for path in files if path.startswith(f"{ENVELOPES}/")]:
        files[path] = encode_kept([each for each in decode_kept(files[path]) if each.index not in gone])
    office = remains(town, LAST - 5)

    error = await refused(office, MemoryArchive(files))

    first = max(LAST - 5, gone.start)
    assert isinstance(error, RecordBehindError)
    assert (LAST, first) == (error.seen, error.size)
    assert first == office.record.last, "what lies before it is given, and nobody else has its place"
    assert "--envelopes FROM" in str(error)
    assert (ROOT / "docs" / "how-to" / "back-up-and-restore.md").is_file()


async def test_an_end_that_is_covered_or_of_another_organisation_is_not_shown() -> None:
    town, _ = await past(LAST)
    archive = MemoryArchive(town.files)

    assert await ArchivedEnd(archive, town.log.organisation).seen() is None
    del town.files[CHECKPOINT]
    for path in [path for path in town.files if path.startswith(WITNESSED)]:
        del town.files[path]
    assert await ArchivedEnd(archive, "f" * 64).seen() is None
    seen = await ArchivedEnd(archive, town.log.organisation).seen()
    assert seen is not None
    assert (LAST, b"", b"") == (seen.size, seen.root, seen.checkpoint)


async def test_another_entry_in_the_place_of_one_that_was_written_down_ends_the_registrar() -> None:
    town, steps = await past(LAST - 4, LAST)
    written = next(each for each in steps if told_by(each) == (LAST, LAST))
    office = remains(town, LAST)
    [*same, last] = office.record.messages()
    other = [*same, structs.replace(last, data=last.data + b" ")]
    office.record = MemoryRecord()
    office.record.add([NewMessage(each.subject, each.data) for each in other], 0)

    error = await refused(office, MemoryArchive(dict(written)))

    assert isinstance(error, RecordDiffersError)
    assert LAST - 1 == error.index
    assert "behind its checkpoint" in str(error)
