"""A log signs two histories: its witness keeps both and is loud about it, and anybody can check what it keeps."""

import json
import logging
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner, Result

from tacit.cli.command import tacit
from tacit.client import SqliteStore
from tacit.record.organisation_log import organisation_policy
from tacit.session import EquivocationArrived
from tacit.testing import World
from tacit.witness.file import WitnessFile
from tests.attacks.detectors import lay
from tests.attacks.forging import charter_of
from tests.attacks.on_logs import Watcher
from tests.attacks.on_record import NEWS
from tests.attacks.on_witnesses import TWO_HISTORIES, Tower, forked
from tests.attacks.operator import Operator
from tests.attacks.trees import Log
from tests.unit.cli.files import write


class Scene(NamedTuple):
    """What is left behind: the witness's folder, what it has counted, the honest archive, the honest size."""

    folder: Path
    counted: str
    archive: Path
    size: int

    @property
    def evidence(self) -> Path:
        """The one file of evidence."""
        (found,) = (self.folder / "witness-data" / "evidence").glob("*.json")
        return found

    @property
    def policy(self) -> Path:
        """The keys of the log and its witnesses, as a third party has them."""
        return self.folder / "policy.txt"


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    operator = Operator()
    world, honest, size = operator.world, Log(operator.world, operator.raw), operator.size
    archive = lay(operator.honest(), tmp_path / "archive")
    record = write(tmp_path / "record.jsonl", operator.raw)
    (tmp_path / "witness.toml").write_text(run("witness", "settings", record, "XAA").stdout)
    policy_of(world, tmp_path / "policy.txt")
    store = WitnessFile(tmp_path / "witness-data")
    try:
        tower = Tower(world, store=store)
        assert "200" == tower.asked(0, (), honest.signed(size, ()))
        assert 0 == run("witness", "evidence", tmp_path / "witness.toml").exit_code
        forked(operator, 3)
        fork = Log(world, operator.raw)
        assert TWO_HISTORIES == tower.asked(size, fork.consistency(size, fork.size), fork.signed(fork.size, ()))
    finally:
        store.close()
    return Scene(tmp_path, tower.counts.text(), archive, size)


def policy_of(world: World, file: Path) -> Path:
    """The policy of an organisation's log, as a third party has it."""
    file.write_bytes(organisation_policy(world.organisation, charter_of(world)).encode())
    return file


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(tacit, [str(each) for each in arguments])


