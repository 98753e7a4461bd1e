"""The `tacit` command as a process of its own: exit codes, streams, colours, and what others add to it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.unit.cli.files import record_of, write

ROOT: Final = Path(__file__).resolve().parents[2]
WAIT_S: Final = 60
PATHS: Final = [str(ROOT / "protocol"), str(ROOT / "services")]


def tacit(
    *arguments: str | Path, path: Path | None = None, environment: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    paths = [*PATHS, *([str(path)] if path else [])]
    known = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
    return subprocess.run(
        [sys.executable, "-m", "tacit.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
        env={**known, "PYTHONPATH": os.pathsep.join(paths), **dict.fromkeys(environment, "1")},
    )


def installed(folder: Path, entry_points: str) -> Path:
    """A distribution that is nothing but entry points."""
    info = folder / "own-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: own\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(entry_points)
    return folder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path / "record.jsonl", record_of("deadline"))


def test_exit_codes_say_sound_found_and_not_done(file: Path, tmp_path: Path) -> None:
    short = write(tmp_path / "short.jsonl", record_of("deadline")[1:])

    assert [0, 1, 2] == [tacit("verify", each).returncode for each in (file, short, tmp_path / "none.jsonl")]


def test_what_goes_wrong_goes_to_standard_error_without_a_traceback(tmp_path: Path) -> None:
    done = tacit("log", tmp_path / "none.jsonl")

    assert "" == done.stdout
    assert done.stderr.startswith("tacit: there is no ")
    assert 1 == len(done.stderr.splitlines())


@pytest.mark.parametrize("environment", [(), ("NO_COLOR", "FORCE_COLOR")])
def test_there_are_no_colours_in_a_pipe_or_where_they_are_not_wanted(file: Path, environment: tuple[str, ...]) -> None:
    done = tacit("verify", file, environment=environment)

    assert "OK" in done.stdout
    assert "\x1b[3" not in done.stdout + done.stderr


def test_a_reader_that_goes_away_is_no_error_with_a_traceback(file: Path) -> None:
    command = f'"{sys.executable}" -m tacit.cli log "{file}" --json | head -c 100'
    done = subprocess.run(
        ["sh", "-c", command],
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(PATHS)},
    )

    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("names", ["COMMANDS", "OFFERS"])
def test_another_distribution_adds_commands(tmp_path: Path, names: str) -> None:
    path = installed(tmp_path, f"[tacit.commands]\nservices = tacit_services.cli:{names}\n")

    assert "scenario" in tacit("--help", path=path).stdout
    assert 0 == tacit("scenario", "list", path=path).returncode


def test_commands_that_cannot_be_loaded_are_named_and_the_rest_works(file: Path, tmp_path: Path) -> None:
    path = installed(tmp_path, "[tacit.commands]\nown = own_missing:COMMANDS\n")
    done = tacit("verify", file, path=path)

    assert 0 == done.returncode
    assert "the commands of own_missing:COMMANDS are missing" in done.stderr


def test_the_command_works_where_no_services_are_installed(file: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sys; sys.modules['tacit_services'] = None\nfrom tacit.cli import main; main()",
         "verify", str(file)],
        capture_output=True, text=True, timeout=WAIT_S, check=False,
        env={**os.environ, "PYTHONPATH": PATHS[0]},
    )  # fmt: skip

    assert 0 == done.returncode, done.stderr


def test_a_source_that_cannot_be_loaded_is_said_with_exit_code_2(tmp_path: Path) -> None:
    path = installed(tmp_path, "[tacit.sources]\nown = own_missing:open\n")
    done = tacit("verify", tmp_path, path=path)

    assert 2 == done.returncode
    assert "own_missing:open could not be loaded" in done.stderr
