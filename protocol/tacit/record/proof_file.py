"""Proof files: that an entry is in a log, to be checked offline (C2SP `tlog-proof`).

Spec: docs/reference/spec/log.md.
"""

from typing import Final

import msgspec

from tacit.errors import RefusedError, Rule
from tacit.limits import LOG_PROOF_HASHES_MAX, LOG_SIZE_MAX, NOTE_BYTES_MAX
from tacit.record.checkpoint import Checkpoint
from tacit.record.merkle import leaf_hash
from tacit.record.note import Note, parse_note
from tacit.record.policy import Policy
from tacit.record.proofs import Proof, verify_inclusion
from tacit.record.strict_text import read_base64, read_decimal, read_hash, write_base64

HEADER: Final = "c2sp.org/tlog-proof@v1"


class ProofFile(msgspec.Struct, frozen=True):
    """The place of an entry, its path to the root, and the checkpoint with that root.

    Nobody vouches for `extra`.
    """

    index: int
    hashes: Proof
    checkpoint: Note
    extra: bytes | None = None

    def encode(self) -> bytes:
        """The bytes of the file."""
        extra = [] if self.extra is None else [f"extra {write_base64(self.extra)}"]
        lines = [HEADER, *extra, f"index {self.index}", *map(write_base64, self.hashes)]
        return "\n".join(lines).encode() + b"\n\n" + self.checkpoint.encode()


def parse_proof_file(raw: bytes) -> ProofFile:
    """Read a proof file.

    Raises:
        RefusedError: `log.proof_file`, or `log.note` for the checkpoint in it; and nothing else.
    """
    head, blank, checkpoint = raw.partition(b"\n\n")
    if not blank or len(head) > NOTE_BYTES_MAX:
        raise RefusedError(Rule.LOG_PROOF_FILE, "no blank line before the checkpoint")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise RefusedError(Rule.LOG_PROOF_FILE, f"octet {error.start} is not ASCII") from error
    if lines.pop(0) != HEADER:
        raise RefusedError(Rule.LOG_PROOF_FILE, f"the first line is not {HEADER}")
    extra = read_base64(lines.pop(0)[6:], Rule.LOG_PROOF_FILE) if lines and lines[0].startswith("extra ") else None
    if extra == b"" or not lines or not lines[0].startswith("index "):
        raise RefusedError(Rule.LOG_PROOF_FILE, "no index where it belongs")
    index = read_decimal(lines.pop(0)[6:], LOG_SIZE_MAX, Rule.LOG_PROOF_FILE)
    if len(lines) > LOG_PROOF_HASHES_MAX:
        raise RefusedError(Rule.LOG_PROOF_FILE, f"{len(lines)} hashes, at most {LOG_PROOF_HASHES_MAX}")
    hashes = tuple(read_hash(line, Rule.LOG_PROOF_FILE) for line in lines)
    return ProofFile(index, hashes, parse_note(checkpoint), extra)


def verify_proof_file(proof: ProofFile, entry: bytes, policy: Policy) -> Checkpoint:
    """Check that the entry is in a log that the policy accepts, as it stands in the proof; the checkpoint that says so.

    Raises:
        RefusedError: `log.checkpoint`, `log.signature`, `log.quorum` or `log.proof`.
    """
    checkpoint = policy.check(proof.checkpoint).checkpoint
    verify_inclusion(proof.index, checkpoint.size, leaf_hash(entry), proof.hashes, checkpoint.root)
    return checkpoint
