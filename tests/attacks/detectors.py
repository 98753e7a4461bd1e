"""Who looks, with the tools that they have: the command, a witness, a client, the services at their start."""

import json
from datetime import datetime
from pathlib import Path

from click.testing import CliRunner

from tacit.cli.command import tacit
from tests.attacks.case import Named, Outcome
from tests.attacks.operator import Files, Operator


class UndetectedError(AssertionError):
    """An attack that nobody noticed."""


def lay(files: Files, folder: Path) -> Path:
    """Write an archive down."""
    for path, raw in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(raw)
    return folder


def verify(files: Files, folder: Path, *options: str) -> tuple[tuple[Named, ...], float]:
    """What `tacit verify` finds in an archive, as a member runs it, and how long it took."""
    command = ["verify", str(lay(files, folder / "archive")), "--json", *options]
    result = CliRunner().invoke(tacit, command)
    if result.exit_code == 0:
        raise UndetectedError(result.output)
    assert 1 == result.exit_code, result.output
    report = json.loads(result.stdout)
    return tuple(Named(each["rule"], each["index"]) for each in report["findings"]), report["seconds"]


def verified(
    operator: Operator, files: Files, folder: Path, index: int, *options: str, at: datetime | None = None
) -> Outcome:
    """A member verifies the archive that it is shown; `at`: when that could be first, at once if left out."""
    noticed, took_s = verify(files, folder, *options)
    return Outcome(index, operator.struck_at, noticed, at or operator.struck_at, took_s)
