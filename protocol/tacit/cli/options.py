"""Options that several commands of an auditor share."""

from pathlib import Path
from typing import Final

import click

from tacit.cli.source import UnreadableError
from tacit.errors import RefusedError
from tacit.record.policy import Policy, parse_policy

FILE: Final = click.Path(path_type=Path, dir_okay=False)
FOLDER: Final = click.Path(path_type=Path, exists=True, file_okay=False)
NEW_FOLDER: Final = click.Path(path_type=Path, file_okay=False)


def read_policy(path: Path) -> Policy:
    """The policy in a file. Raises UnreadableError."""
    try:
        return parse_policy(path.read_bytes())
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read: {error.strerror}.") from error
    except RefusedError as error:
        raise UnreadableError(f"{path} is no policy ({error}).") from error
