"""`tacit outbox` on the file of a client."""

import json
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from tacit.acts import MessagePosted
from tacit.cli.command import tacit
from tacit.cli.lines import Told, encode_line
from tacit.client import Kept, SqliteStore, Stage, read_evidence_file
from tacit.errors import Rule
from tacit.record import Refusal, sign_receipt, sign_refusal
from tacit.record import leaf as leaf_format
from tacit.session import Difference, Equivocation
from tacit.submission import Submission
from tacit.testing import START, World, signer_for
from tacit.words import ID_CHARS
from tests.unit.verify.archives import messages

WORLD: Final = World()
CREDENTIAL: Final = WORLD.author("XAA").signer.credential
ENTRIES: Final = WORLD.entries[-3:]
MESSAGE: Final = MessagePosted(subject="x", in_reply_to=None)


def kept(at: int, stage: Stage, why: str) -> Kept:
    entry = ENTRIES[at]
    submission = Submission(entry.envelope, None)
    found = Kept(act=entry.leaf.act, submission=submission, stage=stage, since=START, why=why, sent=at)
    if stage in {Stage.COMPOSED, Stage.SUBMITTED}:
        return found
    return replace(found, leaf=entry.leaf, receipts=(sign_receipt(entry.leaf, signer_for("ORG/registrar")),))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "outbox"
    with SqliteStore(found, WORLD.organisation, CREDENTIAL) as store:
        store.put([kept(0, Stage.SUBMITTED, "not_serving"), kept(1, Stage.NOTARISED, "witnesses")])
        store.finish([kept(2, Stage.WITNESSED, "")])
    return found


def outbox(*arguments: object) -> Result:
    return CliRunner().invoke(tacit, ["outbox", *map(str, arguments)])


def test_each_act_has_its_state_since_when_and_what_it_waits_for(path: Path) -> None:
    found = outbox(path)

    assert 0 == found.exit_code
    assert "and was told not_serving" in found.stdout
    assert "for the quorum of the witnesses, and one's own" in found.stdout
    assert "2026-11-23 09:00:00.000" in found.stdout
    assert "2 waiting, 1 finished" in found.stdout
    assert "is not known: no gateway has shown the charter yet" in " ".join(found.stdout.split())


def test_programs_get_the_same(path: Path) -> None:
    found = json.loads(outbox(path, "--json").stdout)

    assert [CREDENTIAL, 1, 0] == [found[name] for name in ("credential", "finished", "equivocations")]
    assert found["reach"] is None
    first, second = found["waiting"]
    assert ["submitted", "not_serving", 0, None, 0] == [
        first[name] for name in ("stage", "why", "sent", "index", "receipts")
    ]
    assert ["notarised", "witnesses", 1, ENTRIES[1].leaf.index, 1] == [
        second[name] for name in ("stage", "why", "sent", "index", "receipts")
    ]
    assert ENTRIES[1].act.header.number == second["number"]


def test_an_act_that_was_lost_is_something_found(path: Path) -> None:
    with SqliteStore(path, WORLD.organisation, CREDENTIAL) as store:
        store.put([kept(2, Stage.LOST, "other_entry")])

    found = outbox(path)
    assert 1 == found.exit_code
    assert "lost" in found.stdout


@pytest.mark.parametrize("certain", [True, False])
def test_two_histories_are_told_loudly(path: Path, certain: bool) -> None:
    with SqliteStore(path, WORLD.organisation, CREDENTIAL) as store:
        store.accuse(Equivocation(b"one", b"two", certain))

    found = outbox(path)
    assert 1 == found.exit_code
    assert "EQUIVOCATION" in found.stdout


def refused(path: Path) -> Kept:
    """An act that was refused, kept in the outbox."""
    entry, charter = ENTRIES[2], WORLD.state.charter
    assert charter is not None
    told = Refusal(
        organisation=WORLD.organisation,
        act=entry.leaf.act,
        submission=entry.leaf.envelope,
        term=1,
        size=entry.leaf.index,
        received_at=entry.leaf.received_at,
        rule=Rule.NOT_ENTITLED,
        detail="",
        ruleset=charter.ruleset,
    )
    signed = sign_refusal(told, signer_for("ORG/registrar"))
    found = replace(kept(2, Stage.REFUSED, "office.not_entitled"), refusal=signed, leaf=None, receipts=())
    with SqliteStore(path, WORLD.organisation, CREDENTIAL) as store:
        store.finish([found])
    return found


def test_an_act_that_was_refused_is_listed(path: Path) -> None:
    act = refused(path).act
    found = outbox(path)

    assert (0, True) == (found.exit_code, f"refused: {act[:ID_CHARS]}" in found.stdout)
    assert "1 finished (1 refused)" in found.stdout
    assert [(act, "office.not_entitled")] == [
        (each["act"], each["why"]) for each in json.loads(outbox(path, "--json").stdout)["refused"]
    ]


def test_its_refusal_is_written_and_judged_again_by_whoever_has_the_record(path: Path, tmp_path: Path) -> None:
    act, file = refused(path).act, tmp_path / "refusal.json"
    assert 0 == outbox(path, "--refusal", act[:12], "-o", file).exit_code
    alone = CliRunner().invoke(tacit, ["verify", str(file)])
    assert (2, True) == (alone.exit_code, f"tacit verify SOURCE --refusal {file}" in alone.stderr)
    lines = [encode_line(raw, Told(index=0, words="", effects=(), void=False)) for raw in messages(WORLD)]
    record = tmp_path / "record.jsonl"
    record.write_bytes(b"\n".join(lines))
    found = CliRunner().invoke(tacit, ["verify", str(record), "--refusal", str(file)])

    assert 1 == found.exit_code
    assert f"Refusal of act {act[:ID_CHARS]} by office.not_entitled" in found.stdout
    assert "WRONGFUL: the rules would have admitted the act" in found.stdout
    record.write_bytes(b"\n".join(lines[:5]))
    found = CliRunner().invoke(tacit, ["verify", str(record), "--refusal", str(file), "--json"])
    assert 2 == found.exit_code
    assert "refusal.undecided" == json.loads(found.stdout)["refusal"]["verdict"]


