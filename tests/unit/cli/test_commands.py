"""The commands `log`, `state` and `verify` on files of JSON lines, in this process."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tacit.cli.command import tacit
from tacit.cli.lines import LINE_BYTES_MAX, NotALineError, Told, decode_line, encode_line
from tacit.cli.state import countdown
from tacit.cli.view import view
from tacit.record import decode_entry
from tacit.rules import apply, catalogue, genesis
from tests.unit.cli.files import NOTHING, forged, record_of, write

DEADLINE_RECORD = record_of("deadline")
ARTICLE_4_RECORD = record_of("article4-2022")


def run(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(tacit, [str(each) for each in arguments], input=stdin)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path / "record.jsonl", DEADLINE_RECORD)


@pytest.mark.parametrize("command", [[], ["log"], ["state"], ["verify"]])
def test_every_help_has_an_example(command: list[str]) -> None:
    result = run(*command, "--help")

    assert (0, True) == (result.exit_code, "Example" in result.output)


def test_the_log_shows_one_line_for_each_entry(file: Path) -> None:
    result = run("log", file)
    lines = result.stdout.splitlines()

    assert len(DEADLINE_RECORD) + 1 == len(lines)
    assert lines[0].split() == ["INDEX", "RECEIVED", "(UTC)", "WHO", "CAPACITY", "PLACE", "ACT", "WHAT"]
    assert "XEE" in lines[-1]
    assert "breaks the silence on CC-M(2025)0012 (TIMING) [late objection, 0.700 s after" in lines[-1]


def test_the_log_begins_after_an_index_and_ends_at_a_limit(file: Path) -> None:
    lines = run("log", file, "--after", "70", "--limit", "2").stdout.splitlines()

    assert ["71", "72"] == [line.split()[0] for line in lines[1:]]


def test_the_log_as_json_is_read_back_byte_for_byte(file: Path) -> None:
    result = run("log", file, "--json")
    lines = result.stdout_bytes.splitlines()

    assert list(DEADLINE_RECORD) == [decode_line(line) for line in lines]
    assert {
        "index", "received_at", "who", "state", "office", "capacity", "type", "body", "channel", "words", "effects",
        "void", "id", "leaf", "envelope",
    } == json.loads(lines[-1]).keys()  # fmt: skip


def test_what_the_log_writes_is_what_verify_reads_from_a_pipe(file: Path) -> None:
    written = run("log", file, "--json").stdout_bytes
    result = run("verify", "-", "--json", stdin=written)

    assert 0 == result.exit_code
    assert len(DEADLINE_RECORD) == json.loads(result.stdout)["entries"]


@pytest.mark.parametrize("junk", [b"junk", b"{}\n", b"\n", b"{}\n{}\n{}", b"\xff\n\xfe", b'{"a":1}\n {"b":2}', b""])
def test_an_entry_that_is_junk_keeps_its_bytes_in_a_line(junk: bytes) -> None:
    line = encode_line(junk, NOTHING)

    assert junk == decode_line(line)
    assert b"\n" not in line


@pytest.mark.parametrize("line", [b"", b"[]", b"{}", b'{"leaf":{}}', b"\xff", b"{" * 2000, b" " * (LINE_BYTES_MAX + 1)])
def test_a_line_that_holds_no_entry_is_refused(line: bytes) -> None:
    with pytest.raises(NotALineError):
        decode_line(line)


def test_junk_in_a_record_is_shown_as_void_and_the_rest_is_read(tmp_path: Path) -> None:
    file = write(tmp_path / "record.jsonl", [*DEADLINE_RECORD, b"junk \x1b[31m"])
    log, verify = run("log", file, "--after", "78"), run("verify", file)

    assert "cannot be read [void: record.leaf" in log.stdout
    assert (1, True) == (verify.exit_code, "entry 79: record.leaf" in verify.stdout)
    assert "1 of them void" in run("state", file).stdout


def test_a_sound_record_is_verified_and_what_is_not_proved_is_said(file: Path) -> None:
    result = run("verify", file)

    assert 0 == result.exit_code
    assert result.stdout.rstrip().endswith("OK")
    assert "Proved" in result.stdout
    assert "the charter names no notary" in result.stdout
    assert "a second" in result.stdout


def test_a_forged_signature_is_found_and_what_rests_on_it_is_judged_again(tmp_path: Path) -> None:
    entries = list(DEADLINE_RECORD)
    entries[70] = forged(entries[70])
    result = run("verify", write(tmp_path / "record.jsonl", entries), "--json")
    report = json.loads(result.stdout)

    assert 1 == result.exit_code
    assert (70, "signature.invalid") == tuple(report["findings"][0][key] for key in ("index", "rule"))
    assert [70, 71] == [each["index"] for each in report["findings"][:2]]
    assert [] == report["proved"]


def test_many_findings_are_counted_and_the_first_are_shown(tmp_path: Path) -> None:
    result = run("verify", write(tmp_path / "record.jsonl", DEADLINE_RECORD[1:]))

    assert 1 == result.exit_code
    assert "and 58 more" in result.stdout
    assert "NOT OK: 78 findings" in result.stdout


def test_the_state_shows_who_holds_which_position_and_held_which_before(tmp_path: Path) -> None:
    result = run("state", write(tmp_path / "record.jsonl", ARTICLE_4_RECORD))

    for words in (
        "EXERCISE",
        "in force",
        "council/east",
        "CRISIS",
        "POL, EST, LVA, LTU, BGR, CZE, ROU, SVK",
        "DECISION",
    ):
        assert words in result.stdout
    assert "XCC         para:4   CAN_ACCEPT   RESERVES_SUBSTANTIVE" in result.stdout


def test_the_state_shows_rosters_and_who_owes_a_receipt(tmp_path: Path) -> None:
    file = write(tmp_path / "record.jsonl", ARTICLE_4_RECORD)
    seen, shown = json.loads(run("state", file, "--json").stdout), run("state", file).stdout

    assert [("council", 30, [])] == [(each["body"], len(each["members"]), each["removed"]) for each in seen["bodies"]]
    assert [("OVERDUE", ["XVV"], ["XVV"], None)] == [
        (each["status"], each["missing"], each["late"], each["left_s"]) for each in seen["acknowledgements"]
    ]
    for words in ("Bodies", "Receipts", "owed by", "OVERDUE"):
        assert words in shown


def test_a_channel_that_was_not_open_yet_is_said_to_be_none_as_of_then(file: Path) -> None:
    result = run("state", file, "east", "--as-of", "3")

    assert (2, True) == (result.exit_code, "there is no channel east as of 3" in result.stderr)


def test_the_state_as_json_has_every_part(file: Path) -> None:
    seen = json.loads(run("state", file, "--json").stdout)

    assert ("exercise", True, len(DEADLINE_RECORD), 0) == tuple(
        seen[k] for k in ("purpose", "in_force", "entries", "void")
    )
    assert [("PASSED", ["XEE"], None)] == [(each["status"], each["late"], each["left_s"]) for each in seen["silences"]]
    assert [("CC-M(2025)0012", "SILENCE")] == [(each["reference"], each["mode"]) for each in seen["decisions"]]
    assert ("AGREED", "yes") == tuple(seen["texts"][0][key] for key in ("status", "consensus"))
    assert 26 == len(seen["register"])


def test_the_state_is_shown_as_it_stood_at_an_earlier_entry(file: Path) -> None:
    seen = json.loads(run("state", file, "east", "--at", "71", "--json").stdout)

    assert 72 == seen["entries"]
    assert ["RUNNING"] == [each["status"] for each in seen["silences"]]
    assert "expired" in run("state", file, "--at", "71").stdout


def test_a_running_silence_counts_down() -> None:
    state = genesis(catalogue())
    for raw in DEADLINE_RECORD[:73]:
        apply(state, decode_entry(raw))
    seen = view(state, {}, datetime(2025, 9, 23, 7, 59, 30, tzinfo=UTC))

    assert [30.0] == [each.left_s for each in seen.silences]
    assert "0:00:30" == countdown(seen.silences[0].left_s)
    assert "22:00:01" == countdown(timedelta(hours=22, seconds=1).total_seconds())


def test_a_channel_shows_itself_alone(file: Path) -> None:
    assert ["east"] == [each["channel"] for each in json.loads(run("state", file, "east", "--json").stdout)["channels"]]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["verify", "nowhere.jsonl"], "there is no nowhere.jsonl"),
        (["log", "nowhere.jsonl"], "data folder"),
        (["verify", "{folder}"], "is a folder"),
        (["state", "{file}", "west"], "there is no channel west"),
        (["state", "{file}", "--at", "1000"], "the record ends at entry 78"),
        (["verify", "{text}"], "line 1 of"),
        (["verify", "{empty}"], "no entry"),
        (["log", "{file}", "--follow"], "a file does not grow"),
        (["verify"], "Missing argument"),
        (["log", "{file}", "--limit", "0"], "--limit"),
        (["unheard-of"], "No such command"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence_with_exit_code_2(
    arguments: list[str], words: str, file: Path, tmp_path: Path
) -> None:
    (tmp_path / "text.md").write_text("no JSON\n")
    (tmp_path / "empty.jsonl").touch()
    names = {"file": file, "folder": tmp_path, "text": tmp_path / "text.md", "empty": tmp_path / "empty.jsonl"}
    result = run(*(each.format(**names) for each in arguments))

    assert 2 == result.exit_code
    assert words in result.stderr
    assert "Traceback" not in result.output
    assert "" == result.stdout


def test_what_is_told_of_an_entry_has_no_default_that_hides_a_void_one() -> None:
    assert {"index", "words", "effects", "void"} == set(Told.__struct_fields__) - set(optional(Told))


def optional(kind: type[Told]) -> list[str]:
    return [name for name in kind.__struct_fields__ if getattr(NOTHING, name) is None]
