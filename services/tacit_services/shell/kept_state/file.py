"""A kept state in one file, for its owner alone: written beside it, synced, renamed. It can be deleted at any time."""

import asyncio
import errno
import threading
from pathlib import Path

from tacit_services.ports import StoreFailedError
from tacit_services.shell.new_file import OWNER_ONLY, written_beside


def failed(error: OSError) -> StoreFailedError:
    """Why a file could not be read or written, in a word of the port."""
    return StoreFailedError("disk_full" if error.errno in {errno.ENOSPC, errno.EDQUOT} else "store_error")


class FileKeptState:
    """`KeptState` in the file at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turn = threading.Lock()
        """A write that nobody waits for any more goes on in its thread, and another may begin."""

    async def read(self) -> bytes | None:
        """What the file holds, or None where there is none."""
        try:
            return await asyncio.to_thread(self._path.read_bytes)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise failed(error) from error

    async def write(self, raw: bytes) -> None:
        """Put these octets in the place of the others."""
        try:
            await asyncio.to_thread(self._write, raw)
        except OSError as error:
            raise failed(error) from error

    def _write(self, raw: bytes) -> None:
        with self._turn, written_beside(self._path, raw, OWNER_ONLY) as name_it:
            name_it()
