"""Who looks, with the tools that they have: the command, a witness, a client, the services at their start."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from tacit.cli.command import tacit
from tests.attacks.case import Named, Outcome
from tests.attacks.operator import Files, Operator


def lay(files: Files, folder: Path) -> Path:
    """Write an archive down."""
    for path, raw in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(raw)
    return folder


def told_by_verify(files: Files, folder: Path, *options: str) -> dict[str, Any]:
    """What `tacit verify` says of an archive, as a member runs it."""
    command = ["verify", str(lay(files, folder / "archive")), "--json", *options]
    result = CliRunner().invoke(tacit, command)
    assert result.exit_code in {0, 1}, result.output
    report: dict[str, Any] = json.loads(result.stdout)
    assert report["ok"] == (result.exit_code == 0)
    return report


def verify(files: Files, folder: Path, *options: str) -> tuple[tuple[Named, ...], float]:
    """What it finds, and how long it took."""
    report = told_by_verify(files, folder, *options)
    return tuple(Named(each["rule"], each["index"]) for each in report["findings"]), report["seconds"]


def verified(
    operator: Operator, files: Files, folder: Path, index: int, *options: str, at: datetime | None = None
) -> Outcome:
    """A member verifies the archive that it is shown; `at`: when that could be first, at once if left out."""
    noticed, took_s = verify(files, folder, *options)
    return Outcome(index, operator.struck_at, noticed, at or operator.struck_at, took_s)
