"""The contract of an archive, held by a folder and by the fake alike."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tacit.cli.files import FolderFiles
from tacit_services.archive import Archive, ArchiveConflictError, ArchiveFile
from tacit_services.ports import StoreFailedError
from tacit_services.shell.archive import FolderArchive, MemoryArchive
from tacit_services.shell.archive.folder import DRAFT_AGE_S

TILE = "tile/0/x001/234.p/5"


@pytest.fixture(params=["memory", "folder"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Archive]:
    if request.param == "memory":
        yield MemoryArchive()
    else:
        with FolderArchive(tmp_path / "archive") as folder:
            yield folder


async def test_what_was_put_is_there(archive: Archive) -> None:
    files = [ArchiveFile(TILE, b"hashes"), ArchiveFile("bodies/council/east/" + "a" * 64, b"")]

    await archive.put(files)

    assert [file.data for file in files] == [await archive.get(file.path) for file in files]
    assert await archive.get("tile/0/x001/234") is None
    assert await archive.get("tile/0") is None


async def test_the_same_may_be_put_again_and_another_may_not(archive: Archive) -> None:
    await archive.put([ArchiveFile(TILE, b"hashes")])
    await archive.put([ArchiveFile(TILE, b"hashes"), ArchiveFile("tile/0/000", b"more")])

    with pytest.raises(ArchiveConflictError) as conflict:
        await archive.put([ArchiveFile(TILE, b"other")])

    assert TILE == conflict.value.path
    assert await archive.get(TILE) == b"hashes"
    assert await archive.get("tile/0/000") == b"more"


async def test_nothing_may_be_put_that_is_nothing(archive: Archive) -> None:
    await archive.put([])

    assert [] == await archive.below("tile")


async def test_a_name_may_be_given_another_content(archive: Archive) -> None:
    for data in (b"one", b"two", b"two"):
        await archive.replace(ArchiveFile("checkpoint", data))
        assert data == await archive.get("checkpoint")
    await archive.replace(ArchiveFile(".state/signed", b"head"))

    assert await archive.get(".state/signed") == b"head"


async def test_what_lies_below_a_folder_is_listed(archive: Archive) -> None:
    paths = ["tile/0/000", "tile/0/000.p/7", "tile/0/000.p/12", "tile/1/000.p/1"]
    await archive.put([ArchiveFile(path, b"") for path in paths])
    await archive.replace(ArchiveFile("checkpoint", b""))

    assert sorted(paths[1:3]) == await archive.below("tile/0/000.p")
    assert sorted(paths) == await archive.below("tile")
    assert [] == await archive.below("tile/0/001.p")


async def test_the_names_in_a_folder_are_listed_and_no_deeper(archive: Archive) -> None:
    paths = ["tile/0/000", "tile/0/000.p/7", "tile/0/000.p/12", "tile/1/000.p/1"]
    await archive.put([ArchiveFile(path, b"") for path in paths])

    assert ["0", "1"] == await archive.names("tile")
    assert ["000", "000.p"] == await archive.names("tile/0")
    assert [] == await archive.names("tile/0/000")
    assert [] == await archive.names("tile/2")


async def test_what_is_removed_is_gone_and_may_be_gone_already(archive: Archive) -> None:
    await archive.put([ArchiveFile("tile/0/000.p/7", b""), ArchiveFile("tile/0/000", b"")])

    await archive.remove(["tile/0/000.p/7", "tile/0/001.p/7"])
    await archive.remove([])

    assert ["tile/0/000"] == await archive.below("tile")
    await archive.put([ArchiveFile("tile/0/000.p/8", b"again")])
    assert ["tile/0/000", "tile/0/000.p/8"] == await archive.below("tile")


@pytest.mark.parametrize(
    "path", ["", "/etc", "../up", "tile/../up", "tile//0", "tile/", "a b", "tile/.hidden", "x" * 600]
)
async def test_no_path_leads_out(archive: Archive, path: str) -> None:
    with pytest.raises(ValueError, match="no path"):
        await archive.put([ArchiveFile(path, b"")])
    with pytest.raises(ValueError, match="no path"):
        await archive.get(path)


async def test_a_folder_goes_on_where_another_stopped_and_passes_over_what_it_left(tmp_path: Path) -> None:
    with FolderArchive(tmp_path) as first:
        await first.put([ArchiveFile(TILE, b"hashes")])
    (tmp_path / "tile/0/x001/234.p/6.draft").write_bytes(b"cut off")

    with FolderArchive(tmp_path) as second:
        await second.put([ArchiveFile("tile/0/x001/234.p/6", b"whole")])
        assert [TILE, "tile/0/x001/234.p/6"] == await second.below("tile")
        assert await second.get("tile/0/x001/234.p/6") == b"whole"


KILLED_BETWEEN = """
import asyncio, os, signal, sys
from pathlib import Path
from tacit_services.archive import ArchiveFile
from tacit_services.shell.archive import FolderArchive
os.link = lambda draft, path: os.kill(os.getpid(), signal.SIGKILL)
with FolderArchive(Path(sys.argv[1])) as archive:
    asyncio.run(archive.put([ArchiveFile(sys.argv[2], b"whole")]))
