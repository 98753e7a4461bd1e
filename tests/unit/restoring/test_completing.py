"""An archive that lost envelopes gets them back from wherever they are, octet by octet, and takes nothing else."""

import random
from hashlib import sha256
from typing import Final

import pytest

from tacit.ids import Digest
from tacit.record.archive import ENVELOPES, decode_kept, encode_kept
from tacit.record.tiles import TILE_WIDTH
from tacit_services.archived_completing import BUNDLES_AT_ONCE, EnvelopesLackingError, complete
from tacit_services.archived_damaged import DAMAGED
from tacit_services.kept_envelopes import bundle_of
from tacit_services.ports import StoreFailedError
from tacit_services.shell.archive import MemoryArchive
from tacit_services.shell.archive.memory import Break, Breaks, Operation, never
from tests.scale import scale
from tests.unit.notary.town import Town
from tests.unit.restoring.test_restoring import Silent, Site

ENTRIES: Final = 2 * TILE_WIDTH + 40
EARLIER: Final = ENTRIES - 13
"""A size that had a checkpoint before."""


class Found:
    """Sources that hold these envelopes, and note how often they are gone through."""

    def __init__(self, held: dict[Digest, bytes]) -> None:
        self.held = held
        self.times = 0

    async def find(self, wanted: set[Digest]) -> dict[Digest, bytes]:
        self.times += 1
        return {digest: raw for digest, raw in self.held.items() if digest in wanted}


@pytest.fixture
async def town() -> Town:
    town = Town()
    for size in (EARLIER, ENTRIES):
        town.grow(size - town.record.last)
        await town.caught_up()
    return town


def everything(town: Town) -> Found:
    parts = (each.data.partition(b"\n")[2] for each in town.record.messages())
    return Found({sha256(raw).hexdigest(): raw for raw in parts})


def enveloped(files: dict[str, bytes]) -> dict[str, bytes]:
    return {path: raw for path, raw in files.items() if path.startswith(f"{ENVELOPES}/")}


async def completed(files: dict[str, bytes], found: Found, breaks: Breaks = never) -> int:
    return await complete(MemoryArchive(files, breaks), found, Silent())


async def test_nothing_is_written_where_nothing_lacks(town: Town) -> None:
    before = dict(town.files)

    assert 0 == await completed(town.files, everything(town))
    assert before == town.files


@pytest.mark.parametrize("which", ["full", "partial", "all"])
async def test_files_that_are_gone_come_back_as_a_notary_wrote_them(town: Town, which: str) -> None:
    before = dict(town.files)
    gone = [path for path in enveloped(before) if which == "all" or (".p/" in path) == (which == "partial")]
    for path in gone:
        del town.files[path]
    left = {each.index for raw in enveloped(town.files).values() for each in decode_kept(raw)}
    count = len({each.index for path in gone for each in decode_kept(before[path])} - left)

    assert count == await completed(town.files, everything(town))

    # Of a bundle that is full the partial files are superfluous, and so is one of before the published checkpoint.
    needed = {
        path: raw
        for path, raw in enveloped(before).items()
        if ".p/" not in path or path.endswith(f"/{ENTRIES % 256:03}")
    }
    assert needed.items() <= enveloped(town.files).items()
    assert ENTRIES == (await Site(town.files).restore()).entries


@pytest.mark.parametrize("how", ["cut", "flip", "empty", "other"])
async def test_a_damaged_file_is_made_again_and_kept_as_evidence(town: Town, how: str) -> None:
    path = max(path for path in enveloped(town.files) if path.endswith("/001"))
    whole = town.files[path]
    first, *others = decode_kept(whole)
    spoilt = {
        "cut": whole[: len(whole) // 2],
        "flip": whole[:40] + bytes([whole[40] ^ 1]) + whole[41:],
        "empty": b"",
        "other": encode_kept([type(first)(first.index, others[0].data), *others]),
    }[how]
    town.files[path] = spoilt

    count = await completed(town.files, everything(town))

    assert {"cut": count > 1, "flip": count == 1, "empty": count == len(others) + 1, "other": count == 1}[how]
    assert whole == town.files[path]
    assert spoilt == town.files[f"{DAMAGED}/{path}/{sha256(spoilt).hexdigest()}"]
    assert ENTRIES == (await Site(town.files).restore()).entries


async def test_what_nobody_has_is_named_and_its_bundle_is_left_as_it_is(town: Town) -> None:
    for path in [path for path in enveloped(town.files) if bundle_of(path) is not None]:
        del town.files[path]
    found = everything(town)
    lost = TILE_WIDTH + 7
    raw = town.record.messages()[lost].data.partition(b"\n")[2]
    del found.held[sha256(raw).hexdigest()]

    with pytest.raises(EnvelopesLackingError) as caught:
        await completed(town.files, found)

    assert ([lost], lost) == (caught.value.lacking, caught.value.index)
    assert f"entry {lost} (sha256 {sha256(raw).hexdigest()})" in str(caught.value)
    numbers = {tile.index for path in enveloped(town.files) if (tile := bundle_of(path)) is not None}
    assert {0, 2} == numbers
    found.held[sha256(raw).hexdigest()] = raw
    assert TILE_WIDTH == await completed(town.files, found)


async def test_what_has_another_hash_is_never_put(town: Town) -> None:
    path = max(path for path in enveloped(town.files) if path.endswith("/001"))
    del town.files[path]
    lying = everything(town)
    lying.held = {digest: raw + b" " for digest, raw in lying.held.items()}

    with pytest.raises(EnvelopesLackingError):
        await completed(town.files, lying)

    assert path not in town.files


class KilledError(Exception):
    """The process is gone."""


@pytest.mark.parametrize("seed", range(scale().examples // 10))
async def test_killed_at_any_call_the_next_run_goes_on(town: Town, seed: int) -> None:
    dice = random.Random(seed)
    paths = sorted(enveloped(town.files))
    for path in dice.sample(paths, len(paths) // 2):
        town.files[path] = town.files[path][: dice.randrange(len(town.files[path]))]

    def breaks(operation: Operation, _path: str) -> Break:
        if operation in {"put", "replace"} and dice.random() < 0.3:
            raise KilledError
        return dice.choice(["before", "after"]) if dice.random() < 0.02 else None

    for _ in range(200):
        try:
            await completed(town.files, everything(town), breaks)
        except (KilledError, StoreFailedError):
            continue
        break

    assert 0 == await completed(town.files, Found({}))
    assert ENTRIES == (await Site(town.files).restore()).entries


async def test_the_sources_are_gone_through_once_for_many_bundles(town: Town) -> None:
    for path in enveloped(town.files):
        del town.files[path]
    found = everything(town)

    await completed(town.files, found)

    assert 3 < BUNDLES_AT_ONCE
    assert 1 == found.times
