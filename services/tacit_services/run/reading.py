"""Reading a file that a setting names: what cannot be read is a sentence."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tacit_services.shell.config import SettingError

T = TypeVar("T")


class UnreadableFileError(SettingError):
    """A file that a setting names cannot be read."""

    def __init__(self, setting: str, path: str, reason: str) -> None:
        super().__init__(f"{setting} names {path}, which cannot be read ({reason}): correct one or the other.")


def reading(setting: str, path: str, read: Callable[[Path], T]) -> T:
    """What `read` makes of the file. Raises UnreadableFileError; other errors of `read` pass."""
    try:
        return read(Path(path))
    except (OSError, UnicodeDecodeError) as error:  # an SSLError is an OSError
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        raise UnreadableFileError(setting, path, reason) from error
