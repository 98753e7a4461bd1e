"""Every other copy is gone: leaves that a witness mirrors, and envelopes that lie apart from them, are the record."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Final

import pytest
from msgspec import structs

from tacit import envelope
from tacit.record import decode_entry, encode_entry
from tacit.record.archive import BODIES, ENVELOPES, decode_kept, encode_kept
from tacit.record.entry import split_entry
from tacit.record.organisation_log import origin
from tacit.record.tiles import ENTRIES as ENTRIES_LEVEL
from tacit.record.tiles import decode_bundle, encode_bundle, parse_path
from tacit.testing import World
from tacit_services.kept_envelopes import bundle_of
from tacit_services.ports import StoredMessage
from tacit_services.registrar import Registrar
from tacit_services.registrar.errors import CopyDiffersError, RecordBehindError
from tacit_services.registrar.mirrored import MirroredCopy
from tacit_services.shell.archive import MemoryArchive
from tacit_services.shell.clock import LoopClock
from tacit_services.shell.elsewhere import Everybody
from tacit_services.shell.event_store.memory import MemoryRecord
from tacit_services.shell.witnesses import MemoryWitness
from tests.memory_registrar import Office
from tests.unit.notary.town import Story, Town

ENTRIES: Final = 300
"""More than one bundle, and the last one is not full."""
MIRRORING: Final = "XBB"


@cache
def _story() -> Story:
    story = Story(witnessed=True)
    story.message(ENTRIES - 1)
    return story


class Ruin:
    """What is left: a store that lost its end, witnesses of which one mirrors, and the envelopes of an archive."""

    def __init__(self, town: Town) -> None:
        self.world: World = town.story.world
        self.office = Office(self.world)
        self.messages: list[StoredMessage] = self.office.record.messages()
        self.bodies: dict[str, bytes] = dict(town.story.bodies)
        self.witnesses: Mapping[str, MemoryWitness] = town.witnesses
        kept = (f"{ENVELOPES}/", f"{BODIES}/")
        self.files = {path: raw for path, raw in town.files.items() if path.startswith(kept)}
        name = origin(self.world.organisation)
        self.leaves = self.witnesses[MIRRORING].mirrored
        self.leaves |= {(name, parse_path(path)): raw for path, raw in town.files.items() if path.startswith("tile/")}

    def lose(self, size: int) -> None:
        """The store has so many entries yet, and no body."""
        if size:
            self.office.record.truncate(size)
        else:
            self.office.record = MemoryRecord()

    def registrar(self) -> Registrar:
        charter = envelope.encode(self.world.entries[0].envelope)
        archive = MemoryArchive(self.files)
        copies = [MirroredCopy(state, each, charter, archive) for state, each in self.witnesses.items()]
        clock = LoopClock(self.world.now + timedelta(minutes=1))
        ports = self.office.ports(elsewhere=Everybody(None, copies), clock=clock)
        return self.office.registrar(ports, charter=charter)

    def raw(self) -> list[bytes]:
        return [each.data for each in self.office.record.messages()]


@pytest.fixture
async def ruin() -> Ruin:
    town = Town(told=_story())
    town.grow(ENTRIES - town.record.last)
    await town.caught_up()
    return Ruin(town)


async def mended(ruin: Ruin) -> None:
    """Start a registrar, and stop it once it serves."""
    registrar = ruin.registrar()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(registrar.run())
        await registrar.serving.wait()
        await registrar.stop()


@pytest.mark.parametrize("left", [0, 5, 255, 256, ENTRIES - 1])
async def test_the_end_comes_back_in_its_place_with_its_bodies(ruin: Ruin, left: int) -> None:
    ruin.lose(left)

    await mended(ruin)

    assert [each.data for each in ruin.messages] == ruin.raw()[:ENTRIES]
    named = [decode_entry(each.data).act.header.detached for each in ruin.messages]
    assert {digest: ruin.bodies[digest] for digest in named if digest} == ruin.office.bodies
    assert 2 == ruin.office.refold().term


async def test_a_mirror_that_holds_another_leaf_gives_nothing_that_is_appended(ruin: Ruin) -> None:
    for tile in [(name, tile) for name, tile in ruin.leaves if tile.level == ENTRIES_LEVEL and tile.index == 1]:
        *entries, last = decode_bundle(ruin.leaves[tile], tile[1].width)
        leaf, _ = split_entry(last + b"\n{}")
        later = structs.replace(leaf, received_at=leaf.received_at + timedelta(milliseconds=1))
        ruin.leaves[tile] = encode_bundle((*entries, encode_entry(later, b"").removesuffix(b"\n")))
    ruin.lose(ENTRIES - 9)

    with pytest.raises(CopyDiffersError) as caught:
        await ruin.registrar().run()

    assert ENTRIES - 9 == caught.value.index
    assert ENTRIES - 9 == ruin.office.record.last


async def test_where_the_envelopes_are_gone_too_the_first_lost_entry_is_named(ruin: Ruin) -> None:
    for path, raw in [*ruin.files.items()]:
        if bundle_of(path) is not None:
            ruin.files[path] = encode_kept([each for each in decode_kept(raw) if each.index < ENTRIES - 3])
    ruin.lose(ENTRIES - 9)

    with pytest.raises(RecordBehindError) as caught:
        await ruin.registrar().run()

    assert (ENTRIES, ENTRIES - 3) == (caught.value.seen, caught.value.size)
    assert "the witness of" in str(caught.value).lower()
    assert ENTRIES - 3 == ruin.office.record.last


async def test_a_witness_that_mirrors_nothing_has_only_seen_it(ruin: Ruin) -> None:
    ruin.leaves.clear()
    ruin.lose(ENTRIES - 9)

    with pytest.raises(RecordBehindError):
        await ruin.registrar().run()

    assert ENTRIES - 9 == ruin.office.record.last
