"""Files by path, wherever they lie; here, in a folder."""

import os
from pathlib import Path
from stat import S_ISREG
from typing import Final, Protocol

from tacit.cli.source import UnreadableError
from tacit.limits import DETACHED_BYTES_MAX, LOG_ENTRY_BYTES_MAX, NOTE_BYTES_MAX
from tacit.record.archive import BODIES, CHECKPOINT, WITNESSED
from tacit.record.merkle import HASH_BYTES
from tacit.record.tiles import TILE_WIDTH

FILE_BYTES_MAX: Final = 64 * 1_048_576
"""One file of envelopes, and all those of one bundle: 256 envelopes of the largest size fit three times."""
_BUNDLE: Final = "tile/entries/"
_BYTES_MAX: Final = {
    "tile": TILE_WIDTH * HASH_BYTES,
    CHECKPOINT: NOTE_BYTES_MAX,
    WITNESSED: NOTE_BYTES_MAX,
    BODIES: 2 * DETACHED_BYTES_MAX,
}


def bytes_max(path: str) -> int:
    """How many octets the file at this path of an archive may have; more are not read, whoever made it."""
    if path.startswith(_BUNDLE):
        return TILE_WIDTH * (2 + LOG_ENTRY_BYTES_MAX)
    return _BYTES_MAX.get(path.partition("/")[0], FILE_BYTES_MAX)


class Files(Protocol):
    """Files by path, divided by `/`."""

    def read(self, path: str) -> bytes | None:
        """What lies there; None if nothing does. Raises UnreadableError.

        Of a file that is longer than one at this path may be the beginning alone, which is too long, too.
        """
        ...

    def expect(self, path: str) -> None:
        """This will soon be read: begin to fetch it, if that takes time."""
        ...

    def names(self, folder: str, /) -> list[str]:
        """The names in a folder, sorted; none where there is no such folder, or where nobody lists it."""
        ...


class FolderFiles:
    """Files below a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, path: str) -> bytes | None:
        """Read it, if it is a file: a pipe or a device is none, and might be waited for without end."""
        name = self._folder / path
        try:
            with open(name, "rb", opener=_at_once) as file:
                found = os.fstat(file.fileno())
                if not S_ISREG(found.st_mode):
                    raise UnreadableError(f"{name} is a pipe or a device, and no file of an archive.")
                # Asked for more than there is, Python would take memory for all of that first.
                return file.read(min(found.st_size, bytes_max(path) + 1))
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            raise UnreadableError(f"{name} cannot be read: {error.strerror}.") from error

    def expect(self, _path: str) -> None:
        """A disk needs no telling."""

    def names(self, folder: str) -> list[str]:
        """List it; what begins with a dot is nobody's business."""
        try:
            return sorted(each.name for each in (self._folder / folder).iterdir() if not each.name.startswith("."))
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise UnreadableError(f"{self._folder / folder} cannot be read: {error.strerror}.") from error


def _at_once(name: str, flags: int) -> int:
    """Open a file; what is no file is opened without waiting for its other end."""
    return os.open(name, flags | os.O_NONBLOCK)
