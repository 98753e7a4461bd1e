"""Hashes of the Merkle tree (RFC 6962 section 2.1) and its compact range. Spec: docs/reference/spec/log.md."""

import hashlib
from collections.abc import Sequence
from typing import Final

from tacit.errors import RefusedError, Rule
from tacit.limits import LOG_SIZE_MAX

HASH_BYTES: Final = 32
TILE_LEAVES: Final = 256
"""Leaves under one tile of the lowest level."""
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
    # This is most of the work of an audit: no call of ours for each node.
    sha256, level = hashlib.sha256, hashes
    while len(level) > 1:
        level = tuple(
            [sha256(b"\1" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=True)]
        )
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
        self._append_subtree(leaf, 1)

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Add the hashes of the next leaves; fast where they begin at a multiple of 256."""
        at = 0
        while at < len(leaves):
            part = tuple(leaves[at : at + TILE_LEAVES])
            if len(part) == TILE_LEAVES and self.size % TILE_LEAVES == 0:
                self._append_subtree(perfect_root(part), TILE_LEAVES)
            else:
                for leaf in part:
                    self.append(leaf)
            at += len(part)

    def _append_subtree(self, root: bytes, leaves: int) -> None:
        """Add a perfect subtree of so many leaves, at a multiple of their number."""
        at = self.size // leaves
        while at & 1:
            root = node_hash(self._nodes.pop(), root)
            at >>= 1
        self._nodes.append(root)
        self.size += leaves

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
