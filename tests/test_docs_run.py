"""The examples in the documentation run, and show what they say; the page of the command names everything there is.

An example that runs is a block of ``console run``: each line with ``$`` is a command in a folder with a record, the
lines after it are parts of its output, in their order.
"""

import os
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

import click
import pytest

from tacit.cli.command import tacit
from tacit.record.organisation_log import organisation_policy
from tacit_services.cli import COMMANDS
from tests.unit.cli.files import record_of, write
from tests.unit.verify.archives import decided, marks_after, messages, places, sound
from tests.unit.verify.archives import write as archived

ROOT: Final = Path(__file__).resolve().parents[1]
PAGES: Final = sorted((ROOT / "docs").rglob("*.md"))
BLOCK: Final = re.compile(r"^```console run\n(.*?)^```", re.MULTILINE | re.DOTALL)
EXAMPLES: Final = [(page, block) for page in PAGES for block in BLOCK.findall(page.read_text())]
EXAMPLES_MIN: Final = 7
RUN_WAIT_S: Final = 60
ENTRY_POINTS: Final = "[tacit.commands]\nservices = tacit_services.cli:OFFERS\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a record, and a `tacit` to find on the PATH even where the packages are not installed."""
    write(tmp_path / "record.jsonl", record_of("deadline"))
    told = decided()
    for name, files in (
        ("archive", sound()),
        ("council", archived(told, messages(told), marks_after(told), places(told))),
    ):
        for path, raw in files.items():
            file = tmp_path / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(raw)
    charter = told.state.charter
    assert charter is not None
    (tmp_path / "policy").write_bytes(organisation_policy(told.organisation, charter).encode())
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "tacit"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tacit.cli "$@"\n')
    command.chmod(0o700)
    if not entry_points(group="tacit.commands"):
        info = tmp_path / "own-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: own\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(ENTRY_POINTS)
    return tmp_path


def run(command: str, folder: Path) -> str:
    paths = [str(ROOT / "protocol"), str(ROOT / "services"), str(folder)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PATH": f"{folder}/bin:{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", "-ec", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=RUN_WAIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def one_space(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(("page", "block"), EXAMPLES, ids=lambda value: value.stem if isinstance(value, Path) else "")
def test_an_example_runs_and_shows_what_the_page_says(page: Path, block: str, folder: Path) -> None:
    for example in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, *expected = example.splitlines()
        shown = one_space(run(command, folder))
        for line in filter(None, map(one_space, expected)):
            assert line in shown
            shown = shown[shown.index(line) + len(line) :]


def test_there_are_examples_that_run() -> None:
    assert len(EXAMPLES) >= EXAMPLES_MIN


def commands() -> list[tuple[str, click.Command]]:
    """Every command with its whole name."""
    top = [*tacit.commands.values(), *(each for each in COMMANDS if each.name not in tacit.commands)]
    groups = [
        (f"{each.name} {name}", sub)
        for each in top
        if isinstance(each, click.Group)
        for name, sub in each.commands.items()
    ]
    return [(str(each.name), each) for each in top if not isinstance(each, click.Group)] + groups


@pytest.mark.parametrize(("name", "command"), commands(), ids=lambda value: value if isinstance(value, str) else "")
def test_the_page_of_the_command_has_every_option(name: str, command: click.Command) -> None:
    page = (ROOT / "docs" / "reference" / "command.md").read_text()
    section = next(part for part in page.split("\n## ") if part.startswith(f"tacit {name}"))
    options = {option for each in command.params if isinstance(each, click.Option) for option in each.opts}
    short = {option for option in options if not option.startswith("--")}

    assert [] == [option for option in short if f"`{option}`" not in section]
    assert options - short == set(re.findall(r"(?<=^\| `)--[a-z-]+", section, re.MULTILINE))
