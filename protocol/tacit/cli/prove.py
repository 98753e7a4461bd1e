"""`tacit prove`: a file that proves one entry, which tools of others can check, and its check."""

from itertools import islice
from pathlib import Path

import click

from tacit.audit import Tree
from tacit.cli.evidence import Evidence, open_evidence
from tacit.cli.options import FILE, FOLDER, read_policy
from tacit.cli.proving import charter_policy, entry_in, hashes_of, items_of, prove, standing
from tacit.cli.source import UnreadableError
from tacit.cli.terminal import output
from tacit.cli.verifying import FileLeaves
from tacit.record.merkle import leaf_hash
from tacit.record.policy import Policy
from tacit.record.proof_file import ProofFile, parse_proof_file, verify_proof_file

SUFFIX = ".tlog-proof"
LEAF = ".leaf"
"""Beside the proof lies the entry that it is about, under the same name with this suffix."""


@click.command("prove", epilog="\b\nExample:\n  tacit prove 41 archive -o entry-41.tlog-proof")
@click.argument("index", type=click.IntRange(min=0))
@click.argument("source")
@click.option(
    "-o", "--output", "target", type=FILE, help="The proof; the leaf goes beside it. [entry-INDEX.tlog-proof]"
)
@click.option("--policy", type=FILE, help="A tlog-policy file; without it the policy follows from the charter.")
@click.option("--envelopes", type=FOLDER, help="Envelopes and bodies, laid out as in an archive.")
def prove_entry(index: int, source: str, target: Path | None, policy: Path | None, envelopes: Path | None) -> None:
    """Write a proof that an entry is in the log, in the form of C2SP `tlog-proof`, with the leaf beside it."""
    target = target or Path(f"entry-{index}{SUFFIX}")
    with open_evidence(source, envelopes) as evidence:
        proof, entry = _proof(evidence, index, read_policy(policy) if policy else None)
    try:
        target.write_bytes(proof.encode())
        leaf_beside(target).write_bytes(entry)
    except OSError as error:
        raise UnreadableError(f"{target} cannot be written: {error.strerror}.") from error
    output().print(f"{target}: entry {index}, with {leaf_beside(target)}")


def leaf_beside(proof: Path) -> Path:
    """Where the leaf lies that a proof file is about."""
    return proof.with_name(proof.name.removesuffix(SUFFIX) + LEAF)


def _proof(evidence: Evidence, index: int, policy: Policy | None) -> tuple[ProofFile, bytes]:
    if index >= evidence.size:
        raise UnreadableError(f"there are {evidence.size} entries, from 0 on, and entry {index} is none of them.")
    at = standing(evidence, policy or charter_policy(evidence), index, by_charter=policy is None)
    if evidence.has_log:
        entry = entry_in(next(items_of(evidence, index)))
        return ProofFile(index, prove(index, entry, at, hashes_of(evidence, at)), at.note), entry
    with FileLeaves() as leaves:
        tree, entry = Tree(leaves), b""
        for number, item in enumerate(islice(items_of(evidence), at.size)):
            found = entry_in(item)
            entry = found if number == index else entry
            tree.append(leaf_hash(found))
        return ProofFile(index, prove(index, entry, at, tree.node), at.note), entry


def check_proof(path: Path, policy: Policy) -> str:
    """What a proof file proves, in a sentence.

    Raises:
        UnreadableError: it or its leaf cannot be read.
        RefusedError: it proves nothing.
    """
    if path.exists() and not leaf_beside(path).exists():
        raise UnreadableError(f"{leaf_beside(path)} is not there: a proof is about the leaf beside it, get both files.")
    try:
        raw, entry = path.read_bytes(), leaf_beside(path).read_bytes()
    except OSError as error:
        raise UnreadableError(f"{error.filename} cannot be read: {error.strerror}.") from error
    proof = parse_proof_file(raw)
    checkpoint = verify_proof_file(proof, entry, policy)
    return f"entry {proof.index} is in the log {checkpoint.origin} of {checkpoint.size} entries"
