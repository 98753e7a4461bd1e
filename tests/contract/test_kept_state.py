"""One contract for a kept state, kept by a file and by the fake."""

import asyncio
import errno
import os
import threading
from pathlib import Path

import pytest

from tacit_services.ports import KeptState, StoreFailedError
from tacit_services.shell.kept_state import FileKeptState, MemoryKeptState

WAIT_S = 10.0


@pytest.fixture(params=["memory", "file"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> KeptState:
    return MemoryKeptState() if request.param == "memory" else FileKeptState(tmp_path / "state")


async def test_at_first_nothing_is_kept(kept: KeptState) -> None:
    assert await kept.read() is None


async def test_what_was_written_last_is_read(kept: KeptState) -> None:
    await kept.write(b"a longer one")
    await kept.write(b"short")

    assert b"short" == await kept.read()


async def test_a_file_is_there_whole_or_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = FileKeptState(tmp_path / "state")
    await file.write(b"old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreFailedError, match="disk_full"):
        await file.write(b"new")

    assert b"old" == await file.read()
    assert [("state", 0o600)] == files_in(tmp_path)


def files_in(folder: Path) -> list[tuple[str, int]]:
    """The files, and who may do what with them: positions stand in a state."""
    return [(path.name, path.stat().st_mode & 0o777) for path in folder.iterdir()]


async def test_a_place_that_cannot_be_read_or_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    file = FileKeptState(tmp_path / "state")

    with pytest.raises(StoreFailedError):
        await file.read()
    with pytest.raises(StoreFailedError):
        await file.write(b"new")


async def test_a_fake_breaks_when_it_is_told_to() -> None:
    fake = MemoryKeptState(lambda operation: StoreFailedError("timeout") if operation == "write" else None)

    with pytest.raises(StoreFailedError):
        await fake.write(b"new")
    assert await fake.read() is None


async def test_a_write_that_nobody_waits_for_spoils_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, begun, go_on = FileKeptState(tmp_path / "state"), threading.Event(), threading.Event()
    sync = os.fsync

    def slow(descriptor: int) -> None:
        begun.set()
        go_on.wait(WAIT_S)
        sync(descriptor)

    monkeypatch.setattr("os.fsync", slow)
    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(file.write(b"the first, which is longer"))
        await asyncio.to_thread(begun.wait, WAIT_S)
        first.cancel()
        tasks.create_task(file.write(b"the second"))
        await asyncio.sleep(0.05)
        go_on.set()

    assert b"the second" == await file.read()
    assert [("state", 0o600)] == files_in(tmp_path)
