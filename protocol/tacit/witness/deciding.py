"""What a witness answers to a checkpoint: pure, from what it holds and what it is shown (C2SP `tlog-witness`)."""

from typing import Literal, NamedTuple

from tacit.errors import RefusedError
from tacit.record.add_checkpoint import AddCheckpoint
from tacit.record.checkpoint import Checkpoint, parse_checkpoint
from tacit.record.equivocation import Equivocation, same_size, shown_by_proof
from tacit.record.merkle import EMPTY_ROOT
from tacit.record.note import parse_note
from tacit.record.proofs import verify_consistency

Status = Literal[200, 400, 403, 404, 409, 422, 429, 503]
"""The answers of the specification, and two for a witness that cannot or may not answer now."""


class Held(NamedTuple):
    """The last checkpoint that a witness has cosigned: size, root, and the note with its cosignature ("" for none)."""

    size: int
    root: bytes
    note: str


NOTHING = Held(0, EMPTY_ROOT, "")
"""What a witness holds of a log that it has never cosigned."""


class Decided(NamedTuple):
    """The status, why, and what the request has proven against its log, if anything."""

    status: Status
    reason: str
    equivocation: Equivocation | None = None


def decide(request: AddCheckpoint, checkpoint: Checkpoint, held: Held, known: str | None) -> Decided:
    """Decide about a checkpoint that its log has signed.

    `known` is the note of a checkpoint of the same size that this witness has cosigned before, None if there is none.
    Status 200 means: cosign it, if what is held is still what it was.
    """
    found = _other_root(request, checkpoint, held, known)
    if request.old > checkpoint.size:
        return Decided(400, f"from {request.old} back to {checkpoint.size}", found)
    if request.old != held.size:
        return Decided(409, f"{request.old} is not the size that is held", found)
    try:
        verify_consistency(held.size, held.root, checkpoint.size, checkpoint.root, request.proof)
    except RefusedError as error:
        if found is None and held.note:
            found = shown_by_proof(held.note, request.checkpoint.encode().decode(), request.proof)
        return Decided(422, error.detail, found)
    return Decided(200, "")


def _other_root(request: AddCheckpoint, checkpoint: Checkpoint, held: Held, known: str | None) -> Equivocation | None:
    """Two signed checkpoints of one size with two roots need nothing else."""
    before = held.note if held.size == checkpoint.size else known
    if not before or parse_checkpoint(parse_note(before.encode()).text).root == checkpoint.root:
        return None
    return same_size(before, request.checkpoint.encode().decode())
