"""`tacit replay` into the terminal."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tacit.cli.command import tacit
from tacit_services.cli.replay import replay
from tests.unit.cli.files import record_of, write

DEADLINE = record_of("deadline")


def run(*arguments: str | int | Path) -> Result:
    return CliRunner().invoke(replay, [str(each) for each in arguments])


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return write(tmp_path / "record.jsonl", DEADLINE)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long it slept, without sleeping; the clock goes on all the same."""
    found: list[float] = []
    monkeypatch.setattr("tacit_services.cli.replay.time.monotonic", lambda: sum(found))
    monkeypatch.setattr("tacit_services.cli.replay.time.sleep", found.append)
    return found


def test_without_pauses_it_says_what_the_log_says(record: Path) -> None:
    shown = run(record, "--speed", "max")

    assert 0 == shown.exit_code, shown.output
    assert CliRunner().invoke(tacit, ["log", str(record)]).stdout == shown.stdout


def test_pauses_are_as_they_were_and_long_ones_are_announced(record: Path, slept: list[float]) -> None:
    shown = run(record, "--from", 71, "--to", 72, "--speed", 100)

    assert [0.0, pytest.approx(111.0)] == slept
    assert "0:01:51" in shown.stderr
    assert 3 == len(shown.stdout.splitlines())


def test_without_a_speed_a_minute_takes_a_second(record: Path, slept: list[float]) -> None:
    run(record, "--from", 71, "--to", 72)

    assert [0.0, pytest.approx(185.0)] == slept


def test_as_json_it_is_a_part_of_the_record(record: Path) -> None:
    shown = run(record, "--from", 70, "--to", "2025-09-23T08:00:00Z", "--channel", "east", "--speed", "max", "--json")

    assert list(range(70, 76)) == [json.loads(line)["index"] for line in shown.stdout.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", 500), "none of the 79 entries"),
        (("--speed", "fast"), "neither a number"),
        (("--speed", "0"), "neither a number"),
        (("--speed", "-1"), "neither a number"),
        (("--from", "noon"), "neither an index nor an instant"),
    ],
)
def test_what_cannot_be_is_one_sentence(record: Path, arguments: tuple[str | int, ...], said: str) -> None:
    shown = run(record, *arguments)

    assert (2, True) == (shown.exit_code, said in shown.stderr), shown.output
