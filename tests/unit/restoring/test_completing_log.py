"""An archive that lost files of its log gets them back, octet by octet; what contradicts the root is never written."""

import random
from typing import Final

import pytest

from tacit.record.tiles import TILE_WIDTH
from tacit_services.archived import ArchiveUnusableError
from tacit_services.archived_damaged import DAMAGED
from tacit_services.archived_tiles import LeavesLackingError, OtherRootError, complete_log
from tacit_services.ports import StoreFailedError
from tacit_services.shell.archive import MemoryArchive
from tacit_services.shell.archive.memory import Break, Operation
from tests.scale import scale
from tests.unit.notary.town import Town
from tests.unit.restoring.test_restoring import Silent

SIZE: Final = 2 * TILE_WIDTH + 40
HASHES: Final = ("tile/0/", "tile/1/")
LEAVES: Final = "tile/entries/"


class Others:
    """Other copies, with these files."""

    def __init__(self, *copies: dict[str, bytes]) -> None:
        self._copies = copies

    async def files(self, path: str) -> list[bytes]:
        return [copy[path] for copy in self._copies if path in copy]


@pytest.fixture
async def whole() -> dict[str, bytes]:
    town = Town()
    town.grow(SIZE - town.record.last)
    await town.caught_up()
    return dict(town.files)


def of_the_log(files: dict[str, bytes]) -> list[str]:
    """What a reader needs: a partial file is superfluous once there is the full one in its place."""
    paths = sorted(path for path in files if path.startswith("tile/"))
    return [path for path in paths if path.partition(".p/")[0] not in files or ".p/" not in path]


def spoilt(whole: dict[str, bytes], paths: list[str], chance: random.Random) -> dict[str, bytes]:
    """The archive without these files, or with something else in their place."""
    files = dict(whole)
    for path in paths:
        raw = files.pop(path)
        damage = chance.choice(["lost", "cut", "flipped", "empty"])
        if damage != "lost":
            at = chance.randrange(len(raw))
            flipped = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
            files[path] = {"cut": raw[:at], "flipped": flipped, "empty": b""}[damage]
    return files


def kept(files: dict[str, bytes]) -> dict[str, bytes]:
    return {path: raw for path, raw in files.items() if not path.startswith(DAMAGED)}


async def test_hashes_follow_from_the_leaves_that_are_there(whole: dict[str, bytes]) -> None:
    hashes = [path for path in of_the_log(whole) if path.startswith(HASHES)]
    files = spoilt(whole, hashes, random.Random(1))

    assert len(hashes) == await complete_log(MemoryArchive(files), Others(), Silent())
    assert whole == kept(files)
    assert 0 == await complete_log(MemoryArchive(files), Others(), Silent())


async def test_whatever_was_lost_or_damaged_comes_back_from_another_copy(whole: dict[str, bytes]) -> None:
    for seed in range(scale().examples):
        chance = random.Random(seed)
        paths = chance.sample(of_the_log(whole), chance.randint(1, len(of_the_log(whole)) - 1))
        files = spoilt(whole, paths, chance)
        before = dict(files)

        assert len(paths) == await complete_log(MemoryArchive(files), Others({}, before, whole), Silent()), seed
        assert whole == kept(files)
        damaged = {raw for path, raw in files.items() if path.startswith(DAMAGED)}
        assert {before[path] for path in paths if path in before} == damaged, "what was damaged is evidence"


async def test_leaves_that_nobody_has_are_named_and_nothing_is_written(whole: dict[str, bytes]) -> None:
    files = {path: raw for path, raw in whole.items() if path not in {f"{LEAVES}001", "tile/0/000"}}
    before = dict(files)

    with pytest.raises(LeavesLackingError) as lacking:
        await complete_log(MemoryArchive(files), Others(), Silent())

    assert (TILE_WIDTH, f"{LEAVES}001") == (lacking.value.index, lacking.value.tile.path)
    assert before == files


async def test_leaves_with_another_root_are_never_followed(whole: dict[str, bytes]) -> None:
    raw = whole[f"{LEAVES}000"]
    files = whole | {f"{LEAVES}000": raw[:99] + bytes([raw[99] ^ 1]) + raw[100:]}
    del files["tile/0/000"]
    before = dict(files)

    with pytest.raises(OtherRootError):
        await complete_log(MemoryArchive(files), Others(), Silent())

    assert before == files


async def test_without_a_checkpoint_there_is_nothing_to_follow(whole: dict[str, bytes]) -> None:
    del whole["checkpoint"]

    with pytest.raises(ArchiveUnusableError, match="witnessed"):
        await complete_log(MemoryArchive(whole), Others(), Silent())


@pytest.mark.parametrize("side", ["before", "after"])
async def test_stopped_at_any_step_it_is_done_again(whole: dict[str, bytes], side: Break) -> None:
    paths = of_the_log(whole)
    files = spoilt(whole, paths, random.Random(3))
    stops = iter(range(1, 3 * len(paths)))

    def stopping() -> MemoryArchive:
        calls, stop = [0], next(stops)

        def breaks(operation: Operation, _path: str) -> Break:
            calls[0] += operation in {"put", "replace"}
            return side if operation in {"put", "replace"} and calls[0] == stop else None

        return MemoryArchive(files, breaks)

    while True:
        try:
            await complete_log(stopping(), Others(whole), Silent())
            break
        except StoreFailedError:
            continue

    assert whole == kept(files)
