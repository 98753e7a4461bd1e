"""The usual slips of somebody who verifies for the first time: each gets one sentence that names what to do instead."""

import shutil
from collections.abc import Callable
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from tacit import envelope
from tacit.cli import main
from tacit.cli.command import tacit
from tacit.record.organisation_log import organisation_policy
from tacit.testing import World
from tests.unit.verify.archives import sound, world


def policy_of(told: World) -> bytes:
    charter = told.state.charter
    assert charter is not None
    return organisation_policy(told.organisation, charter).encode()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for path, raw in sound().items():
        file = tmp_path / "data" / "archive" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(raw)
    (tmp_path / "empty").touch()
    (tmp_path / "policy").write_bytes(policy_of(world()))
    (tmp_path / "other").write_bytes(policy_of(World(("XDD", "XEE"), witnessed=True)))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tacit.cli.opening.entry_points", lambda **_: ())
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(tacit, words)


@pytest.mark.parametrize(("words", "remedy"), [
    ("verify nowhere", "name an archive, a file that `tacit log --json` wrote, or"),
    ("verify .", "none that can be read here: name an archive"),
    ("verify data", "name the archive in it, data/archive"),
    ("verify data/archive/tile", "it lies within an archive: name the folder of the archive itself"),
    ("verify http://", "http:// is no address: name one such as http://127.0.0.1:8081"),
    ("verify data/archive --policy nowhere", "nowhere cannot be read: No such file"),
    ("verify data/archive --policy data/archive/checkpoint", "is no policy (log.policy: no line of a policy"),
    ("verify http://[::1", "http://[::1 is no address"),
    ("verify http://127.0.0.1:port", "http://127.0.0.1:port is no address"),
    ("log data", "name the archive in it, data/archive"),
    ("policy empty", "the charter is not at hand"),
    ("prove 1 empty", "there are 0 entries, from 0 on, and entry 1 is none of them"),
    ("bundle nothing data/archive -o new", "nothing that is at hand decides nothing: name a text, an act or an index"),
    ("witness settings policy XAA", "line 1 of policy is no entry"),
    ("witness settings data/archive XZZ", "the charter names no witness of XZZ: it names those of XAA, XBB, XCC."),
])  # fmt: skip
@pytest.mark.usefixtures("folder")
def test_what_cannot_be_read_says_what_to_name_instead(words: str, remedy: str) -> None:
    found = run(*words.split())

    assert (2, 1) == (found.exit_code, len(found.stderr.strip().splitlines()))
    assert remedy in found.stderr


@pytest.mark.parametrize("words", ["log {}", "verify {}", "policy {}", "outbox {}", "witness keygen a {}"])
def test_what_the_system_refuses_is_one_sentence(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # A name that no file can have: whoever looks whether it is there is told so.
    monkeypatch.setattr("sys.argv", ["tacit", *words.format("x" * 5000).split()])
    with pytest.raises(SystemExit) as ended, redirect_stderr(StringIO()) as told:
        main()

    assert 2 == ended.value.code
    assert "File name too long" in told.getvalue()


def test_the_settings_of_a_witness_follow_from_the_charter_alone(folder: Path) -> None:
    (folder / "charter.json").write_bytes(envelope.encode(world().entries[0].envelope))

    assert (
        run("witness", "settings", "data/archive", "XAA").stdout
        == run("witness", "settings", "charter.json", "XAA").stdout
        != ""
    )


@pytest.mark.usefixtures("folder")
def test_a_policy_of_another_organisation_is_said_to_be_one() -> None:
    found = run("verify", "data/archive", "--policy", "other")

    assert 1 == found.exit_code
    assert "checkpoint.origin: is --policy of this organisation? `tacit policy SOURCE` writes that" in found.stdout


def test_a_copy_that_is_not_whole_is_said_to_be_copied_again(folder: Path) -> None:
    shutil.rmtree(folder / "data" / "archive" / "tile" / "entries")
    found = run("verify", "data/archive")

    assert 1 == found.exit_code
    assert "archive.missing: copy the source again, whole" in found.stdout


@pytest.mark.parametrize(("bend", "hint"), [
    (lambda raw: raw[:200], "The file is not whole, or was changed: get it again"),
    (lambda raw: raw.replace(b"\n\n", b"\n", 1), "The file is not whole, or was changed: get it again"),
], ids=["cut off", "changed"])  # fmt: skip
def test_a_proof_that_is_cut_off_is_said_to_be_got_again(
    folder: Path, bend: Callable[[bytes], bytes], hint: str
) -> None:
    assert 0 == run("prove", "12", "data/archive").exit_code
    file = folder / "entry-12.tlog-proof"
    file.write_bytes(bend(file.read_bytes()))
    found = run("verify", str(file), "--policy", "policy")

    assert (1, True) == (found.exit_code, "log.proof_file" in found.stdout)
    assert hint in found.stdout


def test_a_proof_for_another_policy_and_one_without_its_leaf(folder: Path) -> None:
    assert 0 == run("prove", "12", "data/archive").exit_code
    other = run("verify", "entry-12.tlog-proof", "--policy", "other")
    (folder / "entry-12.leaf").unlink()
    without = run("verify", "entry-12.tlog-proof", "--policy", "policy")

    assert (1, True) == (other.exit_code, "Is --policy of this organisation?" in other.stdout)
    assert (2, True) == (without.exit_code, "a proof is about the leaf beside it, get both files" in without.stderr)


def test_an_archive_of_which_a_part_is_withheld_is_not_read_as_if_it_were_whole(folder: Path) -> None:
    shutil.rmtree(folder / "data" / "archive" / "envelopes" / "council")
    found = run("log", "data/archive")

    assert 2 == found.exit_code
    assert "only `tacit verify`, `tacit prove` and `tacit bundle` read one of which a part is withheld" in found.stderr


def test_a_result_of_the_whole_is_no_contradiction_to_what_is_withheld_now(folder: Path) -> None:
    kept = ("--key", "key")
    assert 0 == run("verify", "data/archive", "--save", "result", *kept).exit_code
    shutil.rmtree(folder / "data" / "archive" / "envelopes" / "council")
    found = run("verify", "data/archive", "--since", "result", *kept)

    assert (0, False) == (found.exit_code, "result.differs" in found.stdout)


@pytest.mark.usefixtures("folder")
def test_an_archive_is_a_source_of_its_acts_as_lines_are() -> None:
    lines = run("log", "data/archive", "--json").stdout_bytes
    Path("record.jsonl").write_bytes(lines)

    assert run("state", "data/archive", "--json").stdout == run("state", "record.jsonl", "--json").stdout
    assert len(world().entries) == len(lines.splitlines())
    assert 2 == run("log", "data/archive", "--follow").exit_code


@pytest.mark.parametrize("ended_by", [KeyboardInterrupt, click.Abort])
def test_ctrl_c_is_130_and_no_word(
    ended_by: type[BaseException], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise ended_by

    # In the middle of a command, or while one is loaded: what is called first ends so.
    monkeypatch.setattr("tacit.cli.verify.open_evidence", interrupted)
    monkeypatch.setattr("sys.argv", ["tacit", "verify", "record.jsonl"])
    with pytest.raises(SystemExit) as ended:
        main()

    assert 130 == ended.value.code
    assert "" == capsys.readouterr().err.strip()
