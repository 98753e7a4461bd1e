"""The log over whatever an operator's stream holds: roots, proofs, checkpoints, honest or not."""

from collections.abc import Sequence

from tacit.audit import MemoryLeaves, Tree
from tacit.ids import StateCode
from tacit.record.archive import log_entry
from tacit.record.merkle import leaf_hash
from tacit.record.note import Note
from tacit.record.proofs import Proof, consistency_proof, inclusion_proof
from tacit.record.tiles import parse_path
from tacit.testing import World
from tests.attacks.operator import QUORUM
from tests.unit.verify.archives import Mark, signed


class Log:
    """The tree over the messages of a stream, and the log's keys."""

    def __init__(self, world: World, raw: Sequence[bytes]) -> None:
        self._world = world
        self._tree = Tree(MemoryLeaves())
        for message in raw:
            self._tree.append(leaf_hash(log_entry(message)))

    @property
    def size(self) -> int:
        """How many entries."""
        return self._tree.size

    def signed(self, size: int, by: Sequence[StateCode] = QUORUM) -> Note:
        """The checkpoint of this size, signed by the log and by these members' witnesses."""
        return signed(self._world, size, self._tree.root(size), Mark(size, self._world.now, tuple(by)))

    def consistency(self, old: int, new: int) -> Proof:
        """That the first so many entries are the beginning of these."""
        return consistency_proof(old, new, self._tree.node) if old else ()

    async def read(self, path: str) -> bytes:
        """A tile, as the log serves it to whoever asks its address."""
        return self._tree.tile(parse_path(path))

    def inclusion(self, index: int, size: int) -> Proof:
        """That an entry is where it is."""
        return inclusion_proof(index, size, self._tree.node)
