"""The question to a witness: cosign this checkpoint, which continues the one you know (C2SP `tlog-witness`).

Spec: docs/reference/spec/log.md.
"""

import hashlib
from typing import Final, NamedTuple

from tacit.errors import RefusedError, Rule
from tacit.limits import LOG_PROOF_HASHES_MAX, LOG_SIZE_MAX, NOTE_BYTES_MAX
from tacit.record.note import Note, parse_note
from tacit.record.proofs import Proof
from tacit.record.strict_text import read_decimal, read_hash, write_base64

ADD_CHECKPOINT: Final = "add-checkpoint"
SIZE_TYPE: Final = "text/x.tlog.size"
"""The media type of the line in which a witness says where it stands."""


class AddCheckpoint(NamedTuple):
    """The size that the witness cosigned last, why the checkpoint continues it, and the checkpoint."""

    old: int
    proof: Proof
    checkpoint: Note

    def encode(self) -> bytes:
        """The body of the request."""
        lines = [f"old {self.old}", *map(write_base64, self.proof)]
        return "\n".join(lines).encode() + b"\n\n" + self.checkpoint.encode()


def parse_add_checkpoint(raw: bytes) -> AddCheckpoint:
    """Read the body of a request.

    Raises:
        RefusedError: `log.request`, or `log.note` for the checkpoint in it; and nothing else.
    """
    head, blank, checkpoint = raw.partition(b"\n\n")
    if not blank or len(head) > NOTE_BYTES_MAX:
        raise RefusedError(Rule.LOG_REQUEST, "no blank line before the checkpoint")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise RefusedError(Rule.LOG_REQUEST, f"octet {error.start} is not ASCII") from error
    if not lines[0].startswith("old ") or len(lines) > LOG_PROOF_HASHES_MAX + 1:
        raise RefusedError(Rule.LOG_REQUEST, "no old size, or too many hashes")
    old = read_decimal(lines[0][4:], LOG_SIZE_MAX, Rule.LOG_REQUEST)
    proof = tuple(read_hash(line, Rule.LOG_REQUEST) for line in lines[1:])
    return AddCheckpoint(old, proof, parse_note(checkpoint))


def read_size(raw: bytes) -> int:
    """The size in the line by which a witness says where it stands.

    Raises:
        RefusedError: `log.request`, and nothing else.
    """
    try:
        text = raw.decode("ascii")
    except UnicodeDecodeError as error:
        raise RefusedError(Rule.LOG_REQUEST, "not ASCII") from error
    if not text.endswith("\n"):
        raise RefusedError(Rule.LOG_REQUEST, "the line does not end")
    return read_decimal(text[:-1], LOG_SIZE_MAX, Rule.LOG_REQUEST)


def monitoring_path(origin: str) -> str:
    """Where a witness shows the last checkpoint of a log that it cosigned."""
    return f"{hashlib.sha256(origin.encode()).hexdigest()}/checkpoint"
