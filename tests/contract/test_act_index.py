"""One contract for the index of acts, kept by SQLite and by the fake."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from tacit_services.ports import StoreFailedError
from tacit_services.registrar import ActIndex
from tacit_services.shell.act_index import MemoryActIndex, SqliteActIndex
from tacit_services.shell.act_index import sqlite as sqlite_index

HERE: Final = "a" * 64
THERE: Final = "b" * 64
KEY: Final = "c" * 64
ONE: Final = (KEY, "council", "east", 1)
TWO: Final = (KEY, None, None, 1)
ACT: Final = "d" * 64
OTHER: Final = "e" * 64


@pytest.fixture(params=["memory", "sqlite"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ActIndex]:
    with ExitStack() as stack:
        if request.param == "memory":
            yield MemoryActIndex()
        else:
            yield stack.enter_context(SqliteActIndex(tmp_path / "index.sqlite"))


async def test_a_new_index_knows_nothing(index: ActIndex) -> None:
    assert 0 == await index.begin(HERE)
    assert [None] == await index.find([ONE])


async def test_what_was_written_is_found_in_the_order_of_asking(index: ActIndex) -> None:
    await index.begin(HERE)

    await index.write([(ONE, (ACT, 7)), (TWO, (OTHER, 8))], 9)

    assert [(OTHER, 8), None, (ACT, 7)] == await index.find([TWO, (KEY, "council", "west", 1), ONE])
    assert 9 == await index.begin(HERE)


async def test_writing_twice_changes_nothing(index: ActIndex) -> None:
    await index.begin(HERE)

    await index.write([(ONE, (ACT, 7))], 8)
    await index.write([(ONE, (ACT, 7))], 8)

    assert [(ACT, 7)] == await index.find([ONE])


async def test_what_is_known_never_shrinks(index: ActIndex) -> None:
    await index.begin(HERE)

    await index.write([], 8)
    await index.write([], 5)

    assert 8 == await index.begin(HERE)


async def test_an_index_that_is_cleared_knows_nothing(index: ActIndex) -> None:
    await index.begin(HERE)
    await index.write([(ONE, (ACT, 7))], 8)

    await index.clear()

    assert 0 == await index.begin(HERE)
    assert [None] == await index.find([ONE])


async def test_another_organisation_begins_with_nothing(index: ActIndex) -> None:
    await index.begin(HERE)
    await index.write([(ONE, (ACT, 7))], 8)

    assert 0 == await index.begin(THERE)
    assert [None] == await index.find([ONE])


async def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    with SqliteActIndex(path) as before:
        await before.begin(HERE)
        await before.write([(ONE, (ACT, 7))], 8)

    with SqliteActIndex(path) as after:
        assert 8 == await after.begin(HERE)
        assert [(ACT, 7)] == await after.find([ONE])


@pytest.mark.parametrize("damage", [b"not a database at all" * 100, b""])
async def test_a_file_that_cannot_be_read_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "index.sqlite"
    path.write_bytes(damage)

    with SqliteActIndex(path) as index:
        assert 0 == await index.begin(HERE)
        await index.write([(ONE, (ACT, 7))], 8)
        assert [(ACT, 7)] == await index.find([ONE])


async def test_a_file_with_another_layout_is_emptied(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    with SqliteActIndex(path) as before:
        await before.begin(HERE)
        await before.write([(ONE, (ACT, 7))], 8)
    file = sqlite3.connect(path)
    file.execute("PRAGMA user_version = 99")
    file.close()

    with SqliteActIndex(path) as after:
        assert 0 == await after.begin(HERE)


async def test_a_folder_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    with SqliteActIndex(tmp_path / "nowhere" / "index.sqlite") as index, pytest.raises(StoreFailedError):
        await index.begin(HERE)


async def test_a_file_that_another_process_holds_is_a_failure_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_index, "BUSY_WAIT_S", 0.05)
    path = tmp_path / "index.sqlite"
    with SqliteActIndex(path) as index:
        await index.begin(HERE)
        await index.write([(ONE, (ACT, 7))], 8)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreFailedError):
            await index.write([(TWO, (OTHER, 8))], 9)
        other.close()

        assert 8 == await index.begin(HERE)
        assert [(ACT, 7), None] == await index.find([ONE, TWO])
