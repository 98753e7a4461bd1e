"""`tacit who-knew` on a file of JSON lines."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tacit.cli.command import tacit
from tests.unit.cli.files import record_of, write

DEADLINE = record_of("deadline")
SILENCE = 71


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return write(tmp_path / "record.jsonl", DEADLINE)


def run(*arguments: str | int | Path) -> Result:
    return CliRunner().invoke(tacit, ["who-knew", *map(str, arguments)])


def test_each_has_its_basis_and_those_who_show_nothing_are_named(record: Path) -> None:
    answer = json.loads(run(record, SILENCE, "--json").stdout)

    assert {"entitled": 22, "authored": 1, "referred": 4} == {
        basis: sum(each["basis"] == basis for each in answer["known"]) for basis in ("entitled", "authored", "referred")
    }
    assert ("XEE" in answer["nothing_shown_by"], len(answer["nothing_shown_by"])) == (False, 21)
    assert (SILENCE, len(DEADLINE)) == (answer["subject"]["index"], answer["entries"])


def test_as_of_an_instant_it_is_what_had_been_received_by_then(record: Path) -> None:
    answer = json.loads(run(record, SILENCE, "--as-of", "2025-09-23T07:59:58.400Z", "--json").stdout)

    assert ["XEE"] == [each["state"] for each in answer["known"] if each["basis"] == "referred"]


def test_people_see_names_and_words(record: Path) -> None:
    shown = run(record, SILENCE).stdout

    assert "XEE/permanent-representative" in shown
    assert "entitled since entry 71: XAA, XBB," in shown
    assert "nothing shows that they knew: XAA" in shown


@pytest.mark.parametrize(
    ("act", "said"),
    [("999", "is no act of this record"), ("f" * 64, "is no act"), ("abc", "neither an index"), ("XEE", "neither")],
)
def test_what_is_not_there_is_one_sentence(record: Path, act: str, said: str) -> None:
    result = run(record, act)

    assert (2, True) == (result.exit_code, said in result.stderr), result.output


def test_an_act_after_the_time_asked_for_is_not_there_yet(record: Path) -> None:
    assert 2 == run(record, SILENCE, "--as-of", SILENCE - 1).exit_code
