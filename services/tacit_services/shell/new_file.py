"""A file that appears whole and under its name only once something else has happened."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_beside(path: Path, octets: bytes) -> Iterator[Callable[[], object]]:
    """Octets, written and synced beside `path`; what is yielded gives them that name. Without a name they are removed.

    Raises:
        OSError: the place cannot be written.
    """
    beside = path.with_name(f".{path.name}.part")
    try:
        with beside.open("wb") as file:
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())
        yield lambda: beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
