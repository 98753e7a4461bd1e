"""Where log lines go: one JSON object a line. Configured once, by whoever starts the process."""

from pathlib import Path
from typing import TextIO

import structlog

FILE = "tacit.log"


def log_to(stream: TextIO, level: str = "info") -> None:
    """Write log lines of `level` and above to `stream`."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )


def open_log(folder: Path) -> TextIO:
    """The log file of a data folder, appended to; the folder must be there and writable."""
    return (folder / FILE).open("a", encoding="utf-8", buffering=1)
