"""A mirror holds what it has proven: bundles and tiles as the log has them, and nothing of a log that lies."""

from pathlib import Path

import pytest

from tacit.record.merkle import leaf_hash
from tacit.record.tiles import ENTRIES, Tile, grown, parse_path
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
