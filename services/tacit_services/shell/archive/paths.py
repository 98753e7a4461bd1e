"""Which paths an archive takes: none that leads out of it, or to a file that is only being written."""

import re
from typing import Final

PATH_CHARS_MAX: Final = 512
_PATH: Final = re.compile(r"(?:[.]?[A-Za-z0-9_][A-Za-z0-9_.-]*/)*[A-Za-z0-9_][A-Za-z0-9_.-]*\Z", re.ASCII)


def check_path(path: str) -> str:
    """The same path. Raises ValueError, for paths are made by programs."""
    if len(path) > PATH_CHARS_MAX or _PATH.match(path) is None:
        message = f"no path of an archive: {path[:80]}"
        raise ValueError(message)
    return path
