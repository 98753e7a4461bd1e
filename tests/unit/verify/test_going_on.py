"""Going on from a signed result: what was folded is hashed, what came since is judged as if all had been folded."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from tacit import envelope
from tacit.audit import Item, MemoryLeaves, Pass, decode_standing, encode_standing
from tacit.cli import going_on
from tacit.cli.command import tacit
from tacit.cli.results import open_result, read_or_make_key, sign_result
from tacit.keys import Verifier
from tacit.record import encode_entry
from tacit.record.archive import Kept, decode_kept, encode_kept
from tacit.rules import OtherSnapshotError
from tacit.testing import World
from tests.unit.cli.files import forged, record_of, write
from tests.unit.notary.town import Story, Town

FIRST, SIZE = 12 + 30, 12 + 280
SAME = (
    *("ok", "organisation", "entries", "void", "terms", "tree_root", "checkpoints", "covered", "cosignatures", "seen"),
    *("late", "gaps", "bracketed", "first_received_at", "last_received_at"),
)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(tacit, ["verify", *map(str, arguments)])


def told(result: Result) -> dict[str, Any]:
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found


class Desk:
    """The archive when it was verified first, the archive as it is now, and what was kept in between."""

    def __init__(self, folder: Path) -> None:
        self.then, self.now, self.result, self.key = (folder / name for name in ("then", "now", "result", "key"))
        self.state = going_on.kept_beside(self.result)

    def save(self, *more: str) -> None:
        assert 0 == run(self.then, "--save", self.result, "--key", self.key, *more).exit_code

    def go_on(self, *more: str) -> Result:
        return run(self.now, "--since", self.result, "--key", self.key, "--json", *more)


async def _write(town: Town, folder: Path) -> None:
    await town.caught_up()
    for path, raw in town.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(raw)


@pytest.fixture
async def desk(tmp_path: Path) -> Desk:
    desk, town = Desk(tmp_path), Town(told=Story(witnessed=True))
    for count, folder in ((FIRST - 12, desk.then), (SIZE - FIRST, desk.now)):
        town.grow(count)
        await _write(town, folder)
    return desk


async def test_what_was_folded_is_hashed_and_the_rest_is_judged_as_ever(desk: Desk) -> None:
    desk.save()
    again, since = told(run(desk.now, "--json")), told(desk.go_on())

    assert (FIRST, FIRST, SIZE - FIRST) == (since["known"], since["skipped"], since["signatures"])
    for name in SAME:
        assert again[name] == since[name], name
    assert any("had folded them" in each for each in since["not_proved"])
    assert any(f"the {SIZE - FIRST} entries since entry {FIRST}" in each for each in since["proved"])


async def test_where_it_stands_after_going_on_is_where_it_stands_after_all(desk: Desk) -> None:
    desk.save()
    one, other = desk.result.with_name("one"), desk.result.with_name("other")
    assert 0 == desk.go_on("--save", str(one)).exit_code
    assert 0 == run(desk.now, "--save", other, "--key", desk.key).exit_code

    assert going_on.kept_beside(one).read_bytes() == going_on.kept_beside(other).read_bytes()


def spoil(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(bytes(raw))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda desk: desk.state.unlink(), "cannot be read"),
        (lambda desk: spoil(desk.state), "is not what was signed"),
        (lambda desk: desk.state.write_bytes(b""), "is not what was signed"),
    ],
    ids=["gone", "damaged", "empty"],
)
async def test_a_state_that_cannot_be_used_is_told_and_all_is_folded_again(
    desk: Desk, change: Callable[[Desk], None], words: str
) -> None:
    desk.save()
    change(desk)
    found = desk.go_on()

    assert f"{desk.state} {words}" in found.stderr
    assert (0, 0, FIRST, SIZE) == (
        found.exit_code,
        *(told(found)[name] for name in ("known", "skipped", "entries")),
    )


def under_other_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on the process is one of another version, in which a rule was mended."""
    for module in ("tacit.rules.snapshot", "tacit.cli.results", "tacit.cli.verify"):
        monkeypatch.setattr(f"{module}.rules_digest", lambda: "0" * 64)


