"""A mirror holds what it has proven: bundles and tiles as the log has them, and nothing of a log that lies."""

import os
from contextlib import suppress
from pathlib import Path

import pytest

from tacit.record.merkle import leaf_hash
from tacit.record.tiles import ENTRIES, Tile, grown, parse_path
from tacit.witness import mirror as mirror_module
from tacit.witness.folder import write_durably
from tacit.witness.mirror import FolderMirror
from tacit.witness.ports import MirrorError
from tests.property.log_files import files_of, leaves_of, root_of


class Log:
    """The files of a log of so many entries, some of them bent."""

    def __init__(self) -> None:
        self.size = 0
        self.bent: dict[str, bytes] = {}
        self.read_paths: list[str] = []

    async def read(self, path: str) -> bytes:
        self.read_paths.append(path)
        if path in self.bent:
            return self.bent[path]
        try:
            return files_of(self.size)[parse_path(path)]
        except KeyError as error:
            raise MirrorError(f"{path}: status 404") from error


def root(size: int) -> bytes:
    return root_of(leaves_of(size))


async def test_what_is_held_are_the_files_of_the_log(tmp_path: Path) -> None:
    log = Log()
    mirror = FolderMirror(tmp_path, log)
    for size in (1, 5, 256, 257, 700):
        log.size = size
        await mirror.hold(size, root(size))

        assert size == mirror.size
        for tile in grown(0, size):
            assert files_of(size)[tile] == mirror.serve(tile), (size, tile)


async def test_only_what_is_new_is_read_from_the_log(tmp_path: Path) -> None:
    log = Log()
    mirror = FolderMirror(tmp_path, log)
    log.size = 600
    await mirror.hold(600, root(600))
    log.read_paths.clear()
    log.size = 601
    await mirror.hold(601, root(601))

    assert ["tile/entries/002.p/89"] == log.read_paths


async def test_a_new_process_goes_on_from_the_folder(tmp_path: Path) -> None:
    log = Log()
    log.size = 300
    await FolderMirror(tmp_path, log).hold(300, root(300))
    log.size = 900
    again = FolderMirror(tmp_path, log)
    await again.hold(900, root(900))

    assert 900 == again.size
    assert files_of(900)[Tile(1, 0, 3)] == again.serve(Tile(1, 0, 3))


async def test_entries_that_are_not_those_of_the_checkpoint_are_not_held(tmp_path: Path) -> None:
    log = Log()
    log.size = 5
    mirror = FolderMirror(tmp_path, log)
    log.bent["tile/entries/000.p/5"] = files_of(5)[Tile(ENTRIES, 0, 5)].replace(b"entry 3", b"Entry 3")

    with pytest.raises(MirrorError, match="not those of its checkpoint"):
        await mirror.hold(5, root(5))
    assert (0, None) == (mirror.size, mirror.serve(Tile(ENTRIES, 0, 5)))

    log.bent.clear()
    await mirror.hold(5, root(5))
    assert leaf_hash(b"entry 0") == (mirror.serve(Tile(0, 0, 5)) or b"")[:32]


@pytest.mark.parametrize("raw", [b"", b"\0", b"\0\7entry 0" * 4, b"\0\7entry 0" * 6])
async def test_a_bundle_that_is_none_is_not_held(tmp_path: Path, raw: bytes) -> None:
    log = Log()
    log.size = 5
    log.bent["tile/entries/000.p/5"] = raw

    with pytest.raises(MirrorError):
        await FolderMirror(tmp_path, log).hold(5, root(5))


async def test_a_log_that_does_not_answer_is_not_held(tmp_path: Path) -> None:
    with pytest.raises(MirrorError, match="404"):
        await FolderMirror(tmp_path, Log()).hold(5, root(5))


def partial_bundles(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("entries/*.p/*")]