"""


def killed_between(folder: Path, path: str) -> None:
    """A process that is killed when it has written a file and not yet given it its name."""
    ended = subprocess.run([sys.executable, "-c", KILLED_BETWEEN, str(folder), path], check=False)
    assert -signal.SIGKILL == ended.returncode


async def test_the_draft_of_a_writer_that_was_killed_is_removed_once_nobody_can_own_it(tmp_path: Path) -> None:
    killed_between(tmp_path, TILE)
    killed_between(tmp_path, "bodies/council/east/" + "a" * 64)
    old, young = sorted(files_below(tmp_path), key=lambda path: path.name.startswith(".a"), reverse=True)
    os.utime(old, (time.time() - DRAFT_AGE_S - 1,) * 2)

    with FolderArchive(tmp_path) as archive:
        await archive.put([ArchiveFile("tile/0/000", b"whole")])
        os.utime(tmp_path / "tile/0/000", (0, 0))
        with archive.swept() as done:
            await asyncio.wrap_future(done)

    assert {young, tmp_path / "tile/0/000"} == set(files_below(tmp_path))


async def test_what_cannot_be_written_has_failed(tmp_path: Path) -> None:
    (tmp_path / "tile").write_bytes(b"in the way")
    with FolderArchive(tmp_path) as archive:
        with pytest.raises(StoreFailedError):
            await archive.put([ArchiveFile(TILE, b"hashes")])
        assert await archive.get(TILE) is None


def files_below(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("*") if each.is_file()]


async def test_two_that_write_the_same_at_once_leave_every_file_whole(tmp_path: Path) -> None:
    """Two notaries with one key over one record do no harm (decision 31), also not to one archive."""
    data = bytes(200_000)
    with FolderArchive(tmp_path) as one, FolderArchive(tmp_path) as other:
        for number in range(20):
            file, last = ArchiveFile(f"tile/0/{number:03}", data), ArchiveFile("checkpoint", data)
            await asyncio.gather(one.put([file]), other.put([file]))
            await asyncio.gather(one.replace(last), other.replace(last))

            assert data == (tmp_path / file.path).read_bytes() == (tmp_path / "checkpoint").read_bytes()
    assert 21 == len(files_below(tmp_path))


async def test_whoever_lists_a_folder_of_an_archive_reads_nothing_that_is_being_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed: list[list[str]] = []
    link = os.link

    def listing(draft: Path, path: Path) -> None:
        listed.append(FolderFiles(tmp_path).names("witnessed/012"))
        link(draft, path)

    monkeypatch.setattr(os, "link", listing)
    with FolderArchive(tmp_path) as archive:
        await archive.put([ArchiveFile("witnessed/012/1795424400.4", b"checkpoint")])

    assert [[]] == listed
    assert ["1795424400.4"] == FolderFiles(tmp_path).names("witnessed/012")
