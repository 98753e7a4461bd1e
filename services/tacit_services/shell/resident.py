"""What a process takes of the machine's memory."""

import os
from pathlib import Path


def resident_bytes(pid: int) -> int | None:
    """The resident memory of a process; None where the system does not tell it so, or the process has ended."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]
    except OSError:
        return None
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
