"""The store of views on a real file: fences, swaps, what is read as of a time, and files that are not ours."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec import structs

from tacit_services.ports import StoreFailedError
from tacit_services.shell.view_store import ThreadedViews, ViewFile
from tacit_services.views import (
    Column,
    Filter,
    NotBuiltError,
    Placed,
    Question,
    Stand,
    SupersededError,
    Table,
    UnknownColumnError,
    Written,
)

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
LEVELS = Table(
    "levels",
    1,
    (Column("body", "text"), Column("channel", "text"), Column("level", "integer"), Column("known_to", "list")),
    key=("body", "channel"),
)
US, OTHERS = "a" * 64, "b" * 64


def at(index: int) -> datetime:
    return START + timedelta(seconds=index)


def written(stand: Stand, expected: int, *levels: int) -> Written:
    """Each entry raises the level of one channel."""
    rows = tuple(
        Placed(index, at(index), ("council", "east", level, ("XAA", "XBB")))
        for index, level in enumerate(levels, expected)
    )
    size = expected + len(levels)
    return Written(LEVELS.name, stand.generation, expected, size, at(size - 1), rows)


def live(file: ViewFile, *levels: int) -> Stand:
    stand = file.begin(LEVELS)
    file.write([written(stand, 0, *levels)])
    file.swap(LEVELS.name, stand.generation)
    return stand


def levels_in(file: ViewFile, question: Question) -> list[object]:
    return [held.values["level"] for held in file.select(question).rows]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "views.sqlite"


def test_a_row_holds_from_its_entry_until_the_next_of_its_key(path: Path) -> None:
    with ViewFile(path, US) as file:
        live(file, 1, 2, 3)
        asked = Question(LEVELS.name)

        assert [3] == levels_in(file, asked)
        assert [[1], [2], [3]] == [levels_in(file, structs.replace(asked, as_of=index)) for index in range(3)]
        assert [[1], [2], [3]] == [levels_in(file, structs.replace(asked, as_of=at(index))) for index in range(3)]
        assert [] == levels_in(file, structs.replace(asked, as_of=at(0) - timedelta(microseconds=1)))
        assert [1, 2, 3] == levels_in(file, structs.replace(asked, history=True))
        assert [1, 2] == levels_in(file, structs.replace(asked, history=True, as_of=1))


def test_nothing_of_a_write_is_kept_where_one_generation_stands_elsewhere(path: Path) -> None:
    other = structs.replace(LEVELS, name="others")
    with ViewFile(path, US) as file:
        first, second = file.begin(LEVELS), file.begin(other)
        wrong = structs.replace(written(second, 4, 1), name="others")
        with pytest.raises(SupersededError) as error:
            file.write([written(first, 0, 1), wrong])

        assert "others" == error.value.name
        assert [0, 0] == [stand.size for stand in file.stands()]


def test_a_generation_that_is_built_is_seen_by_nobody_before_the_swap_and_by_everybody_after_it(path: Path) -> None:
    with ViewFile(path, US) as file, ViewFile(path, US, read_only=True) as reader:
        live(file, 1)
        beside = file.begin_anew(LEVELS)
        file.write([written(beside, 0, 7)])
        assert beside.generation == file.begin_anew(LEVELS).generation
        assert [1] == levels_in(reader, Question(LEVELS.name))
        file.swap(LEVELS.name, beside.generation)

        assert [7] == levels_in(reader, Question(LEVELS.name))
        assert [beside.generation] == [stand.generation for stand in reader.stands()]
        with pytest.raises(SupersededError):
            file.write([written(structs.replace(beside, generation=1), 1, 2)])
        with pytest.raises(SupersededError):
            file.swap(LEVELS.name, 1)


def test_an_old_version_answers_until_a_new_one_with_other_columns_is_built(path: Path) -> None:
    newer = Table(LEVELS.name, 2, (*LEVELS.columns, Column("why", "text")), LEVELS.key)
    with ViewFile(path, US) as file:
        live(file, 1)
        stand = file.begin(newer)

        assert (False, 0) == (stand.live, stand.size)
        assert 1 == file.select(Question(LEVELS.name)).stand.version
        file.swap(LEVELS.name, stand.generation)
        assert 2 == file.select(Question(LEVELS.name)).stand.version


def test_rows_of_other_bodies_are_withheld_and_those_of_the_register_are_not(path: Path) -> None:
    with ViewFile(path, US) as file:
        stand = file.begin(LEVELS)
        rows = tuple(Placed(0, START, (body, "east", 1, ())) for body in ("council", "committee", None))
        file.write([Written(LEVELS.name, stand.generation, 0, 1, START, rows)])
        file.swap(LEVELS.name, stand.generation)

        for bodies, seen in ((None, 3), ({"council": None}, 2), (dict[str, int | None](), 1)):
            assert seen == len(file.select(Question(LEVELS.name, bodies=bodies)).rows)


def test_a_body_that_was_left_is_shown_as_it_was_then(path: Path) -> None:
    """Levels 1, 2, 3 by the entries 0, 1, 2; the reader was removed by the entry 2, or by a later one."""
    with ViewFile(path, US) as file:
        live(file, 1, 2, 3)
        for left, now in ((0, []), (1, [1]), (2, [2]), (3, [3]), (9, [3])):
            asked = Question(LEVELS.name, bodies={"council": left, "committee": None})
            assert now == levels_in(file, asked)
            assert [None] * len(now) == [held.until_index for held in file.select(asked).rows]
            assert [1, 2, 3][:left] == levels_in(file, structs.replace(asked, history=True))
            for as_of in (0, 1, 2):
                expected = [[1, 2, 3][min(as_of, left - 1)]] if left else []
                for moment in (as_of, at(as_of)):
                    assert expected == levels_in(file, structs.replace(asked, as_of=moment))


def test_a_condition_is_a_value_and_never_a_statement(path: Path) -> None:
    with ViewFile(path, US) as file:
        live(file, 1)
        for text, seen in (("ea", 1), ("%", 0), ("_a", 0), ("' OR 1 --", 0), ("EA", 0)):
            begins = Filter("channel", "begins", text)
            assert seen == len(file.select(Question(LEVELS.name, (begins,))).rows)
        for filter_ in (Filter("1=1 --", "is", "x"), Filter("level", "begins", "1"), Filter("level", "is", "high")):
            with pytest.raises(UnknownColumnError):
                file.select(Question(LEVELS.name, (filter_,)))


def test_what_was_never_built_is_said_so(path: Path) -> None:
    with ViewFile(path, US) as file:
        file.begin(LEVELS)
        with pytest.raises(NotBuiltError):
            file.select(Question(LEVELS.name))


@pytest.mark.parametrize("damage", ["another organisation", "another layout", "no database"])
def test_a_file_that_is_not_ours_is_made_anew(path: Path, damage: str) -> None:
    if damage == "no database":
        path.write_bytes(b"junk " * 1_000)
    else:
        with ViewFile(path, OTHERS if damage == "another organisation" else US) as file:
            live(file, 1)
    if damage == "another layout":
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA user_version = 99")
        connection.close()

    with ViewFile(path, US) as file:
        assert [] == file.stands()
        live(file, 4)
        assert [4] == levels_in(file, Question(LEVELS.name))


def test_only_its_owner_may_read_the_file(path: Path) -> None:
    with ViewFile(path, US) as file:
        live(file, 1)

        assert {0o600} == {each.stat().st_mode & 0o777 for each in path.parent.glob("views.sqlite*")}


async def test_a_file_that_cannot_be_opened_is_a_store_that_failed(tmp_path: Path) -> None:
    with ThreadedViews(tmp_path, US) as kept, pytest.raises(StoreFailedError):
        await kept.begin(LEVELS)
