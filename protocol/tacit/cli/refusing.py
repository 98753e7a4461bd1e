"""Refusal files on the command line: read, with a sentence where they are none."""

from pathlib import Path

from tacit.audit import OtherSubmissionError, Retrial
from tacit.cli.source import UnreadableError
from tacit.errors import RefusedError
from tacit.record.refusal_file import REFUSAL_FILE_BYTES_MAX, RefusalFile, decode_refusal_file


def read_refusal(path: Path) -> RefusalFile:
    """The refusal file at a path, of which a refusal and what was refused can be read. Raises UnreadableError."""
    try:
        with path.open("rb") as file:
            found = decode_refusal_file(file.read(REFUSAL_FILE_BYTES_MAX + 1))
        Retrial(found)
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read: {error.strerror}.") from error
    except RefusedError as error:
        raise UnreadableError(
            f"{path} is no refusal file ({error}): write one with `tacit outbox FILE --refusal ACT`."
        ) from error
    except OtherSubmissionError as error:
        raise UnreadableError(f"{path}: {error}.") from error
    return found
