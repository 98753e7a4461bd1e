"""The index of acts in one SQLite file. It can be deleted at any time: it is built again from the record.

A thread of its own owns the connection, so nothing of it runs on the loop. What is written survives a crash of the
process; after a loss of power the file may be behind, which its own count of entries shows.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

from tacit_services.ports import StoreFailedError

T = TypeVar("T")
Place = tuple[str, str | None, str | None, int]
Placed = tuple[str, int]

CALL_WAIT_S: Final = 10.0
BUSY_WAIT_S: Final = 2.0
"""How long another process may hold the file: two registrars share a data folder for the moment of a take-over."""
LAYOUT: Final = 1
"""Of the tables; a file with another one is emptied."""

assert BUSY_WAIT_S < CALL_WAIT_S

_TABLES: Final = f"""
CREATE TABLE known (organisation TEXT PRIMARY KEY, size INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE act (
    credential BLOB NOT NULL, place TEXT NOT NULL, number INTEGER NOT NULL, act BLOB NOT NULL, entry INTEGER NOT NULL,
    PRIMARY KEY (credential, place, number)
) WITHOUT ROWID;
PRAGMA user_version = {LAYOUT};
"""
_FIND: Final = "SELECT act, entry FROM act WHERE credential = ? AND place = ? AND number = ?"
_ADD: Final = "INSERT OR IGNORE INTO act VALUES (?, ?, ?, ?, ?)"
_KNOW: Final = "UPDATE known SET size = max(size, ?)"


class SqliteActIndex:
    """`ActIndex` in the file at `path`. A context manager: leaving it closes the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="act-index")
        self._file: sqlite3.Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file is not None:
            self._thread.submit(self._file.close)
        self._thread.shutdown()

    async def begin(self, organisation: str) -> int:
        """Open the file, or make it; one that cannot be read, or is another's, is made anew."""
        return await self._do(lambda: self._begin(organisation))

    async def clear(self) -> None:
        """Empty both tables, all or nothing."""
        await self._do(self._clear)

    async def write(self, rows: Sequence[tuple[Place, Placed]], size: int) -> None:
        """One transaction."""
        await self._do(lambda: self._write(rows, size))

    async def find(self, places: Sequence[Place]) -> list[Placed | None]:
        """One query for each."""
        return await self._do(lambda: [self._find(place) for place in places])

    async def _do(self, work: Callable[[], T]) -> T:
        try:
            async with asyncio.timeout(CALL_WAIT_S):
                return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except (sqlite3.Error, OSError) as error:
            raise StoreFailedError("store_error") from error
        except TimeoutError as error:
            raise StoreFailedError("timeout") from error

    @property
    def _open_file(self) -> sqlite3.Connection:
        if self._file is None:
            self._file = _connect(self._path)
        return self._file

    def _begin(self, organisation: str) -> int:
        try:
            return self._known(organisation)
        except sqlite3.OperationalError:
            raise  # Busy, or the disk: the file itself may be sound.
        except sqlite3.DatabaseError:
            self._remove()
            return self._known(organisation)

    def _known(self, organisation: str) -> int:
        with self._open_file as file:
            found: tuple[int] | None = file.execute(
                "SELECT size FROM known WHERE organisation = ?", (organisation,)
            ).fetchone()
            if found is not None:
                return found[0]
            file.execute("DELETE FROM act")
            file.execute("DELETE FROM known")
            file.execute("INSERT INTO known VALUES (?, 0)", (organisation,))
            return 0

    def _remove(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = None
        for name in (self._path.name, f"{self._path.name}-wal", f"{self._path.name}-shm"):
            self._path.with_name(name).unlink(missing_ok=True)

    def _clear(self) -> None:
        with self._open_file as file:
            file.execute("DELETE FROM act")
            file.execute("UPDATE known SET size = 0")

    def _write(self, rows: Sequence[tuple[Place, Placed]], size: int) -> None:
        with self._open_file as file:
            file.executemany(_ADD, [(*_key(place), bytes.fromhex(act), entry) for place, (act, entry) in rows])
            file.execute(_KNOW, (size,))

    def _find(self, place: Place) -> Placed | None:
        found: tuple[bytes, int] | None = self._open_file.execute(_FIND, _key(place)).fetchone()
        return (found[0].hex(), found[1]) if found else None


def _connect(path: Path) -> sqlite3.Connection:
    file = sqlite3.connect(path, timeout=BUSY_WAIT_S, check_same_thread=False)
    try:
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("PRAGMA synchronous = NORMAL")
        (layout,) = file.execute("PRAGMA user_version").fetchone()
        if layout != LAYOUT:
            file.executescript("DROP TABLE IF EXISTS known; DROP TABLE IF EXISTS act;" + _TABLES)
    except sqlite3.Error:
        file.close()
        raise
    return file


def _key(place: Place) -> tuple[bytes, str, int]:
    credential, body, channel, number = place
    # Neither name can hold a slash, and an act on the register has neither.
    return bytes.fromhex(credential), f"{body or ''}/{channel or ''}", number
