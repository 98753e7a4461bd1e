"""A disk of its own and small, where the system lets us mount one: it can be filled, and given room again."""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

FILLER: Final = "filler"
"""The file of somebody else that takes the room."""
BLOCK: Final = 4_096
FILL_TRIES: Final = 100


class SmallDisk:
    """One that is mounted at `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def free_bytes(self) -> int:
        """What can still be written."""
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize

    def fill(self, left_bytes: int = 0) -> None:
        """Take all room but so much."""
        for _ in range(FILL_TRIES):
            taken = (self.free_bytes - left_bytes) // BLOCK * BLOCK
            if taken <= 0:
                return
            try:
                with (self.folder / FILLER).open("ab") as file:
                    os.posix_fallocate(file.fileno(), file.tell(), taken)
            except OSError as error:
                # Somebody else has taken some of it since we looked.
                if error.errno != errno.ENOSPC:
                    raise

    def clear(self) -> None:
        """Give it back."""
        (self.folder / FILLER).unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path, size_mb: int) -> Iterator[SmallDisk | None]:
    """Mount one within the block; None where it cannot be had: that takes root, and a system that mounts."""
    folder.mkdir(parents=True, exist_ok=True)
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mounting, check=False, capture_output=True).returncode != 0:
        yield None
        return
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", str(folder)], check=True)
