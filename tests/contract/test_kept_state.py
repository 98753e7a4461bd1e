"""One contract for a kept state, kept by a file and by the fake."""

import errno
from pathlib import Path

import pytest

from tacit_services.ports import KeptState, StoreFailedError
from tacit_services.shell.kept_state import FileKeptState, MemoryKeptState


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
