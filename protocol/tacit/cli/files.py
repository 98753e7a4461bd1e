"""Files by path, wherever they lie; here, in a folder."""

from pathlib import Path
from typing import Final, Protocol

from tacit.cli.source import UnreadableError

FILE_BYTES_MAX: Final = 64 * 1_048_576
"""One file of a log or an archive: 256 envelopes of the largest size fit three times."""


class Files(Protocol):
    """Files by path, divided by `/`."""

    def read(self, path: str) -> bytes | None:
        """What lies there; None if nothing does. Raises UnreadableError."""
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
        """Read it; a file that is too long to be one of an archive is not read."""
        try:
            with (self._folder / path).open("rb") as file:
                raw = file.read(FILE_BYTES_MAX + 1)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            raise UnreadableError(f"{self._folder / path} cannot be read: {error.strerror}.") from error
        if len(raw) > FILE_BYTES_MAX:
            raise UnreadableError(f"{self._folder / path} is too long to be a file of an archive.")
        return raw

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
