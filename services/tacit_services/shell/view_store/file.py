"""Views in one SQLite file. It can be deleted at any time: it is built again from the record.

Each generation of a view has a table of its own, described beside it, so that an old one can be read by newer code. A
generation is fenced by the number of entries in it: of two writers one is told that it is superseded.
"""

import hashlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from tacit_services.shell.view_store.sql import Sql, Statements, instant_from_sql, instant_to_sql
from tacit_services.views import NotBuiltError, Page, Question, Stand, SupersededError, Table, Written

BUSY_WAIT_S: Final = 5.0
"""How long another process may hold the file: a command may build views while the projector runs."""
LAYOUT: Final = 1
"""Of the file; one with another layout is emptied."""
MEMORY: Final = ":memory:"
OWNER_ONLY: Final = 0o600
PAGES_KEPT: Final = -16_000
"""Of the page cache, in KiB with the sign that SQLite wants."""

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS known (organisation TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS generation (
    name TEXT NOT NULL, generation INTEGER NOT NULL, version INTEGER NOT NULL, live INTEGER NOT NULL,
    size INTEGER NOT NULL, at INTEGER, stopped INTEGER, layout BLOB NOT NULL,
    PRIMARY KEY (name, generation)
) WITHOUT ROWID;
"""
_FIELDS: Final = "name, generation, version, live, size, at, stopped"
_STANDS: Final = f"SELECT {_FIELDS} FROM generation ORDER BY name, generation"  # noqa: S608 - a constant
_LIVE: Final = f"SELECT {_FIELDS}, layout FROM generation WHERE name = ? AND live"  # noqa: S608 - the same
_ADVANCE: Final = (
    "UPDATE generation SET size = ?, at = ?, stopped = NULL WHERE name = ? AND generation = ? AND size = ?"
)


class ViewFile:
    """The file at `path` (or `:memory:`), for views of one organisation. A context manager: leaving it closes the file.

    Raises sqlite3.Error wherever SQLite does.
    """

    def __init__(self, path: Path | str, organisation: str, *, read_only: bool = False) -> None:
        """Open it, or make it; one that cannot be read as such, or is another's, is made anew, unless `read_only`."""
        self._path = path
        self._statements: dict[tuple[str, int], Statements] = {}
        if read_only:
            self._file = sqlite3.connect(
                f"{Path(path).resolve().as_uri()}?mode=ro", uri=True, timeout=BUSY_WAIT_S, check_same_thread=False
            )
            self._file.isolation_level = None
            return
        try:
            self._file = self._open(organisation)
        except sqlite3.OperationalError:
            raise  # Busy, or the disk: the file itself may be sound.
        except sqlite3.DatabaseError:
            remove(path)
            self._file = self._open(organisation)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close it; what is in memory is gone."""
        self._file.close()

    def _open(self, organisation: str) -> sqlite3.Connection:
        if self._path != MEMORY:
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, OWNER_ONLY))
        file = sqlite3.connect(self._path, timeout=BUSY_WAIT_S, check_same_thread=False, isolation_level=None)
        try:
            file.execute("PRAGMA journal_mode = WAL")
            file.execute("PRAGMA synchronous = NORMAL")
            file.execute(f"PRAGMA cache_size = {PAGES_KEPT}")
            (layout,) = file.execute("PRAGMA user_version").fetchone()
            file.execute("BEGIN IMMEDIATE")
            for statement in _TABLES.split(";\n"):
                file.execute(statement)
            held = file.execute("SELECT organisation FROM known").fetchall()
            if held != [(organisation,)] or layout != LAYOUT:
                _empty(file)
                file.execute("INSERT INTO known VALUES (?)", (organisation,))
                file.execute(f"PRAGMA user_version = {LAYOUT}")
            file.execute("COMMIT")
        except sqlite3.Error:
            file.close()
            raise
        return file

    @contextmanager
    def _transaction(self, kind: str = "IMMEDIATE") -> Iterator[sqlite3.Connection]:
        self._file.execute(f"BEGIN {kind}")
        try:
            yield self._file
        except BaseException:
            self._file.execute("ROLLBACK")
            raise
        self._file.execute("COMMIT")

    def begin(self, table: Table) -> Stand:
        """As `ViewStore.begin`."""
        with self._transaction():
            known = [stand for stand in self.stands() if stand.name == table.name and stand.version == table.version]
            live = [stand for stand in known if stand.live]
            return (live or known[-1:] or [self._create(table)])[0]

    def begin_anew(self, table: Table) -> Stand:
        """A generation beside the live one: the one that such a call began and did not finish, or an empty one."""
        with self._transaction():
            newest = [stand for stand in self.stands() if stand.name == table.name][-1:]
            unfinished = [stand for stand in newest if not stand.live and stand.version == table.version]
            return (unfinished or [self._create(table)])[0]

    def _create(self, table: Table) -> Stand:
        (last,) = self._file.execute("SELECT max(generation) FROM generation WHERE name = ?", (table.name,)).fetchone()
        generation = (last or 0) + 1
        for statement in Statements(table, generation).create:
            self._file.execute(statement)
        self._file.execute(
            "INSERT INTO generation VALUES (?, ?, ?, 0, 0, NULL, NULL, ?)",
            (table.name, generation, table.version, msgspec.json.encode(table)),
        )
        return Stand(table.name, generation, table.version, live=False, size=0, at=None, stopped=None)

    def write(self, written: Sequence[Written]) -> None:
        """As `ViewStore.write`."""
        with self._transaction() as file:
            for each in written:
                at = None if each.at is None else instant_to_sql(each.at)
                key = (each.name, each.generation)
                if file.execute(_ADVANCE, (each.size, at, *key, each.expected)).rowcount != 1:
                    raise SupersededError(each.name)
                statements = self._of(*key)
                file.executemany(statements.insert, [statements.values(placed) for placed in each.rows])

    def _of(self, name: str, generation: int) -> Statements:
        known = self._statements.get((name, generation))
        if known is None:
            row = self._file.execute(
                "SELECT layout FROM generation WHERE name = ? AND generation = ?", (name, generation)
            ).fetchone()
            known = Statements(msgspec.json.decode(row[0], type=Table), generation)
            self._statements[name, generation] = known
        return known

    def swap(self, name: str, generation: int) -> None:
        """As `ViewStore.swap`."""
        with self._transaction() as file:
            older = [stand for stand in self.stands() if stand.name == name and stand.generation < generation]
            for stand in older:
                file.execute(self._of(name, stand.generation).drop)
                self._statements.pop((name, stand.generation))
            file.execute("DELETE FROM generation WHERE name = ? AND generation < ?", (name, generation))
            changed = file.execute(
                "UPDATE generation SET live = 1 WHERE name = ? AND generation = ?", (name, generation)
            )
            if changed.rowcount != 1:
                raise SupersededError(name)

    def stop(self, name: str, generation: int, index: int) -> None:
        """As `ViewStore.stop`."""
        self._file.execute(
            "UPDATE generation SET stopped = ? WHERE name = ? AND generation = ?", (index, name, generation)
        )

    def stands(self) -> list[Stand]:
        """As `ViewStore.stands`."""
        return [_stand(row) for row in self._file.execute(_STANDS)]

    def select(self, question: Question) -> Page:
        """As `ViewStore.select`; one transaction, so that what is seen is of one moment."""
        with self._transaction("DEFERRED") as file:
            stand, statements = self._live(question.view)
            text, given = statements.select(question)
            found = file.execute(text, given).fetchall()
        rows = tuple(statements.held(row, question) for row in found[: question.limit])
        return Page(stand, statements.columns, rows, len(found) > question.limit)

    def _live(self, name: str) -> tuple[Stand, Statements]:
        row = self._file.execute(_LIVE, (name,)).fetchone()
        if row is None:
            raise NotBuiltError(name)
        return _stand(row[:-1]), Statements(msgspec.json.decode(row[-1], type=Table), row[1])

    def digest(self, name: str) -> str:
        """SHA-256 over the rows of the live generation, in their order: equal records give equal digests.

        One JSON array a row, in the order of the columns, after those of the entries between which it held; digests in
        base64, instants in microseconds. Raises NotBuiltError.
        """
        sha256 = hashlib.sha256()
        with self._transaction("DEFERRED") as file:
            _, statements = self._live(name)
            for row in file.execute(statements.every):
                sha256.update(msgspec.json.encode(row) + b"\n")
        return sha256.hexdigest()


def remove(path: Path | str) -> None:
    """Remove the file and what SQLite keeps beside it."""
    for end in ("", "-wal", "-shm"):
        Path(f"{path}{end}").unlink(missing_ok=True)


def _empty(file: sqlite3.Connection) -> None:
    kept = file.execute("SELECT name, generation FROM generation").fetchall()
    for name, generation in kept:
        file.execute(f"DROP TABLE IF EXISTS {name}_{generation}")
    file.execute("DELETE FROM generation")
    file.execute("DELETE FROM known")


def _stand(row: tuple[Sql, ...]) -> Stand:
    name, generation, version, live, size, at, stopped = row
    return Stand(
        name=str(name),
        generation=int(str(generation)),
        version=int(str(version)),
        live=bool(live),
        size=int(str(size)),
        at=None if at is None else instant_from_sql(at),
        stopped=stopped if isinstance(stopped, int) else None,
    )
