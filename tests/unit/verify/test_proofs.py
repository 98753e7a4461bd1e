"""A proof of one entry, and a bundle that proves one decision, made from an archive and checked with nothing else."""

import base64
import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from tlog_scales.tiles import leaf_hash as their_leaf_hash
from tlog_scales.tlog import InclusionProof

from tacit.acts import CredentialEnrolled, PositionDeclared
from tacit.cli.command import tacit
from tacit.decision_bundle import Bundle, decode_bundle_file, encode_bundle_file, open_bundle
from tacit.errors import RefusedError
from tacit.record import decode_entry
from tacit.record.organisation_log import organisation_policy
from tacit.record.proof_file import parse_proof_file
from tacit.testing import witness_signer
from tests.unit.cli.files import record_of, write
from tests.unit.verify.archives import REFERENCE, decided, marks_after, messages, places, sound, world
from tests.unit.verify.archives import write as archived


def run(*arguments: str | int | Path) -> Result:
    return CliRunner().invoke(tacit, [str(each) for each in arguments])


def lay(folder: Path, files: dict[str, bytes]) -> Path:
    for path, raw in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(raw)
    return folder


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """The archive of a talk of two bundles; beside it the policy of its organisation."""
    charter = world().state.charter
    assert charter is not None
    (tmp_path / "policy").write_bytes(organisation_policy(world().organisation, charter).encode())
    return lay(tmp_path / "archive", sound())


@pytest.fixture
def council(tmp_path: Path) -> Path:
    """The archive of a decision by silence."""
    told = decided()
    return lay(tmp_path / "council", archived(told, messages(told), marks_after(told), places(told)))


@pytest.mark.parametrize("index", [0, 99, 255, 256, 281])
def test_a_proof_of_an_entry_is_accepted_by_us_and_by_a_library_that_we_did_not_write(
    index: int, archive: Path
) -> None:
    made = archive.parent / "one.tlog-proof"
    policy = archive.parent / "policy"
    assert 0 == run("prove", index, archive, "-o", made).exit_code
    proof, leaf = parse_proof_file(made.read_bytes()), (archive.parent / "one.leaf").read_bytes()
    size, root = proof.checkpoint.text.splitlines()[1:]

    InclusionProof(index, int(size), list(proof.hashes)).check(their_leaf_hash(leaf), base64.b64decode(root))
    assert (0, True) == (
        (checked := run("verify", made, "--policy", policy)).exit_code,
        f"entry {index} is in the log" in checked.stdout,
    )


def test_a_proof_of_another_leaf_proves_nothing(archive: Path) -> None:
    made = archive.parent / "one.tlog-proof"
    run("prove", 5, archive, "-o", made)
    (archive.parent / "one.leaf").write_bytes(b"other")
    checked = run("verify", made, "--policy", archive.parent / "policy", "--json")

    assert (1, "log.proof") == (checked.exit_code, json.loads(checked.stdout)["rule"])
    assert 2 == run("verify", made).exit_code


def test_an_entry_that_is_not_there_or_not_covered_is_not_proved(archive: Path, tmp_path: Path) -> None:
    alone = write(tmp_path / "record.jsonl", record_of("deadline"))

    assert "there are 282 entries, from 0 on, and entry 282 is none of them" in run("prove", 282, archive).stderr
    assert 2 == run("prove", 3, alone).exit_code


def made_bundle(council: Path, *options: str) -> Bundle:
    target = council.parent / "decision.tacit"
    result = run("bundle", REFERENCE, council, "-o", target, *options)
    assert 0 == result.exit_code, result.output
    return decode_bundle_file(target.read_bytes())