def test_the_witness_says_so_in_its_log_its_metrics_and_its_command(
    caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> None:
    with caplog.at_level(logging.INFO, "tacit.witness"):
        scene: Scene = request.getfixturevalue("scene")
    shown = run("witness", "evidence", scene.folder / "witness.toml")

    assert [TWO_HISTORIES] == [line.message for line in caplog.records if line.levelno == logging.CRITICAL]
    assert "tacit_witness_equivocations_total 1" in scene.counted
    assert (1, True) == (shown.exit_code, f"{scene.size} entries" in shown.output)


def test_a_third_party_checks_the_file_with_the_keys_of_the_log_and_nothing_else(scene: Scene) -> None:
    shown = run("verify", scene.evidence, "--policy", scene.policy)
    told = run("verify", scene.evidence, "--policy", scene.policy, "--json")

    assert (1, True) == (shown.exit_code, "THE LOG HAS SIGNED TWO HISTORIES" in shown.output)
    assert (1, "checkpoint.equivocation") == (told.exit_code, json.loads(told.stdout)["rule"])


def test_it_proves_nothing_against_another_log_or_without_its_keys(scene: Scene, tmp_path: Path) -> None:
    other = World(("XAA", "XBB"), witnessed=True)
    policy = policy_of(other, tmp_path / "other.txt")

    for arguments in ((), ("--policy", policy)):
        assert 2 == run("verify", scene.evidence, *arguments).exit_code


def test_a_member_that_lays_it_beside_the_honest_record_is_shown_the_conviction(scene: Scene) -> None:
    assert 0 == run("verify", scene.archive).exit_code
    (scene.archive / "evidence").mkdir()
    for each in scene.evidence.parent.iterdir():
        (scene.archive / "evidence" / each.name).write_bytes(each.read_bytes())

    shown = run("verify", scene.archive)
    told = json.loads(run("verify", scene.archive, "--json").stdout)

    assert (1, True) == (shown.exit_code, "THE LOG HAS SIGNED TWO HISTORIES" in shown.output)
    assert [(scene.size - 1, "checkpoint.equivocation")] == [(each["index"], each["rule"]) for each in told["findings"]]


def test_a_file_of_evidence_that_proves_nothing_accuses_nobody_of_it(scene: Scene) -> None:
    kept = json.loads(scene.evidence.read_bytes())
    (scene.archive / "evidence").mkdir()
    bent = json.dumps(kept | {"second": kept["first"]}, separators=(",", ":"), ensure_ascii=False)
    (scene.archive / "evidence" / "bent.json").write_text(bent)

    told = json.loads(run("verify", scene.archive, "--json").stdout)

    assert ["archive.damaged"] == [each["rule"] for each in told["findings"]]


@pytest.mark.parametrize("others", [1, 3], ids=["of one length", "longer"])
def test_what_a_member_was_shown_convicts_the_log_before_anybody(tmp_path: Path, others: int) -> None:
    operator = Operator()
    seat, outbox = Watcher(operator), tmp_path / "delegation.outbox"
    forked(operator, others)
    fork = Log(operator.world, operator.raw)
    proof = fork.consistency(seat.size, fork.size) if others > 1 else ()
    arrived = seat.shown(fork.signed(fork.size), proof, seat.size)
    assert isinstance(arrived, EquivocationArrived)
    with SqliteStore(outbox, operator.world.organisation, operator.world.author("XAA").signer.credential) as store:
        store.accuse(arrived.equivocation)

    assert 1 == run("outbox", outbox, "--evidence", tmp_path / "kept").exit_code
    (file,) = (tmp_path / "kept").iterdir()
    shown = run("verify", file, "--policy", policy_of(operator.world, tmp_path / "policy.txt"))

    assert (1, True) == (shown.exit_code, "THE LOG HAS SIGNED TWO HISTORIES" in shown.output)


def test_two_checkpoints_of_which_one_lies_in_the_archive_under_the_other_are_made_into_a_proof(tmp_path: Path) -> None:
    operator = Operator()
    while operator.size & (operator.size - 1):
        operator.append(operator.compose("ORG", "secretariat", NEWS, text=b"%d" % operator.size))
    kept = Log(operator.world, operator.raw).signed(operator.size, ())
    size = operator.size
    forked(operator, 3)
    archive = lay(operator.rewritten(), tmp_path / "fork")
    (archive / "evidence" / "kept").write_bytes(kept.encode())

    assert 1 == run("verify", archive, "--evidence", tmp_path / "proven").exit_code

    files = sorted((tmp_path / "proven").iterdir())
    policy = policy_of(operator.world, tmp_path / "policy.txt")
    told = [json.loads(run("verify", file, "--policy", policy, "--json").stdout) for file in files]
    assert {"checkpoint.equivocation"} == {each["rule"] for each in told}
    assert any(f"signed both {size} entries" in each["detail"] for each in told)


def test_an_honest_archive_proves_nothing_against_its_log(tmp_path: Path) -> None:
    archive = lay(Operator().honest(), tmp_path / "archive")

    assert 0 == run("verify", archive, "--evidence", tmp_path / "proven").exit_code
    assert not (tmp_path / "proven").exists()


def test_a_bad_proof_of_an_honest_checkpoint_convicts_nobody(tmp_path: Path) -> None:
    operator = Operator()
    seat, outbox = Watcher(operator), tmp_path / "delegation.outbox"
    operator.append(operator.compose("ORG", "secretariat", NEWS, text=b"1"))
    log = Log(operator.world, operator.raw)
    arrived = seat.shown(log.signed(log.size), (b"\0" * 32,), seat.size)
    assert isinstance(arrived, EquivocationArrived)
    assert arrived.equivocation.evidence is None
    with SqliteStore(outbox, operator.world.organisation, operator.world.author("XAA").signer.credential) as store:
        store.accuse(arrived.equivocation)

    run("outbox", outbox, "--evidence", tmp_path / "kept")

    notes = {file.suffix: file.read_bytes() for file in (tmp_path / "kept").iterdir()}
    assert {".earlier": arrived.equivocation.earlier, ".later": arrived.equivocation.later} == notes
