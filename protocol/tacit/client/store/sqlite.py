"""The store of an outbox in one SQLite file. Every write is on the disk before it returns (write-ahead log, fsync)."""

import fcntl
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

import msgspec

from tacit.client.store import Kept, OutboxError, Stage
from tacit.ids import ActId, CredentialId
from tacit.session import Difference, Equivocation

T = TypeVar("T")

LAYOUT: Final = 1
"""Of the tables; a file with another one is refused."""
BUSY_WAIT_S: Final = 5.0
"""How long somebody who reads may hold the file."""

_TABLES: Final = f"""
CREATE TABLE whose (organisation TEXT NOT NULL, credential TEXT NOT NULL);
CREATE TABLE waiting (place INTEGER PRIMARY KEY AUTOINCREMENT, act TEXT NOT NULL UNIQUE, kept BLOB NOT NULL);
CREATE TABLE finished (act TEXT PRIMARY KEY, kept BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE checkpoint (place INTEGER PRIMARY KEY, note BLOB NOT NULL);
CREATE TABLE evidence (kept BLOB PRIMARY KEY) WITHOUT ROWID;
PRAGMA user_version = {LAYOUT};
"""
_LATER_TABLES: Final = """
CREATE TABLE IF NOT EXISTS reach (stage TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS difference (kept BLOB NOT NULL UNIQUE);
"""
"""What files of this layout did not have from the beginning."""
_PUT: Final = """
INSERT INTO waiting (act, kept) VALUES (?, ?) ON CONFLICT (act) DO UPDATE SET kept = excluded.kept
"""
_REFUSED: Final = """
SELECT kept FROM (SELECT kept FROM finished UNION ALL SELECT kept FROM waiting)
WHERE json_extract(CAST(kept AS TEXT), '$.refusal') IS NOT NULL
"""

_kept: Final = msgspec.json.Decoder(Kept)
_evidence: Final = msgspec.json.Decoder(Equivocation)
_difference: Final = msgspec.json.Decoder(Difference)


