"""The data folder: one instance at a time, writable, with room. It knows nothing of what lies in it."""

import asyncio
import contextlib
import errno
import fcntl
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

from tacit_services.shell.errors import DataFolderHeldError, DataFolderNotWritableError, DiskFullError

HELD_WAIT_S: Final = 5.0
"""How long to wait for a folder whose holder is dead: its server is just being ended, too."""
HELD_CHECK_S: Final = 0.05
WRITE_BYTES_MIN: Final = 1_000_000
"""What the small files in the folder need, to say something when there is no room at all."""
LOCK_FILE: Final = "lock"
HOLDERS_BYTES_MAX: Final = 64
OWNER_ONLY: Final = 0o600


@contextlib.asynccontextmanager
async def hold(folder: Path) -> AsyncIterator[int]:
    """Hold the folder, made if absent, against every other instance; yield the descriptor that holds it.

    A child that inherits the descriptor holds the folder, too, for as long as it lives. Raises DataFolderHeldError,
    DataFolderNotWritableError, DiskFullError.
    """
    descriptor = _open_lock(folder)
    try:
        await _lock(folder, descriptor)
        with writing(folder):
            name_holders(descriptor, os.getpid())
        yield descriptor
    finally:
        os.close(descriptor)


def _open_lock(folder: Path) -> int:
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        return os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, OWNER_ONLY)


async def _lock(folder: Path, descriptor: int) -> None:
    waited_s = 0.0
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holders = _holders(descriptor)
            instance_lives = any(map(_alive, holders[:1]))
            if instance_lives or waited_s >= HELD_WAIT_S:
                raise DataFolderHeldError(folder, next(filter(_alive, holders), None)) from None
        else:
            return
        await asyncio.sleep(HELD_CHECK_S)
        waited_s += HELD_CHECK_S


def name_holders(descriptor: int, *pids: int) -> None:
    """Write down who holds the folder, the instance first, for the words to whoever finds it held."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, b"".join(b"%d\n" % pid for pid in pids), 0)


def _holders(descriptor: int) -> list[int]:
    return [int(line) for line in os.pread(descriptor, HOLDERS_BYTES_MAX, 0).split() if line.isdigit()]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Say in an operator's words why something could not be written in the folder."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFullError(folder, 0, WRITE_BYTES_MIN) from error
        raise DataFolderNotWritableError(folder, os.strerror(error.errno or 0)) from error


def check_room(folder: Path, free_bytes_min: int) -> None:
    """Raise DiskFullError if the disk of the folder has less free than this."""
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < free_bytes_min:
        raise DiskFullError(folder, free_bytes, free_bytes_min)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    draft = path.with_name(f"{path.name}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def sync_files(folder: Path) -> None:
    """Bring everything below the folder onto the disk.

    A server that was killed between writing and its fsync leaves messages that only the page cache holds; the next
    server would show them, and whoever sees them takes them for durable.
    """
    for path in [folder, *folder.rglob("*")]:
        with contextlib.suppress(FileNotFoundError):
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def size_bytes(folder: Path) -> int:
    """What the files below the folder hold, together."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
