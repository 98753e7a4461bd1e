"""A file that appears whole and under its name only once something else has happened."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

ANYBODY: Final = 0o666
"""As every new file: the process's mask takes away what it forbids."""
OWNER_ONLY: Final = 0o600


@contextmanager
def written_beside(path: Path, octets: bytes, mode: int = ANYBODY) -> Iterator[Callable[[], object]]:
    """Octets, written and synced beside `path`; what is yielded gives them that name. Without a name they are removed.

    `mode`: who may do what with the file.

    Raises:
        OSError: the place cannot be written.
    """
    beside = path.with_name(f".{path.name}.part")
    try:
        with open(beside, "wb", opener=partial(os.open, mode=mode)) as file:
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())
        yield lambda: beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