def test_a_bundle_proves_a_decision_by_silence_offline(council: Path) -> None:
    bundle = made_bundle(council)
    target = council.parent / "decision.tacit"
    report = json.loads(run("verify", target, "--json").stdout)

    assert (REFERENCE, "1. The council decides.") == (report["reference"], report["text"])
    assert [("XBB", "text", "JOINS")] == [tuple(each) for each in report["positions"]]
    assert ["sets", "has passed", "records the adoption"] == [
        words for each in report["acts"] for words in ("sets", "has passed", "records the adoption") if words in each
    ]
    assert report["hidden"] == 3
    # The log's own line bears a time as a cosignature does, and is nobody else's word.
    assert report["cosigned_by"] == sorted(witness_signer(state).vkey.name for state in ("XAA", "XBB"))
    assert any("3 entries between" in each for each in report["not_proved"])
    assert 0 == run("verify", target, "--organisation", bundle.organisation).exit_code
    assert 1 == run("verify", target, "--organisation", "0" * 64).exit_code


def test_a_bundle_of_the_whole_range_shows_that_nothing_lies_between(council: Path) -> None:
    opened = open_bundle(made_bundle(council, "--range"))

    assert (0, 3) == (opened.hidden, opened.others)


@pytest.mark.parametrize("wanted", ["index", "id", "short"])
def test_a_decision_is_named_by_reference_index_or_act(wanted: str, council: Path) -> None:
    entry = decided().entries[-1]
    name = {"index": str(entry.leaf.index), "id": entry.leaf.act, "short": entry.leaf.act[:8]}[wanted]

    assert 0 == run("bundle", name, council, "-o", council.parent / "one").exit_code


def test_what_decides_nothing_makes_no_bundle(council: Path) -> None:
    result = run("bundle", "C-M(2026)9999", council, "-o", council.parent / "one")

    assert (2, True) == (result.exit_code, "nothing that is at hand decides" in result.stderr)


def without(bundle: Bundle, at: int) -> Bundle:
    return msgspec.structs.replace(bundle, entries=bundle.entries[:at] + bundle.entries[at + 1 :])


def changed(bundle: Bundle, at: int, **changes: object) -> Bundle:
    entry = msgspec.structs.replace(bundle.entries[at], **changes)
    return msgspec.structs.replace(bundle, entries=(*bundle.entries[:at], entry, *bundle.entries[at + 1 :]))


def is_proof(bundle: Bundle) -> bool:
    try:
        open_bundle(bundle)
    except RefusedError:
        return False
    return True


def test_each_part_of_a_bundle_is_needed_but_what_nothing_in_it_rests_on(council: Path) -> None:
    bundle = made_bundle(council)
    types = [type(decode_entry(each.leaf + b"\n" + each.envelope).act.content) for each in bundle.entries]
    spare = [types[at] for at in range(len(types)) if is_proof(without(bundle, at))]

    # A silence passes without positions; of XAA and XCC no act is shown. That they are left out, nobody can see: the
    # screen says so.
    assert [CredentialEnrolled, CredentialEnrolled, PositionDeclared] == spare


def test_no_part_of_a_bundle_can_be_exchanged(council: Path) -> None:
    bundle = made_bundle(council)
    last = bundle.entries[-1]

    for bent in (
        changed(bundle, 3, proof=last.proof),
        changed(bundle, 3, index=4),
        changed(bundle, 3, envelope=last.envelope),
        changed(bundle, 3, leaf=last.leaf),
        msgspec.structs.replace(bundle, decision="0" * 64),
        msgspec.structs.replace(bundle, organisation="0" * 64),
        msgspec.structs.replace(bundle, checkpoint=bundle.checkpoint.replace(b"\n21\n", b"\n22\n")),
        msgspec.structs.replace(bundle, entries=bundle.entries[::-1]),
        msgspec.structs.replace(bundle, text=type(bundle.text)(b"\0" * 32, b"other") if bundle.text else None),
    ):
        with pytest.raises(RefusedError):
            open_bundle(bent)


def test_a_bundle_is_written_in_one_way(council: Path) -> None:
    bundle = made_bundle(council)

    assert bundle == decode_bundle_file(encode_bundle_file(bundle))
