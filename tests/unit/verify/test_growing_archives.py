"""An archive that its notary goes on writing while it is verified, or whose notary was killed: nobody is accused."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tacit.cli.archive import open_archive
from tacit.cli.verifying import FileLeaves, Settings, Verification
from tacit.record.archive import CHECKPOINT, WITNESSED
from tacit.record.tiles import TILE_WIDTH
from tests.unit.verify.archives import DictFiles, Mark, messages, places, received, world, write

SIZES = (100, 120, 282)


def archive_of(size: int) -> dict[str, bytes]:
    """The archive as it was when its log had so many entries, older partial files of envelopes gone."""
    told = world()
    made = [Mark(each, received(told, each - 1) + timedelta(seconds=1)) for each in SIZES if each <= size]
    return write(told, messages(told)[:size], made, places(told)[:size])


class GrowingFiles(DictFiles):
    """Goes on to the next archive when a file is read for which `at` says so."""

    def __init__(self, now: dict[str, bytes], then: dict[str, bytes], at: Callable[[str], bool]) -> None:
        super().__init__(now)
        self._then, self._at = then, at

    def read(self, path: str) -> bytes | None:
        found = super().read(path)
        if self._at(path):
            tiles = {each: raw for each, raw in self.files.items() if each.startswith(("tile/", WITNESSED))}
            self.files = tiles | self._then
        return found


def verified(files: DictFiles, *, whole: bool = True) -> Verification:
    archive = open_archive(files, files)
    with FileLeaves() as leaves:
        done = Verification(archive, Settings(None, 30.0, whole), leaves)
        done.run(lambda _: None)
        done.passed.tree.root(done.passed.size)
    return done


@pytest.mark.parametrize(("size", "then"), [(100, 120), (100, 282), (120, 282)])
@pytest.mark.parametrize("at", [CHECKPOINT, "tile/entries", "envelopes/"])
def test_what_is_published_meanwhile_is_no_end_that_was_cut_off(size: int, then: int, at: str) -> None:
    done = verified(GrowingFiles(archive_of(size), archive_of(then), lambda path: path.startswith(at)))

    assert [] == done.findings
    assert (size, size) == (done.passed.size, done.passed.watch.covered)


def test_a_checkpoint_that_was_archived_and_not_yet_published_counts() -> None:
    files = archive_of(282)
    files[CHECKPOINT] = archive_of(120)[CHECKPOINT]
    done = verified(DictFiles(files))

    assert [] == done.findings
    assert (282, 282) == (done.passed.size, done.passed.watch.covered)


@pytest.mark.parametrize("cut", [120, TILE_WIDTH])
def test_a_checkpoint_whose_entries_are_not_there_is_an_end_that_was_cut_off(cut: int) -> None:
    files = {path: raw for path, raw in archive_of(282).items() if path.startswith(WITNESSED)}
    files |= archive_of(120)
    if cut == TILE_WIDTH:
        files["tile/entries/000"] = archive_of(282)["tile/entries/000"]
    done = verified(DictFiles(files))

    assert [(119, "checkpoint.beyond")] == [(each.index, each.rule) for each in done.findings]
