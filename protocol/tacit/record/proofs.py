"""Inclusion and consistency proofs, made and verified (RFC 6962 section 2.1, RFC 9162 sections 2.1.3 and 2.1.4).

Spec: docs/reference/spec/log.md.
"""

from collections.abc import Callable, Iterator

from tacit.errors import RefusedError, Rule
from tacit.limits import LOG_SIZE_MAX
from tacit.record.merkle import EMPTY_ROOT, check_hash, node_hash

HashReader = Callable[[int, int], bytes]
"""`read(level, index)`: the root of the perfect subtree over leaves `index << level` to `(index + 1) << level`."""

Proof = tuple[bytes, ...]
"""Hashes of 32 bytes, those nearest to the leaf first."""


def inclusion_proof(index: int, size: int, read: HashReader) -> Proof:
    """The path from leaf `index` to the root of the tree of `size` leaves.

    Raises:
        RefusedError: `log.proof` if the leaf is not in the tree; and what `read` raises.
    """
    if not 0 <= index < size <= LOG_SIZE_MAX:
        raise RefusedError(Rule.LOG_PROOF, f"no leaf {index} in a tree of {size}")
    low, high, ranges = 0, size, []
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    return tuple(range_root(*each, read) for each in reversed(ranges))


def consistency_proof(old: int, new: int, read: HashReader) -> Proof:
    """Why the tree of `new` leaves continues the tree of its first `old`. Empty for `old` 0 and for `old` = `new`.

    Raises:
        RefusedError: `log.proof` if the sizes are not in order; and what `read` raises.
    """
    if not 0 <= old <= new <= LOG_SIZE_MAX:
        raise RefusedError(Rule.LOG_PROOF, f"from {old} to {new} leaves")
    if old in {0, new}:
        return ()
    low, high, whole, ranges = 0, new, True, []
    while high != old:
        middle = low + _split(high - low)
        if old <= middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low, whole = middle, False
    if not whole:
        ranges.append((low, high))
    return tuple(range_root(*each, read) for each in reversed(ranges))


def range_root(low: int, high: int, read: HashReader) -> bytes:
    """The root over leaves `low` to `high`, where `low` is a multiple of a power of two not below their number."""
    roots = [read(level, index) for level, index in perfect_subtrees(low, high)]
    root = roots.pop()
    while roots:
        root = node_hash(roots.pop(), root)
    return root


def perfect_subtrees(low: int, high: int) -> Iterator[tuple[int, int]]:
    """Level and index of each perfect subtree that makes up leaves `low` to `high`, the largest first."""
    while low < high:
        level = (high - low).bit_length() - 1
        yield level, low >> level
        low += 1 << level


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Proof, root: bytes) -> None:
    """Check that the leaf with this hash stands at `index` of the tree with this size and root.

    Raises:
        RefusedError: `log.proof`, and nothing else.
    """
    if not 0 <= index < size <= LOG_SIZE_MAX:
        raise RefusedError(Rule.LOG_PROOF, f"no leaf {index} in a tree of {size}")
    for value in (leaf, root, *proof):
        check_hash(value)
    at, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise RefusedError(Rule.LOG_PROOF, "more hashes than levels")
        if at & 1 or at == last:
            found = node_hash(sibling, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        at, last = at >> 1, last >> 1
    if last != 0 or found != root:
        raise RefusedError(Rule.LOG_PROOF, f"leaf {index} is not shown to be in the tree of {size}")


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Proof) -> None:
    """Check that the tree of `new` leaves continues the tree of `old`. The empty tree is continued by every tree.

    Raises:
        RefusedError: `log.proof`, and nothing else.
    """
    if not 0 <= old <= new <= LOG_SIZE_MAX:
        raise RefusedError(Rule.LOG_PROOF, f"from {old} to {new} leaves")
    for value in (old_root, new_root, *proof):
        check_hash(value)
    _check_empty(old, old_root)
    _check_empty(new, new_root)
    if old in {0, new}:
        if proof or (old == new and old_root != new_root):
            raise RefusedError(Rule.LOG_PROOF, f"two trees of {new} leaves, or hashes where none are needed")
        return
    if _both_roots(old, old_root, new, proof) != (old_root, new_root):
        raise RefusedError(Rule.LOG_PROOF, f"the tree of {new} leaves is not shown to continue that of {old}")


def prefix_shown(old: int, new: int, new_root: bytes, proof: Proof) -> bytes | None:
    """The root of the first `old` leaves that a proof shows to be in the tree of `new`; None where it shows none.

    A proof from a power of two takes that root as given, so it shows none.
    """
    if not 0 < old < new <= LOG_SIZE_MAX or not old & (old - 1):
        return None
    found = _both_roots(old, b"", new, proof)
    return found[0] if found is not None and found[1] == new_root else None


def _check_empty(size: int, root: bytes) -> None:
    if size == 0 and root != EMPTY_ROOT:
        raise RefusedError(Rule.LOG_PROOF, "the root of the empty tree is another")


def _both_roots(old: int, old_root: bytes, new: int, proof: Proof) -> tuple[bytes, bytes] | None:
    """The roots of both trees that the proof leads to (RFC 9162 section 2.1.4.2); None if it is too long or short."""
    path = proof if old & (old - 1) else (old_root, *proof)
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    if not path:
        return None
    first = second = path[0]
    for node in path[1:]:
        if last == 0:
            return None
        if at & 1 or at == last:
            first, second = node_hash(node, first), node_hash(node, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, node)
        at, last = at >> 1, last >> 1
    return (first, second) if last == 0 else None


def _split(leaves: int) -> int:
    """The largest power of two below `leaves` (at least 2)."""
    return 1 << ((leaves - 1).bit_length() - 1)
