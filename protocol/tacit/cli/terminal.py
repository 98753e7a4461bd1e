"""How a command speaks to a terminal, or to what stands in its place: colours only where they are seen and wanted."""

import sys
from datetime import datetime
from typing import Final

from rich.console import Console

PIPED_COLUMNS: Final = 160
"""The width of tables where there is no terminal to fit them to."""


def output() -> Console:
    """Standard output. Rich leaves colours out where it is no terminal or NO_COLOR is set."""
    return _console(stderr=False)


def talk() -> Console:
    """Standard error: progress, and what is not part of the answer."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PIPED_COLUMNS
    return Console(stderr=stderr, width=width, highlight=False, markup=False, emoji=False, soft_wrap=not stderr)


def stamp(instant: datetime) -> str:
    """An instant in UTC to the millisecond, as a log shows it."""
    return f"{instant:%Y-%m-%d %H:%M:%S}.{instant.microsecond // 1000:03}"
