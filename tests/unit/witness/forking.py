"""A log that can sign two histories, and the witness that it asks."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Final

from tacit.record.add_checkpoint import AddCheckpoint
from tacit.record.checkpoint import Checkpoint
from tacit.record.merkle import EMPTY_ROOT, leaf_hash, node_hash
from tacit.record.note import Note
from tacit.record.organisation_log import origin
from tacit.record.proofs import Proof, consistency_proof
from tacit.record.tiles import TILE_LEVELS, TILE_WIDTH, Tile
from tacit.record.vkey import ED25519, MLDSA44_COSIGNATURE, Vkey
from tacit.record.witness_signing import WitnessSigner
from tacit.testing import log_signer, witness_signer
from tacit.witness.cosigning import Cosigner
from tacit.witness.counting import Counts
from tacit.witness.logs import WitnessedLog
from tacit.witness.memory import MemoryWitnessStore
from tacit.witness.ports import LogFiles, WitnessStore
from tacit.witness.timing import Timing

ORGANISATION: Final = "a" * 64
ORIGIN: Final = origin(ORGANISATION)
LOG: Final = log_signer()
KEYS: Final = (
    Vkey(ORIGIN, ED25519, LOG.keys[0].key),
    Vkey(ORIGIN, MLDSA44_COSIGNATURE, LOG.keys[1].key),
)
WITNESSED: Final = WitnessedLog(ORGANISATION, KEYS, mirrored=False)
WITNESS: Final = witness_signer("XAA")
NO_FILES: Final = LogFiles({}, {})
AT: Final = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


class History:
    """A tree of numbered leaves; from `forked_at` on it differs from the first history."""

    def __init__(self, name: str = "", forked_at: int = 0) -> None:
        self.name = name
        self.forked_at = forked_at

    def leaf(self, index: int) -> bytes:
        return leaf_hash(f"{self.name if index >= self.forked_at else ''}entry {index}".encode())

    def root(self, size: int) -> bytes:
        return _root(self.name, self.forked_at, 0, size) if size else EMPTY_ROOT

    def node(self, level: int, index: int) -> bytes:
        return _root(self.name, self.forked_at, index << level, (index + 1) << level)

    def tile(self, tile: Tile) -> bytes:
        """The bytes of a tile of hashes."""
        first = tile.index * TILE_WIDTH
        return b"".join(self.node(tile.level * TILE_LEVELS, at) for at in range(first, first + tile.width))

    def proof(self, old: int, new: int) -> Proof:
        return consistency_proof(old, new, self.node)

    def checkpoint(self, size: int) -> Checkpoint:
        return Checkpoint(ORIGIN, size, self.root(size))

    def signed(self, size: int) -> Note:
        return _signed(self.checkpoint(size))

    def asks(self, old: int, new: int) -> bytes:
        """A request as this log makes it."""
        return AddCheckpoint(old, self.proof(old, new), self.signed(new)).encode()


@cache
def _signed(checkpoint: Checkpoint) -> Note:
    return LOG.sign(checkpoint, 0)


@cache
def _root(name: str, forked_at: int, low: int, high: int) -> bytes:
    if high - low == 1:
        return History(name, forked_at).leaf(low)
    split = 1
    while split * 2 < high - low:
        split *= 2
    return node_hash(_root(name, forked_at, low, low + split), _root(name, forked_at, low + split, high))


TRUE: Final = History()


def cosigner(
    store: WitnessStore | None = None, clock: Callable[[], datetime] = lambda: AT, files: LogFiles = NO_FILES
) -> Cosigner:
    """A witness of the log."""
    counts = Counts()
    timing = Timing(clock, AT.timestamp, counts)
    return Cosigner(store or MemoryWitnessStore(), WitnessSigner(WITNESS), (WITNESSED,), timing, counts, files)
