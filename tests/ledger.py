"""The log over a world's entries, in memory, for tests of those who are shown it: honest and forged checkpoints."""

from collections.abc import Sequence
from typing import Final

from tacit.record import Entry, Leaf
from tacit.record import leaf as leaf_format
from tacit.record.checkpoint import Checkpoint
from tacit.record.log_signing import LogSigner
from tacit.record.merkle import CompactRange, leaf_hash, perfect_root
from tacit.record.organisation_log import origin
from tacit.record.proofs import Proof, consistency_proof, inclusion_proof
from tacit.testing import START, World, log_signer, witness_signer

SECOND: Final = int(START.timestamp())


class Ledger:
    """The tree over these leaves, whoever wrote them."""

    def __init__(self, organisation: str, leaves: Sequence[Leaf] = ()) -> None:
        self.organisation = organisation
        self.hashes: list[bytes] = []
        for leaf in leaves:
            self.append(leaf)

    @classmethod
    def of(cls, world: World, entries: Sequence[Entry] | None = None) -> "Ledger":
        """The log of a world, or of these entries of it."""
        found = world.entries if entries is None else entries
        return cls(world.organisation, [entry.leaf for entry in found])

    def append(self, leaf: Leaf) -> None:
        self.hashes.append(leaf_hash(leaf_format.encode(leaf)))

    @property
    def size(self) -> int:
        return len(self.hashes)

    def checkpoint(self, size: int) -> Checkpoint:
        tree = CompactRange()
        tree.extend(self.hashes[:size])
        return Checkpoint(origin(self.organisation), size, tree.root())

    def signed(
        self, size: int, *states: str, at_s: int = SECOND, signer: LogSigner | None = None, lines: int = 2
    ) -> bytes:
        """The checkpoint of this size, signed by the log and by the witnesses of these states."""
        checkpoint = self.checkpoint(size)
        note = (signer or log_signer()).sign(checkpoint, at_s)
        note = note._replace(lines=note.lines[:lines])
        return note.with_lines(*(witness_signer(state).sign(checkpoint.text, at_s) for state in states)).encode()

    def consistency(self, old: int, new: int) -> Proof:
        return consistency_proof(old, new, self._read)

    def inclusion(self, index: int, size: int) -> Proof:
        return inclusion_proof(index, size, self._read)

    def _read(self, level: int, index: int) -> bytes:
        return perfect_root(tuple(self.hashes[index << level : (index + 1) << level]))
