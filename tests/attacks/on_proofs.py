"""Attacks on the proof of one act that is handed to an outsider, who has the charter's keys and nothing else."""

from pathlib import Path

from tacit.errors import RefusedError
from tacit.record.archive import log_entry
from tacit.record.note import Note
from tacit.record.organisation_log import organisation_policy
from tacit.record.proof_file import ProofFile, parse_proof_file, verify_proof_file
from tacit.record.proofs import Proof
from tests.attacks.case import DISK, LINE, LOG, Named, Outcome, attack
from tests.attacks.forging import charter_of
from tests.attacks.on_record import NEWS
from tests.attacks.operator import QUORUM, Operator
from tests.attacks.trees import Log


def handed_out(operator: Operator, index: int, entry: bytes, hashes: Proof, note: Note) -> Outcome:
    """Whoever was handed the proof file and the entry checks them."""
    policy = organisation_policy(operator.world.organisation, charter_of(operator.world))
    file = parse_proof_file(ProofFile(index, hashes, note).encode())
    try:
        verify_proof_file(file, entry, policy)
    except RefusedError as error:
        return Outcome(index, operator.struck_at, (Named(str(error.rule), index),), operator.struck_at)
    return Outcome(index, operator.struck_at, (), operator.struck_at)


@attack("the proof of an act is one in another tree", LINE, by="client", name="log.proof")
def prove_in_another_tree(_: Path) -> Outcome:
    operator = Operator()
    log, at = Log(operator.world, operator.raw), operator.size - 1
    note, entry = log.signed(operator.size), log_entry(operator.raw[at])
    operator.drop(3)
    operator.append(operator.compose("ORG", "secretariat", NEWS, text=b"1"))
    other = Log(operator.world, operator.raw)
    return handed_out(operator, at, entry, other.inclusion(at, other.size), note)


@attack("the proof is that of another act", DISK, by="client", name="log.proof")
def prove_another_act(_: Path) -> Outcome:
    operator = Operator()
    log, at = Log(operator.world, operator.raw), operator.size - 1
    proof, note = log.inclusion(at, log.size), log.signed(log.size)
    return handed_out(operator, at, log_entry(operator.raw[at - 1]), proof, note)


@attack("the tree of a proof is one that too few have cosigned", LOG, by="client", name="log.quorum")
def prove_without_a_quorum(_: Path) -> Outcome:
    operator = Operator()
    at = operator.append(operator.compose("ORG", "secretariat", NEWS, text=b"1"))
    log = Log(operator.world, operator.raw)
    proof, note = log.inclusion(at, log.size), log.signed(log.size, QUORUM[:2])
    return handed_out(operator, at, log_entry(operator.raw[at]), proof, note)
