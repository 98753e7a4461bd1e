"""What is proven of the acts in an outbox, and whose proofs are to be asked for."""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from tacit.client.shelf import Shelf
from tacit.client.store import Kept, Stage
from tacit.limits import PROOFS_ASKED_MAX
from tacit.record import Leaf
from tacit.record.checkpoint import parse_checkpoint
from tacit.record.proof_file import ProofFile, parse_proof_file
from tacit.session import Verified

_PROVABLE: Final = frozenset({Stage.RECORDED, Stage.NOTARISED, Stage.LODGED})


class Proofs:
    """One connection after another: what was asked for on it, and what came."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._log = shelf.log
        self._asked: dict[int, tuple[Leaf, ...]] = {}

    def reconnected(self) -> None:
        """Forget what was asked for on the connection before."""
        self._asked.clear()

    def shown(self, verified: Verified) -> None:
        """A checkpoint was verified. What is proven for its size already needs no further proof."""
        last = (each.note.encode() for each in (self._log.witnessed, self._log.last) if each is not None)
        self._shelf.store.note(*last)
        if verified.is_witnessed:
            same = [each for each in self._shelf.all() if _proven_size(each) == verified.checkpoint.size]
            self._prove([(each, _path(each, verified)) for each in same], verified)

    def wanted(self, after: int) -> tuple[list[Leaf], Verified] | None:
        """Which proofs to ask for now, at most 64, and under which checkpoint; None: none.

        `after`: the last index that was heard. Beyond it nobody knows yet whether the entry is ours.
        """
        asked = {leaf.index for leaves in self._asked.values() for leaf in leaves}
        free = [each for each in self._shelf.all() if each.stage in _PROVABLE]
        unproven = [each for each in free if each.proof is None]
        for verified, whose in ((self._log.witnessed, free), (self._log.last, unproven)):
            if verified is not None:
                size = min(verified.checkpoint.size, after + 1)
                # An act that came back inside evidence of its own author stands in the same entry.
                leaves = {each.leaf.index: each.leaf for each in whose if each.leaf and each.leaf.index < size}
                found = [leaf for index, leaf in leaves.items() if index not in asked]
                if found:
                    return found[:PROOFS_ASKED_MAX], verified
        return None

    def asked(self, ref: int, leaves: Sequence[Leaf]) -> None:
        """Proofs of these were asked for under this ref."""
        self._asked[ref] = tuple(leaves)

    def unproved(self, ref: int) -> bool:
        """Nobody can prove it now; whether anything was asked under this ref."""
        return self._asked.pop(ref, None) is not None

    def proved(self, ref: int, proofs: Sequence[ProofFile]) -> None:
        """Proofs came, and were checked."""
        leaves = self._asked.pop(ref, ())
        if proofs:
            found = zip(leaves, proofs, strict=True)
            pairs = [(each, proof) for leaf, proof in found for each in self._shelf.at(leaf.index) if each.leaf == leaf]
            self._prove(
                [pair for pair in pairs if pair[0].stage in _PROVABLE], self._log.open(proofs[0].checkpoint.encode())
            )

    def _prove(self, found: Sequence[tuple[Kept, ProofFile]], verified: Verified) -> None:
        stage = Stage.WITNESSED if verified.is_witnessed else Stage.NOTARISED
        is_end, now = stage == self._shelf.last_stage, self._shelf.now()
        proven = [
            replace(
                kept,
                stage=Stage.LODGED if kept.stage == Stage.LODGED else stage,
                since=now,
                why="" if is_end else "witnesses",
                proof=proof.encode(),
                # Of what stands there as itself a refusal is wrong; of what came back as evidence it was right.
                refusal=None if kept.stage == Stage.LODGED else kept.refusal,
            )
            for kept, proof in found
        ]
        if is_end:
            self._shelf.finish(proven)
        else:
            self._shelf.put(proven)
        for each in proven:
            if each.leaf is not None:
                self._shelf.succeed(each.act, each.leaf)


def _proven_size(kept: Kept) -> int | None:
    if kept.stage not in _PROVABLE or kept.proof is None:
        return None
    return parse_checkpoint(parse_proof_file(kept.proof).checkpoint.text).size


def _path(kept: Kept, verified: Verified) -> ProofFile:
    """The proof that an act has, under a checkpoint of the same size and root."""
    assert kept.proof is not None
    proof = parse_proof_file(kept.proof)
    return ProofFile(proof.index, proof.hashes, verified.note)