async def test_a_result_of_other_rules_counts_by_its_root_alone_and_that_is_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.save()
    under_other_rules(monkeypatch)
    found, again = desk.go_on("--save", str(desk.result)), desk.go_on()

    assert f"{desk.result} was judged by other rules" in found.stderr
    assert (0, 0, SIZE) == tuple(told(found)[name] for name in ("known", "skipped", "signatures"))
    assert (True, "") == (told(found)["ok"], again.stderr)
    assert (SIZE, SIZE) == (told(again)["known"], told(again)["skipped"])


async def test_what_a_mended_rule_makes_of_the_same_entries_is_no_finding(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.save()
    under_other_rules(monkeypatch)
    monkeypatch.setattr("tacit.cli.verifying.state_digest", lambda _: "0" * 64)

    assert told(desk.go_on())["ok"]


async def test_a_result_of_other_rules_still_convicts_a_record_that_was_written_anew(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.now, desk.then = desk.then, desk.now
    desk.save()
    under_other_rules(monkeypatch)

    assert "result.differs" in [each["rule"] for each in told(desk.go_on())["findings"]]


async def test_a_state_of_other_rules_beside_a_result_of_these_is_told_and_all_is_folded_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.save()
    monkeypatch.setattr("tacit.rules.snapshot.rules_digest", lambda: "0" * 64)
    found = desk.go_on()

    assert "is not for this run (folded by rules" in found.stderr
    assert (0, FIRST) == (told(found)["known"], told(found)["skipped"])


@pytest.mark.parametrize("asked", [("--whole",), ("--tolerance", "7")])
async def test_what_asks_more_of_earlier_entries_reads_them_again(desk: Desk, asked: tuple[str, ...]) -> None:
    desk.save()
    found = told(desk.go_on(*asked))

    assert (0, FIRST, True) == (found["known"], found["skipped"], found["ok"])


def of_version(desk: Desk, version: int) -> None:
    """Write the result as an earlier version of Tacit did."""
    signer = read_or_make_key(desk.key)
    kept = open_result(desk.result.read_bytes(), Verifier(signer.keys))
    standing = kept.standing if version > 1 else None
    old = msgspec.structs.replace(kept, v=version, standing=standing, rules=None)
    desk.result.write_bytes(sign_result(old, signer))


@pytest.mark.parametrize("version", [1, 2])
async def test_a_result_that_does_not_say_by_which_rules_counts_by_its_root_alone(desk: Desk, version: int) -> None:
    desk.save()
    of_version(desk, version)
    found = desk.go_on()

    assert "or does not say by which: every entry is folded and every signature verified again" in found.stderr
    assert (0, 0, SIZE, True) == tuple(told(found)[name] for name in ("known", "skipped", "signatures", "ok"))


@pytest.mark.parametrize("fields", [{"v": 2}, {"rules": None}, {"v": 1, "rules": None}, {"v": 2, "standing": None}])
async def test_versions_of_a_result_are_kept_apart(desk: Desk, fields: dict[str, Any]) -> None:
    desk.save()
    kept = open_result(desk.result.read_bytes(), Verifier(read_or_make_key(desk.key).keys))

    with pytest.raises(ValueError, match="is the one"):
        msgspec.structs.replace(kept, **fields)


async def test_a_leaf_that_was_changed_since_is_a_finding_and_nothing_is_taken_over(desk: Desk) -> None:
    desk.save()
    bundle = next(path for path in (desk.now / "tile" / "entries").rglob("*") if path.is_file())
    raw = bundle.read_bytes()
    bundle.write_bytes(raw.replace(b'"index":7,', b'"index":8,'))
    found = told(desk.go_on())

    assert (False, 0, 0) == (found["ok"], found["known"], found["skipped"])
    assert (FIRST - 1, "result.differs") in [(each["index"], each["rule"]) for each in found["findings"]]


async def test_a_record_that_lost_its_end_since_is_a_finding(desk: Desk) -> None:
    desk.save()
    desk.now, desk.then = desk.then, desk.now
    desk.save()
    found = told(desk.go_on())

    assert (False, 0, FIRST) == (found["ok"], found["known"], found["entries"])
    assert "result.differs" in [each["rule"] for each in found["findings"]]


async def test_an_envelope_that_was_changed_since_is_found(desk: Desk) -> None:
    desk.save()
    files = [path for path in (desk.now / "envelopes").rglob("*") if path.is_file()]
    path, kept = next((path, kept) for path in files if (kept := decode_kept(path.read_bytes()))[-1].index >= FIRST)
    last = kept[-1]
    path.write_bytes(encode_kept([*kept[:-1], Kept(last.index, last.data.replace(b"keyid", b"keyie"))]))
    found = told(desk.go_on())

    assert FIRST == found["known"]
    assert {(last.index, "record.leaf")} == {(each["index"], each["rule"]) for each in found["findings"][:1]}


async def test_an_envelope_that_was_spoilt_before_is_not_seen_by_going_on_and_that_is_said(desk: Desk) -> None:
    desk.save()
    early = [path for path in (desk.now / "envelopes" / "_").rglob("*") if path.is_file()]
    for path in early:
        path.write_bytes(path.read_bytes().replace(b'"payloadType"', b'"payloadTypo"', 1))
    found = told(desk.go_on())

    assert (True, FIRST) == (found["ok"], found["known"])
    assert any("that their envelopes and bodies still lie here" in each for each in found["not_proved"])
    assert not told(run(desk.now, "--json"))["ok"]


def test_a_file_of_lines_is_gone_on_from_too(tmp_path: Path) -> None:
    record, result, key = record_of("deadline"), tmp_path / "result", tmp_path / "key"
    then, now = write(tmp_path / "then.jsonl", record[:-5]), write(tmp_path / "now.jsonl", record)
    assert 0 == run(then, "--save", result, "--key", key).exit_code
    found = told(run(now, "--since", result, "--key", key, "--json"))
    whole = told(run(now, "--json"))

    assert (len(record) - 5, 5) == (found["known"], found["signatures"])
    assert (whole["tree_root"], whole["void"], True) == (found["tree_root"], found["void"], found["ok"])


def test_an_act_that_was_forged_since_makes_all_be_judged_again(tmp_path: Path) -> None:
    record, result, key = record_of("deadline"), tmp_path / "result", tmp_path / "key"
    then, now = write(tmp_path / "then.jsonl", record[:-5]), tmp_path / "now.jsonl"
    write(now, [*record[:-1], forged(record[-1])])
    assert 0 == run(then, "--save", result, "--key", key).exit_code
    found = told(run(now, "--since", result, "--key", key, "--json"))

    assert [(len(record) - 1, "signature.invalid")] == [(each["index"], each["rule"]) for each in found["findings"]]


@pytest.mark.parametrize("said", [b"tolerance_s", b"watched"])
def test_a_standing_that_is_no_text_or_written_otherwise_is_of_another_version(said: bytes) -> None:
    """As fuzzing found it."""
    world, passed = World(), Pass(MemoryLeaves())
    for entry in world.entries:
        passed.take(Item(None, encode_entry(entry.leaf, envelope.encode(entry.envelope))))
    raw = encode_standing(passed.standing())
    assert passed.standing() == decode_standing(raw)

    with pytest.raises(OtherSnapshotError):
        decode_standing(raw.replace(said, b"\xff" * len(said)))
    with pytest.raises(OtherSnapshotError, match="other octets"):
        decode_standing(raw.replace(b"\xa1v\x01", b"\xa1v\xcc\x01", 1))
