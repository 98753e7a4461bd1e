"""Where log lines go, and what may stand in them: one JSON object a line, with fields from a closed list.

A field that is not listed is dropped, so that no text, name, key or envelope reaches a log by a slip. What was dropped
is named, never shown.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

FILE: Final = "tacit.log"

FIELDS: Final = frozenset(
    {
        # What every line has.
        "event",
        "level",
        "timestamp",
        # Ids: of acts, credentials, streams, processes. Digests and names of ours, never words of a member.
        "act",
        "credential",
        "office",
        "pid",
        "port",
        "rule",
        "state",
        "stream",
        # Places and counts.
        "after",
        "code",
        "connections",
        "count",
        "generation",
        "index",
        "live",
        "number",
        "size",
        "term",
        "times",
        # Why, in a word of ours: the type of an error, a reason from a list.
        "answer",
        "cause",
        "error",
        "reason",
        "service",
        "view",
    }
)
"""The fields that a log line may have."""

DROPPED: Final = "dropped"
WORD_CHARS_MAX: Final = 128
"""The longest text that a listed field may hold; ids have 64 characters."""


def only_listed(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Keep the listed fields, shorten what is too long for an id or a word, and name what was dropped."""
    kept = {name: value for name, value in line.items() if name in FIELDS}
    if unlisted := sorted(line.keys() - kept.keys()):
        kept[DROPPED] = unlisted
    return {name: value[:WORD_CHARS_MAX] if isinstance(value, str) else value for name, value in kept.items()}


@contextmanager
def log_to(stream: TextIO, level: str = "info") -> Iterator[None]:
    """Within the block, write log lines of `level` and above to `stream`, which outlives the block.

    Blocks may lie within one another: after the inner one lines go where they went before.
    """
    before = structlog.get_config() if structlog.is_configured() else None
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_listed,
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    try:
        yield
    finally:
        structlog.reset_defaults()
        if before is not None:
            structlog.configure(**before)


class _LibraryHandler(logging.Handler):
    """Turns what a library logs into one of our lines: which library, from which line of it, never what it says."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().warning("library_logged", reason=record.name, number=record.lineno)


@contextmanager
def libraries_logged() -> Iterator[None]:
    """Within the block, what libraries warn of goes to the log, too, and not past it to standard error."""
    handler = _LibraryHandler(logging.WARNING)
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)


def open_log(folder: Path) -> TextIO:
    """The log file of a data folder, appended to; the folder must be there and writable."""
    return (folder / FILE).open("a", encoding="utf-8", buffering=1)
