"""`tacit scenario`, in this process."""

import json
from importlib import resources
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from tacit_services.cli import COMMANDS
from tacit_services.cli.scenario import scenario
from tacit_services.scenario import NAMES


def run(*arguments: str) -> Result:
    return CliRunner().invoke(scenario, arguments)


def script(name: str) -> str:
    return resources.files("tacit_services.scenario").joinpath(f"{name}.toml").read_text("utf-8")


def test_the_command_is_among_those_of_the_services() -> None:
    assert scenario in COMMANDS


@pytest.mark.parametrize("command", [*COMMANDS, *scenario.commands.values()], ids=lambda command: command.name)
def test_every_help_has_an_example(command: click.Command) -> None:
    result = CliRunner().invoke(command, ["--help"])

    assert (0, True) == (result.exit_code, "Example" in result.output)


def test_scenarios_are_listed() -> None:
    listed = [json.loads(line) for line in run("list", "--json").stdout.splitlines()]

    assert list(NAMES) == [each["name"] for each in listed]
    assert all(each["title"] in run("list").stdout for each in listed)


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_runs_and_every_row_is_shown(name: str) -> None:
    result = run("run", name)

    assert 0 == result.exit_code
    assert "MISMATCH" not in result.stdout
    assert "OK: every row came out as its script says" in result.stdout


def test_a_run_as_json_is_one_object() -> None:
    report = json.loads(run("run", "deadline", "--json", "--speed", "600").stdout)

    assert (True, 14, 11, 1, 3, 0) == (
        report["ok"],
        len(report["rows"]),
        report["recorded"],
        report["refused"],
        report["not_yet_played"],
        report["mismatches"],
    )
    assert "recorded" == report["rows"][12]["result"]
    assert "late objection, 0.700 s" in report["rows"][12]["effects"][0]


def test_a_row_that_comes_out_otherwise_is_shown_and_ends_with_exit_code_1(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(script("deadline").replace('status = "PASSED"', 'status = "BROKEN"', 1))
    result = run("run", str(file))

    assert 1 == result.exit_code
    assert "silence: expected BROKEN, found PASSED" in result.stdout
    assert "MISMATCH: 1 of 14 rows" in result.stdout
    assert [11] == [
        row["number"] for row in json.loads(run("run", str(file), "--json").stdout)["rows"] if row["mismatches"]
    ]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("article5", "", "there is no scenario article5"),
        ("nowhere.toml", "", "cannot be read"),
        ("{folder}/own.toml", "name = 1", "name"),
        ("{folder}/own.toml", script("deadline").replace('kind = "crisis"', 'kind = "war"'), "cannot be played"),
    ],
)
def test_what_cannot_be_played_is_said_in_a_sentence_with_exit_code_2(
    name: str, text: str, words: str, tmp_path: Path
) -> None:
    (tmp_path / "own.toml").write_text(text)
    result = run("run", name.format(folder=tmp_path))

    assert 2 == result.exit_code
    assert words in result.stderr
