"""`positions`, `silences` and `audit` on a file of JSON lines, `state` as of an instant; all in this process."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tacit.cli.command import tacit
from tacit_services.cli import COMMANDS
from tests.unit.cli.files import record_of, write

ARTICLE_4 = record_of("article4-2022")
DEADLINE = record_of("deadline")
TEXT = "CC-M(2022)0031"
EVERYTHING = {each.name: each for each in (*tacit.commands.values(), *COMMANDS)}


def run(command: str, *arguments: str | Path) -> Result:
    return CliRunner().invoke(EVERYTHING[command], [str(each) for each in arguments])


def rows(command: str, *arguments: str | Path) -> list[dict[str, object]]:
    result = run(command, *arguments, "--json")
    assert 0 == result.exit_code, result.output
    found: list[dict[str, object]] = json.loads(result.stdout)["rows"]
    return found


@pytest.fixture
def consultation(tmp_path: Path) -> Path:
    return write(tmp_path / "article4.jsonl", ARTICLE_4)


@pytest.fixture
def deadline(tmp_path: Path) -> Path:
    return write(tmp_path / "deadline.jsonl", DEADLINE)


@pytest.mark.parametrize("command", ["positions", "silences", "audit", "rebuild"])
def test_every_help_has_an_example(command: str) -> None:
    result = run(command, "--help")

    assert (0, True) == (result.exit_code, "Example" in result.output)


def test_positions_show_before_and_after_on_a_wording(consultation: Path) -> None:
    now, ever = rows("positions", consultation, TEXT), rows("positions", consultation, TEXT, "--history")

    assert [("XCC", "RESERVES_SUBSTANTIVE", "CAN_ACCEPT")] == [
        (row["state"], row["prior"], row["stance"]) for row in now
    ]
    assert [("UNDECLARED", ever[1]["from_index"]), ("RESERVES_SUBSTANTIVE", None)] == [
        (row["prior"], row["until_index"]) for row in ever
    ]
    assert [] == rows("positions", consultation, f"{TEXT}-REV1")
    assert ever == rows("positions", consultation, str(now[0]["text"]), "--history", "--member", "XCC")
    assert "CAN_ACCEPT" in run("positions", consultation, TEXT).stdout


def test_positions_as_of_an_entry_are_those_of_then(consultation: Path) -> None:
    first = rows("positions", consultation, TEXT, "--history")[0]

    assert ["RESERVES_SUBSTANTIVE"] == [
        row["stance"] for row in rows("positions", consultation, TEXT, "--as-of", str(first["from_index"]))
    ]
    assert first | {"until_index": None, "until_at": None} == rows(
        "positions", consultation, TEXT, "--as-of", str(first["from_at"])
    )[0]  # fmt: skip


def test_the_calendar_shows_what_changed_each_deadline(deadline: Path) -> None:
    ever = rows("silences", deadline, "--history")

    assert ["silence.set.v1", "silence.broken.v1"] == [ever[0]["cause"], ever[-1]["cause"]]
    assert [("PASSED", ["XEE"])] == [(row["status"], row["late"]) for row in rows("silences", deadline)]


def test_the_audit_trail_is_found_by_subject_member_type_and_time(deadline: Path) -> None:
    whole = rows("audit", deadline)
    at = str(whole[40]["from_at"])

    assert len(DEADLINE) == len(whole)
    assert {"XEE"} == {row["state"] for row in rows("audit", deadline, "--member", "XEE")}
    assert 1 == len(rows("audit", deadline, "--type", "silence.set.v1", "--subject", "CC-M(2025)0012"))
    assert [row for row in whole if str(row["from_at"]) >= at] == rows("audit", deadline, "--since", at)
    assert whole[:31] == rows("audit", deadline, "--as-of", "30")


@pytest.mark.parametrize("asked", [("positions", "CC-M(2099)0001"), ("silences", "CC-M(2099)0001"), ("audit",)])
def test_where_nothing_is_found_that_is_said(deadline: Path, asked: tuple[str, ...]) -> None:
    command, *what = asked
    result = run(command, deadline, *what, *(("--member", "XZZ") if command == "audit" else ()))

    assert (0, ["view up to entry 78", "nothing found"]) == (result.exit_code, result.stdout.splitlines())


def test_a_long_answer_is_whole(deadline: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = rows("audit", deadline)
    monkeypatch.setattr("tacit_services.cli.kept.PAGE_ROWS", 7)

    assert whole == rows("audit", deadline)


def test_a_state_as_of_an_instant_is_that_of_what_was_received_until_then(deadline: Path) -> None:
    at = str(rows("audit", deadline)[40]["from_at"])
    entries = [json.loads(run("state", deadline, "--as-of", when, "--json").stdout)["entries"] for when in (at, "40")]

    assert entries[0] >= entries[1] == 41
    assert entries[0] == sum(str(row["from_at"]) <= at for row in rows("audit", deadline))


@pytest.mark.parametrize(("as_of", "said"), [("noon", "neither an index nor an instant"), ("9999", "the record ends")])
def test_a_time_that_cannot_be_is_said_in_one_sentence(deadline: Path, as_of: str, said: str) -> None:
    result = run("audit", deadline, "--as-of", as_of)

    assert (2, True) == (result.exit_code, said in result.output)