class SqliteStore:
    """`OutboxStore` in the file at `path`, of one credential in one organisation. A context manager; one at a time.

    The lock lies beside it (`.lock`); whoever only reads (`read_outbox`) needs none.
    """

    def __init__(self, path: Path, organisation: ActId, credential: CredentialId) -> None:
        """Open the file, or make it.

        Raises:
            OutboxError: `in_use` by another process, of `another` credential, `damaged`, or `failed`.
        """
        # One file has one lock, by whatever name it is opened.
        path = self._path = path.resolve()
        try:
            self._lock = path.with_name(f"{path.name}.lock").open("wb")
        except OSError as error:
            raise OutboxError("failed", f"{path}: {error.strerror}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise OutboxError("in_use", f"{path} is in use by another process: one client at a time.") from error
        try:
            self._file = self._run(lambda: _open(path))
            self._run(lambda: self._claim(organisation, credential))
        except OutboxError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; what is kept stays."""
        found = getattr(self, "_file", None)
        if found is not None:
            found.close()
        self._lock.close()

    def _claim(self, organisation: ActId, credential: CredentialId) -> None:
        ours = (organisation, credential)
        found = self._file.execute("SELECT organisation, credential FROM whose").fetchone()
        if found is None:
            with self._file:
                self._file.execute("INSERT INTO whose VALUES (?, ?)", ours)
        elif found != ours:
            raise OutboxError("another", f"{self._path} is the outbox of another credential or organisation.")

    def waiting(self) -> list[Kept]:
        """As `OutboxStore.waiting`."""
        return self._run(lambda: _waiting(self._file))

    def put(self, kept: Sequence[Kept]) -> None:
        """As `OutboxStore.put`."""
        self._write(_PUT, [(each.act, msgspec.json.encode(each)) for each in kept])

    def finish(self, kept: Sequence[Kept]) -> None:
        """As `OutboxStore.finish`."""

        def finish() -> None:
            with self._file:
                self._file.executemany("DELETE FROM waiting WHERE act = ?", [(each.act,) for each in kept])
                rows = [(each.act, msgspec.json.encode(each)) for each in kept]
                self._file.executemany("INSERT OR REPLACE INTO finished VALUES (?, ?)", rows)

        self._run(finish)

    def finished(self, act: ActId) -> Kept | None:
        """As `OutboxStore.finished`."""
        query = "SELECT kept FROM finished WHERE act = ?"
        found = self._run(lambda: self._file.execute(query, (act,)).fetchone())
        return _kept.decode(found[0]) if found else None

    def checkpoints(self) -> tuple[bytes, ...]:
        """As `OutboxStore.checkpoints`."""
        query = "SELECT note FROM checkpoint ORDER BY place"
        return tuple(note for (note,) in self._run(lambda: self._file.execute(query).fetchall()))

    def note(self, *checkpoints: bytes) -> None:
        """As `OutboxStore.note`."""

        def note() -> None:
            with self._file:
                self._file.execute("DELETE FROM checkpoint")
                self._file.executemany("INSERT INTO checkpoint VALUES (?, ?)", list(enumerate(checkpoints)))

        self._run(note)

    def reaches(self, stage: Stage) -> None:
        """As `OutboxStore.reaches`."""

        def note() -> None:
            with self._file:
                self._file.execute("DELETE FROM reach")
                self._file.execute("INSERT INTO reach VALUES (?)", (stage,))

        self._run(note)

    def reach(self) -> Stage | None:
        """As `OutboxStore.reach`."""
        return self._run(lambda: _reach(self._file))

    def accuse(self, equivocation: Equivocation) -> None:
        """As `OutboxStore.accuse`."""
        self._write("INSERT OR IGNORE INTO evidence VALUES (?)", [(msgspec.json.encode(equivocation),)])

    def evidence(self) -> list[Equivocation]:
        """As `OutboxStore.evidence`."""
        return self._run(lambda: _accusations(self._file))

    def differs(self, difference: Difference) -> None:
        """As `OutboxStore.differs`."""
        self._write("INSERT OR IGNORE INTO difference VALUES (?)", [(msgspec.json.encode(difference),)])

    def differences(self) -> list[Difference]:
        """As `OutboxStore.differences`."""
        return self._run(lambda: _differences(self._file))

    def _write(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        def write() -> None:
            with self._file:
                self._file.executemany(statement, rows)

        self._run(write)

    def _run(self, work: Callable[[], T]) -> T:
        with _translated(self._path):
            return work()


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.OperationalError, OSError) as error:
        raise OutboxError("failed", f"{path}: {error}") from error
    except (sqlite3.Error, msgspec.MsgspecError) as error:
        raise OutboxError("damaged", f"{path} is no outbox, or is damaged: {error}") from error


def _open(path: Path) -> sqlite3.Connection:
    file = sqlite3.connect(path, timeout=BUSY_WAIT_S)
    try:
        layout = file.execute("PRAGMA user_version").fetchone()[0]
        if layout not in {0, LAYOUT}:
            raise OutboxError("damaged", f"{path} is of another version of this program.")
        file.execute("PRAGMA journal_mode = WAL")
        # FULL: the write-ahead log is synced at each commit, not only when it is folded into the file.
        file.execute("PRAGMA synchronous = FULL")
        if layout == 0:
            file.executescript(f"BEGIN IMMEDIATE;{_TABLES}COMMIT;")
        file.executescript(_LATER_TABLES)
    except BaseException:
        file.close()
        raise
    return file


def _waiting(file: sqlite3.Connection) -> list[Kept]:
    return [_kept.decode(raw) for (raw,) in file.execute("SELECT kept FROM waiting ORDER BY place")]


def _accusations(file: sqlite3.Connection) -> list[Equivocation]:
    return [_evidence.decode(raw) for (raw,) in file.execute("SELECT kept FROM evidence")]


def _has(file: sqlite3.Connection, table: str) -> bool:
    """Files of this layout did not have every table from the beginning."""
    return file.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone() is not None


def _differences(file: sqlite3.Connection) -> list[Difference]:
    if not _has(file, "difference"):
        return []
    return [_difference.decode(raw) for (raw,) in file.execute("SELECT kept FROM difference ORDER BY rowid")]


def _refused(file: sqlite3.Connection) -> list[Kept]:
    found = [_kept.decode(raw) for (raw,) in file.execute(_REFUSED)]
    return sorted(found, key=lambda kept: kept.since)


def _reach(file: sqlite3.Connection) -> Stage | None:
    if not _has(file, "reach"):
        return None
    found = file.execute("SELECT stage FROM reach").fetchone()
    return msgspec.convert(found[0], Stage) if found else None


class OutboxFile(msgspec.Struct, frozen=True):
    """What lies in the file of an outbox, for looking at it. `refused`: every act with a signed refusal, by time.

    `reach`: how far the charter lets an act be proven; None where no connection has told yet.
    """

    organisation: ActId
    credential: CredentialId
    waiting: list[Kept]
    finished: int
    evidence: list[Equivocation]
    refused: list[Kept]
    reach: Stage | None
    differences: list[Difference]


def read_outbox(path: Path) -> OutboxFile:
    """Read the file of an outbox, also while a client uses it; nothing is changed.

    Raises:
        OutboxError: `failed` (it is not there, or cannot be read) or `damaged`.
    """
    if not path.is_file():
        raise OutboxError("failed", f"{path} is not there.")
    with _translated(path):
        file = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=BUSY_WAIT_S)
        try:
            organisation, credential = file.execute("SELECT organisation, credential FROM whose").fetchone()
            (finished,) = file.execute("SELECT count(*) FROM finished").fetchone()
            accusations, refused = _accusations(file), _refused(file)
            found = (_waiting(file), finished, accusations, refused, _reach(file), _differences(file))
            return OutboxFile(organisation, credential, *found)
        except sqlite3.OperationalError as error:
            raise OutboxError("damaged", f"{path} is no outbox: {error}") from error
        finally:
            file.close()
