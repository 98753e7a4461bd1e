"""Starts a service or a witness with a clock that a test sets: `python -m tests.chaos.with_clock OFFSET NAME`.

Only tests have it. Nothing that is shipped lets anybody set a clock from outside: services are given one by whoever
builds them, and this is one more of those. OFFSET is a file with the seconds by which the clock is ahead.
"""

import asyncio
import logging
import sys
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from tacit.witness import read_key, read_settings, serve_witness
from tacit.witness.telling import JsonLines
from tacit_services.cli.service import run_to_end
from tacit_services.shell.clock import SystemClock

WITNESS: Final = "witness"


class SetClock(SystemClock):
    """The clock of the machine, and what somebody has set it ahead by."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def now(self) -> datetime:
        """The file may change at any time."""
        try:
            ahead_s = float(self._file.read_text())
        except (FileNotFoundError, ValueError):  # nobody has set it, or somebody just does
            ahead_s = 0.0
        return super().now() + timedelta(seconds=ahead_s)


def set_clock(file: Path, ahead_s: float) -> None:
    """Set the clock of whoever was started with this file."""
    draft = file.with_suffix(".new")
    draft.write_text(str(ahead_s))
    draft.replace(file)


def main(offset: Path, name: str, settings: str = "") -> None:
    """Run it until it is told to stop. `settings`: the file of a witness."""
    clock = SetClock(offset)
    if name != WITNESS:
        run_to_end(name, None, clock)
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    read, folder = read_settings(Path(settings)), Path(settings).parent
    signer = read_key(folder / read.key)
    with suppress(KeyboardInterrupt):
        asyncio.run(serve_witness(read, signer, folder / read.data, print, clock.now))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
