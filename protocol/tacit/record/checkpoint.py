"""Checkpoints: the text that commits a log to a size and a root (C2SP `tlog-checkpoint`).

Spec: docs/reference/spec/log.md. Extension lines are refused: the ML-DSA-44 line does not cover them.
"""

from typing import NamedTuple

from tacit.errors import RefusedError, Rule
from tacit.limits import LOG_SIZE_MAX
from tacit.record.merkle import EMPTY_ROOT
from tacit.record.strict_text import read_decimal, read_hash, write_base64
from tacit.record.vkey import is_key_name


class Checkpoint(NamedTuple):
    """The name of a log, how many entries it has, and the root over them."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The text that is signed, three lines."""
        return f"{self.origin}\n{self.size}\n{write_base64(self.root)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a note as a checkpoint.

    Raises:
        RefusedError: `log.checkpoint`, and nothing else.
    """
    lines = text.split("\n")
    if len(lines) != 4 or lines[3]:
        raise RefusedError(Rule.LOG_CHECKPOINT, f"{text.count(chr(10))} lines instead of three")
    origin, size, root = lines[:3]
    if not is_key_name(origin):
        raise RefusedError(Rule.LOG_CHECKPOINT, f"no origin: {origin[:80]!r}")
    found = Checkpoint(
        origin,
        read_decimal(size, LOG_SIZE_MAX, Rule.LOG_CHECKPOINT),
        read_hash(root, Rule.LOG_CHECKPOINT),
    )
    if found.size == 0 and found.root != EMPTY_ROOT:
        raise RefusedError(Rule.LOG_CHECKPOINT, "the root of the empty tree is another")
    return found
