"""`Archive` in a local folder: written whole beside their place, synced, then linked to it; so are the folders.

One thread does all of it, so that calls keep their order and the loop goes on.
"""

import asyncio
import contextlib
import errno
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

from tacit_services.archive import ArchiveConflictError, ArchiveFile
from tacit_services.ports import StoreFailedError
from tacit_services.shell.archive.paths import check_path

T = TypeVar("T")

DRAFT: Final = ".draft"
"""How the name ends under which a file is written before it has its own; no path of an archive ends so."""
DRAFT_AGE_S: Final = 3600.0
"""So old no draft is that anybody still writes: its writer was killed. It would be written anew if it were."""
OWN_BYTES: Final = 4
FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


class FolderArchive:
    """The archive at `folder`, made where it is missing. A context manager: leaving it ends its thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own = secrets.token_hex(OWN_BYTES)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="archive")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._thread.shutdown()

    async def put(self, files: Sequence[ArchiveFile]) -> None:
        """Link each to its place, then sync every folder that was touched, once."""
        await self._do(lambda: self._put([(self._path(file.path), file) for file in files]))

    async def replace(self, file: ArchiveFile) -> None:
        """Write beside it, rename over it."""
        await self._do(lambda: self._replace(self._path(file.path), file.data))

    async def get(self, path: str) -> bytes | None:
        """Read it."""
        return await self._do(lambda: _read(self._path(path)))

    async def below(self, folder: str) -> list[str]:
        """Walk the folder; drafts are passed over."""
        return await self._do(lambda: self._below(self._path(folder)))

    async def names(self, folder: str) -> list[str]:
        """List it; drafts are passed over."""
        return await self._do(lambda: _names(self._path(folder)))

    async def remove(self, paths: Sequence[str]) -> None:
        """Unlink them. Not synced: what comes back after a crash is only superfluous."""
        await self._do(lambda: self._remove([self._path(path) for path in paths]))

    @contextlib.contextmanager
    def swept(self) -> Iterator[Future[None]]:
        """Within the block, remove drafts that nobody will give a name to; yields when that is done.

        It looks into every folder, which takes seconds for a large archive: in a thread of its own, beside the rest.
        """
        stop = threading.Event()
        with ThreadPoolExecutor(1, thread_name_prefix="sweep") as thread:
            try:
                yield thread.submit(self._sweep, stop)
            finally:
                stop.set()

    async def _do(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except OSError as error:
            raise StoreFailedError("disk_full" if error.errno in FULL else "store_error") from error

    def _path(self, path: str) -> Path:
        return self._folder / check_path(path)

    def _put(self, files: Sequence[tuple[Path, ArchiveFile]]) -> None:
        touched: set[Path] = set()
        for path, file in files:
            touched |= self._make_folders(path.parent)
            draft = self._draft(path)
            try:
                _write(draft, file.data)
                os.link(draft, path)
            except FileExistsError:
                if path.read_bytes() != file.data:
                    raise ArchiveConflictError(file.path) from None
            finally:
                draft.unlink(missing_ok=True)
        _sync(touched)

    def _replace(self, path: Path, data: bytes) -> None:
        touched = self._make_folders(path.parent)
        draft = self._draft(path)
        try:
            _write(draft, data)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        _sync(touched)

    def _draft(self, path: Path) -> Path:
        """Of this writer alone, for another may write the same; hidden from whoever lists the folder meanwhile."""
        return path.with_name(f".{path.name}.{self._own}{DRAFT}")

    def _sweep(self, stop: threading.Event) -> None:
        before_s = time.time() - DRAFT_AGE_S
        for folder, _, names in os.walk(self._folder):
            if stop.is_set():
                return
            for name in names:
                if name.startswith(".") and name.endswith(DRAFT):
                    _remove_older(Path(folder, name), before_s)

    def _remove(self, paths: Sequence[Path]) -> None:
        for path in paths:
            path.unlink(missing_ok=True)
        for folder in {path.parent for path in paths}:
            with contextlib.suppress(OSError):  # others lie there yet
                folder.rmdir()

    def _make_folders(self, folder: Path) -> set[Path]:
        """Make a folder and those above it; all that a new name was written in, and the folder itself."""
        touched = {folder}
        while not folder.is_dir():
            touched.add(folder.parent)
            folder = folder.parent
        max(touched, key=lambda path: len(path.parts)).mkdir(parents=True, exist_ok=True)
        return touched

    def _below(self, folder: Path) -> list[str]:
        found = (path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(DRAFT))
        return sorted(path.relative_to(self._folder).as_posix() for path in found)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def _names(folder: Path) -> list[str]:
    try:
        return sorted(each.name for each in folder.iterdir() if not each.name.endswith(DRAFT))
    except (FileNotFoundError, NotADirectoryError):
        return []


def _remove_older(draft: Path, before_s: float) -> None:
    with contextlib.suppress(OSError):  # its writer was done with it just now, or it may not be removed
        if draft.stat().st_mtime < before_s:
            draft.unlink()


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(folders: Iterable[Path]) -> None:
    for folder in folders:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
