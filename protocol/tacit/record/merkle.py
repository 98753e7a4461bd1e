"""Hashes of the Merkle tree (RFC 6962 section 2.1) and its compact range. Spec: docs/reference/spec/log.md."""

import hashlib
from typing import Final

from tacit.errors import RefusedError, Rule
from tacit.limits import LOG_SIZE_MAX

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 || entry)."""
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\1" + left + right).digest()


def perfect_root(hashes: tuple[bytes, ...]) -> bytes:
    """The root of a perfect subtree from its nodes at one level; their number is a power of two."""
    level = list(hashes)
    while len(level) > 1:
        level = [node_hash(level[at], level[at + 1]) for at in range(0, len(level), 2)]
    return level[0]


def check_hash(value: bytes) -> None:
    """Refuse what is not as long as a hash.

    Raises:
        RefusedError: `log.proof`.
    """
    if len(value) != HASH_BYTES:
        raise RefusedError(Rule.LOG_PROOF, f"a hash has {HASH_BYTES} bytes, not {len(value)}")


class CompactRange:
    """The roots of the perfect subtrees that make up the first `size` leaves: at most one hash for each bit of `size`.

    It is all that must be kept to append leaves and to know the root. `frontier` restores it.
    """

    __slots__ = ("_nodes", "size")

    def __init__(self, size: int = 0, frontier: tuple[bytes, ...] = ()) -> None:
        """Begin empty, or where another compact range stood.

        Raises:
            RefusedError: `log.proof` if the frontier has another number of hashes than `size` has one-bits.
        """
        if not 0 <= size <= LOG_SIZE_MAX or len(frontier) != size.bit_count():
            raise RefusedError(Rule.LOG_PROOF, f"{len(frontier)} hashes for a tree of {size} leaves")
        for node in frontier:
            check_hash(node)
        self.size = size
        self._nodes = list(frontier)

    def append(self, leaf: bytes) -> None:
        """Add the hash of the next leaf."""
        at = self.size
        while at & 1:
            leaf = node_hash(self._nodes.pop(), leaf)
            at >>= 1
        self._nodes.append(leaf)
        self.size += 1

    @property
    def frontier(self) -> tuple[bytes, ...]:
        """The roots, those of the largest subtrees first."""
        return tuple(self._nodes)

    def root(self) -> bytes:
        """The root of the tree."""
        if not self._nodes:
            return EMPTY_ROOT
        root = self._nodes[-1]
        for node in reversed(self._nodes[:-1]):
            root = node_hash(node, root)
        return root
