"""What a witness says in its log: one JSON object a line, an event and its fields."""

import logging
from datetime import UTC, datetime

import msgspec

_encoder = msgspec.json.Encoder()


def told_with(**fields: str | int) -> dict[str, object]:
    """The fields of an event, for the argument `extra` of a logging call."""
    return {"fields": fields}


class JsonLines(logging.Formatter):
    """Time, level, event, fields; an exception by its type and words."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        at = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, object] = {"time": at, "level": record.levelname.lower(), "event": record.getMessage()}
        line |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            line["error"] = f"{type(error).__name__}: {error}"
        return _encoder.encode(line).decode()