async def test_partial_files_go_once_the_full_one_is_there(tmp_path: Path) -> None:
    log, mirror = Log(), None
    for size in (100, 200, 255, 256, 300):
        log.size = size
        mirror = FolderMirror(tmp_path, log)
        await mirror.hold(size, root(size))

    assert mirror is not None
    assert {"44"} == set(partial_bundles(tmp_path))
    assert files_of(300)[Tile(ENTRIES, 0)] == mirror.serve(Tile(ENTRIES, 0))


async def test_a_partial_file_that_was_never_proven_is_not_served_when_the_log_has_grown(tmp_path: Path) -> None:
    log = Log()
    log.size = 3
    mirror = FolderMirror(tmp_path, log)
    log.bent["tile/entries/000.p/3"] = files_of(3)[Tile(ENTRIES, 0, 3)].replace(b"entry 1", b"Entry 1")
    with pytest.raises(MirrorError):
        await mirror.hold(3, root(3))
    log.bent.clear()
    log.size = 5
    await mirror.hold(5, root(5))

    assert mirror.serve(Tile(ENTRIES, 0, 3)) is None


async def test_a_log_that_is_far_ahead_is_caught_up_with_in_several_tries(tmp_path: Path) -> None:
    class Breaking(Log):
        """Breaks off after so many files."""

        left = 0

        async def read(self, path: str) -> bytes:
            if self.left == 0:
                raise MirrorError("broken off")
            self.left -= 1
            return await super().read(path)

    log = Breaking()
    log.size = 256 * 20 + 7
    mirror, tries = FolderMirror(tmp_path, log), 0
    while mirror.size < log.size:
        log.left, tries = 9, tries + 1
        with suppress(MirrorError):
            await mirror.hold(log.size, root(log.size))

    assert 3 == tries
    full = [path for path in log.read_paths if ".p/" not in path]
    assert 20 == len(full) == len(set(full))


async def test_a_try_that_takes_too_long_ends_between_two_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, mirror = Log(), FolderMirror(tmp_path, Log())
    log.size = 5
    monkeypatch.setattr(mirror_module, "HOLD_WAIT_S", -1.0)

    with pytest.raises(MirrorError, match=r"not within|others"):
        await mirror.hold(5, root(5))
    assert 0 == mirror.size


async def test_bundles_of_an_earlier_try_that_are_not_those_of_the_checkpoint_are_fetched_again(tmp_path: Path) -> None:
    log = Log()
    log.size = 600
    mirror = FolderMirror(tmp_path, log)
    log.bent["tile/entries/001"] = files_of(600)[Tile(ENTRIES, 1)].replace(b"entry 300", b"Entry 300")
    with pytest.raises(MirrorError, match="not those"):
        await mirror.hold(600, root(600))
    log.bent.clear()
    await mirror.hold(600, root(600))

    assert files_of(600)[Tile(ENTRIES, 1)] == mirror.serve(Tile(ENTRIES, 1))


async def test_a_partial_bundle_that_the_log_has_let_go_of_is_taken_from_the_full_one(tmp_path: Path) -> None:
    class Grown(Log):
        async def read(self, path: str) -> bytes:
            self.read_paths.append(path)
            found = files_of(600).get(parse_path(path))
            if found is None:
                raise MirrorError(f"{path}: status 404")
            return found

    mirror = FolderMirror(tmp_path, Grown())
    await mirror.hold(100, root(100))

    assert files_of(100)[Tile(ENTRIES, 0, 100)] == mirror.serve(Tile(ENTRIES, 0, 100))


@pytest.mark.parametrize("raw", [b"", b"-1", b"05", b"five", b"\xff"])
async def test_a_size_that_is_damaged_holds_nothing_and_is_said(tmp_path: Path, raw: bytes) -> None:
    log = Log()
    log.size = 5
    (tmp_path / "size").write_bytes(raw)

    with pytest.raises(MirrorError):
        await FolderMirror(tmp_path, log).hold(5, root(5))


def test_what_could_not_be_written_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError("the disk is full")

    write_durably(tmp_path / "file", b"before")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="full"):
        write_durably(tmp_path / "file", b"after")

    assert {"file": b"before"} == {path.name: path.read_bytes() for path in tmp_path.iterdir()}
