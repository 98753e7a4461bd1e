"""Attacks that the services notice at their start: whoever restores an old disk in good faith strikes as well."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import structs

from tacit import envelope
from tacit.ids import Digest
from tacit.record.archive import ENVELOPES, decode_kept, encode_kept, log_entry
from tacit.record.merkle import CompactRange, leaf_hash
from tacit.testing import START, World
from tacit_services.archived import ArchivedRecord, ArchiveUnusableError, subject_of
from tacit_services.archived_copy import ArchivedCopy
from tacit_services.copies import Seen, message_digest
from tacit_services.notary import NotaryError
from tacit_services.ports import NewMessage, StoredMessage
from tacit_services.registrar.errors import RegistrarError
from tacit_services.registrar.signed_heads import SignedHeads
from tacit_services.restoring import RestoreRefusedError, Target, restore
from tacit_services.shell.archive import MemoryArchive
from tacit_services.shell.elsewhere import Everybody
from tacit_services.shell.event_store.memory import MemoryBodyStore, MemoryEventStore, MemoryRecord
from tests.attacks.case import CLOCK, DISK, LOG, STREAM, Named, Outcome, attack
from tests.attacks.on_files import envelopes, keep
from tests.attacks.on_record import NEWS
from tests.attacks.operator import CHECKPOINT_S, Files, Operator
from tests.integration.clerk import HandClock
from tests.memory_registrar import Office, record_of
from tests.unit.cli.files import entry_with, forged
from tests.unit.notary.town import Story, Town
from tests.unit.verify.archives import Mark, write

GROWN = 20
"""Entries that were published, and of which a backup knows nothing."""


async def published() -> tuple[Town, dict[str, bytes]]:
    """A log that has grown, and its archive as it was before."""
    town = Town()
    await town.caught_up()
    before = dict(town.files)
    town.grow(GROWN)
    await town.caught_up()
    return town, before


def retold(town: Town, first: int) -> None:
    """From this index on the stream holds other entries."""
    other, last = Story(witnessed=True, told="other", like=town.story), town.record.last
    town.record.truncate(first)
    town.record.add([NewMessage("tacit.test.record.x", other.message(at)) for at in range(first, last)], first)


async def stopped(town: Town, index: int) -> Outcome:
    """A notary is started on what is there; it must stop by itself."""
    began = START
    with pytest.raises(NotaryError) as caught:
        await town.notary().run()
    found = Named(type(caught.value).__name__, caught.value.size)
    return Outcome(index, began, (found,), began + timedelta(seconds=CHECKPOINT_S))


@attack(
    "stream and archive are restored from an old backup",
    DISK,
    STREAM,
    by="notary",
    name="RecordBehindError",
    seconds=1.0,
)
def restore_an_old_backup(_: Path) -> Outcome:
    async def strike() -> Outcome:
        town, before = await published()
        town.files.clear()
        town.files.update(before)
        first = town.record.last - GROWN
        town.record.truncate(first)
        return await stopped(town, first)

    return asyncio.run(strike())


@attack(
    "the same, and the stream has gone on from there",
    DISK,
    STREAM,
    by="notary",
    name="HistoryDiffersError",
    entries=20,
    seconds=1.0,
)
def go_on_from_an_old_backup(_: Path) -> Outcome:
    async def strike() -> Outcome:
        town, before = await published()
        town.files.clear()
        town.files.update(before)
        first = town.record.last - GROWN
        retold(town, first)
        return await stopped(town, first)

    return asyncio.run(strike())


@attack("the stream is another than the archive", STREAM, by="notary", name="RecordDiffersError", seconds=1.0)
def exchange_the_stream(_: Path) -> Outcome:
    async def strike() -> Outcome:
        town, _before = await published()
        first = town.record.last - GROWN
        retold(town, first)
        return await stopped(town, first)

    return asyncio.run(strike())


async def not_served(office: Office, clock: HandClock | None = None) -> Outcome:
    """A registrar is started on what is there; it must not serve."""
    world, size = office.world, office.record.last
    charter = envelope.encode(world.entries[0].envelope)
    registrar = office.registrar(office.ports(clock=clock or HandClock(world.now)), charter=charter)
    with pytest.raises(RegistrarError) as caught:
        await registrar.run()
    return Outcome(size, world.now, (Named(type(caught.value).__name__, size),), world.now)


@attack("the stream is that of another organisation", STREAM, by="registrar", name="OtherOrganisationError")
def exchange_the_organisation(_: Path) -> Outcome:
    office = Office()
    office.record = record_of(World(("XAA", "XBB")))
    return asyncio.run(not_served(office))


@attack("the registrar is started with its clock set back", CLOCK, by="registrar", name="ClockBehindError")
def start_in_the_past(_: Path) -> Outcome:
    office = Office()
    return asyncio.run(not_served(office, HandClock(office.world.now - timedelta(hours=1))))


class Untold:
    """Nobody looks on."""

    def begin(self, words: str, total: int | None) -> None:
        """Nothing is shown."""

    def advance(self, steps: int) -> None:
        """Nothing is shown."""


async def not_restored(operator: Operator, index: int, files: Files, stream: list[bytes]) -> Outcome:
    """`tacit restore` is run on an archive and what is left of a stream; it must append nothing and say from where."""
    record = MemoryRecord()
    organisation = operator.world.organisation
    record.add([NewMessage(subject_of(organisation, raw), raw) for raw in stream], 0)
    target = Target(MemoryEventStore(record), MemoryBodyStore({}), asyncio.sleep)
    found: tuple[Named, ...] = ()
    try:
        archived = await ArchivedRecord.open(MemoryArchive(files), organisation)
        assert archived is not None
        await restore(archived, target, Untold())
    except (ArchiveUnusableError, RestoreRefusedError) as error:
        found = (Named(type(error).__name__, index if error.index is None else error.index),)
    assert len(stream) == record.last
    return Outcome(index, operator.struck_at, found, operator.struck_at)


@attack("a record is to be restored from a changed archive", DISK, by="restore", name="ArchiveUnusableError")
def restore_from_a_changed_archive(_: Path) -> Outcome:
    operator = Operator()
    files, index = operator.honest(), operator.size - 2
    path, kept = envelopes(operator, files, index)
    kept[index] = kept[index][:-9] + bytes([kept[index][-9] ^ 1]) + kept[index][-8:]
    keep(files, path, kept)
    return asyncio.run(not_restored(operator, index, files, []))


@attack(
    "a record is to be restored that no quorum has cosigned",
    DISK,
    LOG,
    by="restore",
    name="ArchiveUnusableError",
)
def restore_without_a_quorum(_: Path) -> Outcome:
    operator = Operator()
    operator.drop(operator.size - 1)
    index = operator.append(operator.compose("ORG", "secretariat", NEWS, text=b"1"))
    at = Mark(operator.size, operator.world.now, ())
    files = write(operator.world, operator.raw, [at], operator.folders)
    return asyncio.run(not_restored(operator, index, files, []))


@attack("a stream is to be mended that differs from its archive", STREAM, by="restore", name="RestoreRefusedError")
def mend_another_stream(_: Path) -> Outcome:
    operator = Operator()
    files = operator.honest()
    operator.drop(operator.size - 1)
    index = operator.append(operator.compose("ORG", "secretariat", NEWS, text=b"1"))
    return asyncio.run(not_restored(operator, index, files, operator.raw))


class Others:
    """Who has followed the record besides: what one of them has seen, and gives back where it is asked."""

    def __init__(self, messages: Sequence[StoredMessage], *, gives: bool) -> None:
        self._messages, self._gives = messages, gives

    async def seen(self, organisation: str) -> list[Seen]:
        """One has seen it all."""
        assert organisation
        last = self._messages[-1]
        holder, digest = ("gateway", message_digest(last.data)) if self._gives else ("", "")
        return [Seen(name="gateway", size=last.sequence, holder=holder, digest=digest, root=b"")]

    async def held(self, organisation: str, holder: str, first: int, limit: int) -> list[StoredMessage]:
        """What it has."""
        assert organisation
        return [each for each in self._messages if each.sequence >= first][:limit] if holder else []

    async def body(self, organisation: str, holder: str, folder: str, digest: Digest) -> bytes | None:
        """None."""
        assert organisation
        assert folder
        return None if holder or digest else b""


CUT = 3
"""Entries that the operator takes off the end of the stream."""


async def not_continued(change: Callable[[MemoryRecord, int], None], *, gives: bool, bend: bool = False) -> Outcome:
    """The stream is changed behind the back of those who followed it, and the registrar is started."""
    office = Office()
    seen = list(office.record.messages())
    first = len(seen) - CUT
    if bend:
        seen = [*seen[:first], *(structs.replace(each, data=forged(each.data)) for each in seen[first:])]
    change(office.record, first)
    size = office.record.last
    registrar = office.registrar(office.ports(elsewhere=Others(seen, gives=gives)))
    with pytest.raises(RegistrarError) as caught:
        await registrar.run()
    assert size == office.record.last
    at = getattr(caught.value, "index", size)
    return Outcome(first, office.world.now, (Named(type(caught.value).__name__, at),), office.world.now)


@attack("the end of the stream is cut off, and nobody has it", STREAM, by="registrar", name="RecordBehindError")
def cut_the_stream(_: Path) -> Outcome:
    return asyncio.run(not_continued(lambda record, first: record.truncate(first), gives=False))


async def not_continued_by_leaves() -> Outcome:
    """Of what was cut off the stream the archive has the signed leaves alone: their places are not free."""
    town, _before = await published()
    office, first = Office(town.story.world), town.record.last - CUT
    office.record.truncate(first)
    files = dict(town.files)
    for path in [path for path in files if path.startswith(f"{ENVELOPES}/")]:
        files[path] = encode_kept([each for each in decode_kept(files[path]) if each.index < first])
    copy = ArchivedCopy(MemoryArchive(files), office.world.organisation)
    with pytest.raises(RegistrarError) as caught:
        async with asyncio.timeout(60):  # or else it serves
            await office.registrar(office.ports(elsewhere=Everybody(None, [copy]))).run()
    assert first == office.record.last
    found = Named(type(caught.value).__name__, getattr(caught.value, "size", 0))
    return Outcome(first, office.world.now, (found,), office.world.now)


@attack(
    "the same, and the envelopes of it are taken out of the archive",
    STREAM,
    DISK,
    by="registrar",
    name="RecordBehindError",
)
def cut_the_stream_and_the_envelopes(_: Path) -> Outcome:
    return asyncio.run(not_continued_by_leaves())


@attack("the end of the stream is another than others have followed", STREAM, by="registrar", name="RecordDiffersError")
def exchange_the_end_of_the_stream(_: Path) -> Outcome:
    def change(record: MemoryRecord, first: int) -> None:
        subject, last = record.messages()[-1].subject, record.last
        record.truncate(first)
        record.add([NewMessage(subject, b"another %d" % at) for at in range(first, last)], first)

    return asyncio.run(not_continued(change, gives=True))


@attack("the end is cut off, and made-up entries are given for it", STREAM, by="registrar", name="CopyDiffersError")
def give_made_up_entries(_: Path) -> Outcome:
    return asyncio.run(not_continued(lambda record, first: record.truncate(first), gives=True, bend=True))


class Bus:
    """Copies on the bus: one that followed the record, and before it one with another end, and a root for it."""

    def __init__(self, honest: Sequence[StoredMessage], made_up: Sequence[StoredMessage]) -> None:
        self._held = {"gateway": tuple(honest), "projector": tuple(made_up)}

    async def seen(self) -> list[Seen]:
        """Nobody has signed the root."""
        tree = CompactRange()
        tree.extend([leaf_hash(log_entry(each.data)) for each in self._held["projector"]])
        roots = {"gateway": b"", "projector": tree.root()}
        return [
            Seen(name=name, size=len(held), holder=name, digest=message_digest(held[-1].data), root=roots[name])
            for name, held in sorted(self._held.items(), reverse=True)
        ]

    async def held(self, holder: str, first: int, limit: int) -> list[StoredMessage]:
        """What it has, or says that it has."""
        return [each for each in self._held[holder] if each.sequence >= first][:limit]

    async def body(self, holder: str, folder: str, digest: Digest) -> bytes | None:
        """None."""
        assert holder
        assert folder
        return None if digest else b""


async def not_mended_under_a_root() -> Outcome:
    """The acts are those that were lost, well signed; the times of receipt are others, which only a root can tell."""
    office = Office()
    honest = office.record.messages()
    first, later = len(honest) - CUT, office.world.now + timedelta(milliseconds=1)
    made_up = [structs.replace(each, data=entry_with(each.data, received_at=later)) for each in honest[first:]]
    office.record.truncate(first)
    charter = envelope.encode(office.world.entries[0].envelope)
    others = Everybody(SignedHeads(Bus(honest, [*honest[:first], *made_up]), charter), [])
    with pytest.raises(RegistrarError) as caught:
        async with asyncio.timeout(60):  # or else it serves, over another history
            await office.registrar(office.ports(elsewhere=others)).run()
    assert first == office.record.last
    found = Named(type(caught.value).__name__, getattr(caught.value, "index", 0))
    return Outcome(first, office.world.now, (found,), office.world.now)


@attack("the same, with a root for them that nobody has signed", STREAM, by="registrar", name="CopiesDifferError")
def give_other_entries_under_a_root(_: Path) -> Outcome:
    return asyncio.run(not_mended_under_a_root())