def test_an_act_of_an_unknown_type_is_listed_by_what_became_of_it(path: Path) -> None:
    found = refused(path)
    bent = replace(found.submission.envelope, payload=found.submission.envelope.payload.replace(b".v1", b".v9"))
    with SqliteStore(path, WORLD.organisation, CREDENTIAL) as store:
        store.finish([replace(found, submission=Submission(bent, None))])

    assert f"refused: {found.act[:ID_CHARS]} unreadable" in outbox(path).stdout


@pytest.mark.parametrize("act", ["", "1", "f" * 64])
def test_an_act_that_was_not_refused_has_no_refusal(path: Path, act: str) -> None:
    refused(path)
    found = outbox(path, "--refusal", act)

    assert 2 == found.exit_code
    assert "name one of 1 as listed" in found.stderr


@pytest.mark.parametrize("raw", [b"", b"{}", b'{"v":1,"refusal":{}}'])
def test_what_is_no_refusal_file_is_one_sentence(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "refusal.json"
    file.write_bytes(raw)
    found = CliRunner().invoke(tacit, ["verify", str(tmp_path), "--refusal", str(file)])

    assert 2 == found.exit_code
    assert "is no refusal file (profile." in found.stderr
    assert 1 == len(found.stderr.strip().splitlines())


def test_what_is_no_outbox_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x" * 5_000)
    for path in (tmp_path / "x", tmp_path / "nowhere"):
        found = outbox(path)
        assert 2 == found.exit_code
        assert 1 == len(found.stderr.strip().splitlines())


@pytest.mark.parametrize(
    ("reach", "words"),
    [
        (Stage.WITNESSED, "as witnessed"),
        (Stage.NOTARISED, "the charter names no witnesses"),
        (Stage.RECORDED, "the charter names no notary"),
    ],
)
def test_how_far_an_act_can_come_is_said(path: Path, reach: Stage, words: str) -> None:
    with SqliteStore(path, WORLD.organisation, CREDENTIAL) as store:
        store.reaches(reach)

    assert words in " ".join(outbox(path).stdout.split())
    assert reach == json.loads(outbox(path, "--json").stdout)["reach"]


def test_attestations_and_evidence_are_shown(path: Path) -> None:
    evidence = "e" * 64
    (attested,) = WORLD.attest(WORLD.compose(WORLD.author("XAA"), MESSAGE), "XBB")
    with SqliteStore(path, WORLD.organisation, CREDENTIAL) as store:
        shown = replace(kept(0, Stage.SUBMITTED, "no_answer"), attestations=(attested,), needed=1)
        store.put([shown, replace(kept(1, Stage.LOST, "evidence"), lodged_by=evidence)])
    assert "by 1 of 1 needed, not enough in time" in outbox(path).stdout
    with SqliteStore(path, WORLD.organisation, CREDENTIAL) as store:
        store.put([replace(shown, is_attested=True)])

    text = outbox(path).stdout
    assert "by 1 of 1 needed, in time: it can be lodged" in text
    assert f"for its evidence {evidence[:ID_CHARS]}" in text
    first, second = json.loads(outbox(path, "--json").stdout)["waiting"]
    assert [1, 1, True, None] == [first[name] for name in ("attestations", "needed", "attested", "lodged_by")]
    assert evidence == second["lodged_by"]


def test_what_others_have_to_lodge_is_written_for_them(path: Path, tmp_path: Path) -> None:
    entry = WORLD.seal(WORLD.compose(WORLD.author("XAA"), MESSAGE, text=b"text"))
    lost = Kept(act=entry.leaf.act, submission=Submission(entry.envelope, None), stage=Stage.LOST, since=START)
    with SqliteStore(path, WORLD.organisation, CREDENTIAL) as store:
        store.put([replace(lost, receipts=(sign_receipt(entry.leaf, signer_for("ORG/registrar")),))])
    outbox(path, "--lost", tmp_path / "lost")

    (file,) = (tmp_path / "lost").iterdir()
    found = read_evidence_file(file.read_bytes())
    content = found.evidence
    assert (f"{entry.leaf.act}.json", WORLD.place) == (file.name, found.place)
    assert content.receipt is not None
    assert (entry.envelope, entry.leaf) == (content.envelope, leaf_format.decode(content.receipt.payload))


@pytest.mark.parametrize(
    ("difference", "words", "code"),
    [
        (Difference(7, 9, b"1" * 32, b"2" * 32), "RECORD CHANGED: the record was read again", 0),
        (Difference(None, 9, b"1" * 32, b"2" * 32), "one of the first 9 entries differs", 0),
        (Difference(None, 9, b"1" * 32, b"2" * 32, is_signed=True), "TWO HISTORIES: the first 9 entries", 1),
    ],
)
def test_a_record_that_was_another_is_shown_and_one_that_was_signed_otherwise_is_something_found(
    path: Path, difference: Difference, words: str, code: int
) -> None:
    with SqliteStore(path, WORLD.organisation, CREDENTIAL) as store:
        store.differs(difference)
    found = outbox(path)

    assert code == found.exit_code
    assert words in " ".join(found.stdout.split())
    (listed,) = json.loads(outbox(path, "--json").stdout)["differences"]
    assert (difference.first, difference.size) == (listed["first"], listed["size"])
