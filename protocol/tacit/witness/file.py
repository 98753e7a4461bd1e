"""A witness store on disk: one SQLite file, and a folder of evidence. One thread, one process, every change synced."""

import asyncio
import hashlib
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from tacit.envelope import ATTESTATION_TYPE
from tacit.envelope import decode as decode_envelope
from tacit.errors import RefusedError
from tacit.ids import ActId
from tacit.record.attestation import Attestation, read_attestation
from tacit.witness.deciding import NOTHING, Held
from tacit.witness.folder import make_folder, write_durably
from tacit.witness.ports import StoreError
from tacit.witness.retaining import LET_GO_AT_ONCE, may_let_go

FILE: Final = "witness.sqlite"
EVIDENCE: Final = "evidence"
EVIDENCE_KEPT: Final = 256
"""Files of evidence: one convicts a log, and one that signs histories without end must not fill the disk."""
DOUBTED: Final = ".note"
DOUBTED_KEPT: Final = 64
"""Checkpoints that a log was not shown to have continued with: whoever has their tiles can make evidence of them."""
NOTES_KEPT: Final = 4_096
"""Checkpoints of one log that are remembered: one that contradicts any of them is evidence by itself."""

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS held (
    origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS note (origin TEXT, size INTEGER, note TEXT NOT NULL, PRIMARY KEY (origin, size));
CREATE TABLE IF NOT EXISTS attestation (
    organisation TEXT, counter INTEGER, act TEXT NOT NULL, signed BLOB NOT NULL,
    PRIMARY KEY (organisation, counter), UNIQUE (organisation, act));
"""

T = TypeVar("T")


class WitnessFile:
    """The store in a folder of its own. `close` it; no second process can open it meanwhile."""

    def __init__(self, folder: Path) -> None:
        """Open or begin the store.

        Raises:
            StoreError: another process has it, or it cannot be read.
        """
        self._folder = folder
        make_folder(folder)
        self._thread = ThreadPoolExecutor(1, "witness-store")
        try:
            self._thread.submit(self._open).result()
        except sqlite3.Error as error:
            self._thread.shutdown()
            held = error.sqlite_errorcode == sqlite3.SQLITE_BUSY
            reason = "another witness runs on it: stop that one first" if held else str(error)
            raise StoreError(f"{folder / FILE}: {reason}") from error

    def _open(self) -> None:
        base = self._base = sqlite3.connect(self._folder / FILE, isolation_level=None, timeout=0)
        # Held for as long as the process lives: two witnesses on one store would sign two histories.
        base.execute("PRAGMA locking_mode=EXCLUSIVE")
        base.execute("PRAGMA journal_mode=WAL")
        base.execute("PRAGMA synchronous=FULL")
        base.execute("BEGIN IMMEDIATE")
        base.execute("COMMIT")
        base.executescript(_SCHEMA)

    def close(self) -> None:
        """Let go of the file."""
        self._thread.submit(self._base.close).result()
        self._thread.shutdown()

    async def _do(self, work: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        try:
            # Shielded: a request that is cut off must not cut off a commit under way.
            return await asyncio.shield(loop.run_in_executor(self._thread, work))
        except (sqlite3.Error, OSError, RefusedError) as error:  # refused: what lies there is no attestation
            raise StoreError(str(error)) from error

    def _whole(self, work: Callable[[], bool]) -> bool:
        """Do it in one transaction, which is durable when this returns."""
        self._base.execute("BEGIN IMMEDIATE")
        try:
            done = work()
        except BaseException:
            self._base.execute("ROLLBACK")
            raise
        self._base.execute("COMMIT" if done else "ROLLBACK")
        return done

    async def held(self, origin: str) -> Held:
        """See the port."""
        return await self._do(lambda: self._held(origin))

    def _held(self, origin: str) -> Held:
        row = self._base.execute("SELECT size, root, note FROM held WHERE origin = ?", (origin,)).fetchone()
        return Held(*row) if row else NOTHING

    async def note_of(self, origin: str, size: int) -> str | None:
        """See the port."""
        sought = "SELECT note FROM note WHERE origin = ? AND size = ?"
        row = await self._do(lambda: self._base.execute(sought, (origin, size)).fetchone())
        return str(row[0]) if row else None

    async def advance(self, origin: str, before: Held, after: Held) -> bool:
        """See the port."""
        return await self._do(lambda: self._whole(lambda: self._advance(origin, before, after)))

    def _advance(self, origin: str, before: Held, after: Held) -> bool:
        if self._held(origin) != before:
            return False
        self._base.execute("INSERT OR REPLACE INTO held VALUES (?, ?, ?, ?)", (origin, *after))
        self._base.execute("INSERT OR REPLACE INTO note VALUES (?, ?, ?)", (origin, after.size, after.note))
        self._base.execute(
            "DELETE FROM note WHERE origin = ? AND size <= "
            "(SELECT size FROM note WHERE origin = ? ORDER BY size DESC LIMIT 1 OFFSET ?)",
            (origin, origin, NOTES_KEPT),
        )
        return True

    async def attested(self, organisation: ActId, act: ActId) -> bytes | None:
        """See the port."""
        sought = "SELECT signed FROM attestation WHERE organisation = ? AND act = ?"
        row = await self._do(lambda: self._base.execute(sought, (organisation, act)).fetchone())
        return bytes(row[0]) if row else None

    async def last_attestation(self, organisation: ActId) -> Attestation | None:
        """See the port."""
        return await self._do(lambda: self._last(organisation))

    def _last(self, organisation: ActId) -> Attestation | None:
        sought = "SELECT signed FROM attestation WHERE organisation = ? ORDER BY counter DESC LIMIT 1"
        row = self._base.execute(sought, (organisation,)).fetchone()
        return read_attestation(decode_envelope(bytes(row[0]), ATTESTATION_TYPE)) if row else None

    async def attest(self, before: Attestation | None, after: Attestation, signed: bytes) -> bool:
        """See the port."""
        return await self._do(lambda: self._whole(lambda: self._attest(before, after, signed)))

    def _attest(self, before: Attestation | None, after: Attestation, signed: bytes) -> bool:
        if self._last(after.organisation) != before:
            return False
        row = (after.organisation, after.counter, after.act, signed)
        self._base.execute("INSERT INTO attestation VALUES (?, ?, ?, ?)", row)
        self._let_go(after)
        return True

    def _let_go(self, last: Attestation) -> None:
        """Times never go back along a chain, so the oldest is the one with the lowest counter."""
        sought = "SELECT counter, signed FROM attestation WHERE organisation = ? ORDER BY counter LIMIT ?"
        for counter, signed in self._base.execute(sought, (last.organisation, LET_GO_AT_ONCE)).fetchall():
            at = read_attestation(decode_envelope(bytes(signed), ATTESTATION_TYPE)).at
            if counter == last.counter or not may_let_go(last.at - at, last.counter - counter + 1):
                return
            gone = (last.organisation, counter)
            self._base.execute("DELETE FROM attestation WHERE organisation = ? AND counter = ?", gone)

    async def keep(self, equivocation: bytes, asked: bytes) -> bool:
        """See the port."""
        return await self._do(lambda: self._keep(equivocation, ".json", EVIDENCE_KEPT, asked))

    async def doubt(self, checkpoint: bytes) -> bool:
        """See the port."""
        return await self._do(lambda: self._keep(checkpoint, DOUBTED, DOUBTED_KEPT, None))

    def _keep(self, raw: bytes, suffix: str, most: int, asked: bytes | None) -> bool:
        folder = self._folder / EVIDENCE
        path = folder / f"{hashlib.sha256(raw).hexdigest()}{suffix}"
        if path.exists() or len(list(folder.glob(f"*{suffix}"))) >= most:
            return False
        if asked is not None:
            write_durably(path.with_suffix(".asked"), asked)
        write_durably(path, raw)
        return True

    async def evidence(self) -> tuple[bytes, ...]:
        """See the port."""
        return await self._do(lambda: evidence_in(self._folder))


def doubted_in(folder: Path) -> tuple[Path, ...]:
    """The checkpoints in the folder of a store that their log was not shown to have continued with."""
    return tuple(sorted((folder / EVIDENCE).glob(f"*{DOUBTED}")))


def evidence_in(folder: Path) -> tuple[bytes, ...]:
    """The evidence in the folder of a store, whether or not a witness has it open.

    Raises:
        OSError: it cannot be read.
    """
    return tuple(path.read_bytes() for path in sorted((folder / EVIDENCE).glob("*.json")))
