"""Acts that do not get through: when they are shown to the witnesses of others, and what those attest. No socket.

Rules: docs/adr/0007, docs/reference/spec/evidence.md, docs/reference/outbox.md.
"""

from typing import Final

from msgspec.structs import replace

from tacit import acts, envelope
from tacit.acts import Act, EvidenceLodged
from tacit.client.settings import Witnesses
from tacit.client.shelf import Shelf
from tacit.client.store import UNANSWERED, Kept
from tacit.client.surroundings import Surroundings
from tacit.envelope import ATTESTATION_TYPE
from tacit.ids import ORGANISATION, ActId
from tacit.proving import Proof

URGENT_S: Final = 1.0
"""Patience with a break whose deadline is near, and with evidence: those have no time."""
SHARE_OF_TIME_LEFT: Final = 0.1
"""Patience with a break, as a part of the time that there was to its deadline when it was signed."""


class Showing:
    """Which acts are to be shown to whom, and what came of it."""

    def __init__(self, shelf: Shelf, surroundings: Surroundings) -> None:
        self._shelf = shelf
        self._surroundings = surroundings
        self._first_seen: dict[ActId, float] = {}

    def due(self, witnesses: Witnesses, at_s: float) -> list[tuple[Kept, tuple[str, ...]]]:
        """The acts that have waited for long enough, and the addresses of those who may read each.

        `at_s`: seconds on a clock that never goes back.
        """
        open_ones = [each for each in self._shelf.all() if self.is_wanted(each.act)]
        self._first_seen = {each.act: self._first_seen.get(each.act, at_s) for each in open_ones}
        found = [(each, _read(each)) for each in open_ones]
        return [
            (kept, self._addresses(act, witnesses))
            for kept, act in found
            if self._waited_s(act, at_s - self._first_seen[kept.act]) >= self._patience_s(act, witnesses.patience_s)
        ]

    def is_wanted(self, act: ActId) -> bool:
        """Whether an act is still to be shown: nobody has answered it, and not enough have attested it."""
        kept = self._shelf.get(act)
        if kept is None or kept.stage not in UNANSWERED or kept.is_attested or self._surroundings.charter is None:
            return False
        if kept.content is None:
            return False
        return kept.header.state != ORGANISATION and self._shelf.now() <= kept.header.not_after

    def _waited_s(self, act: Act, seen_s: float) -> float:
        return max(seen_s, (self._shelf.now() - act.header.claimed_at).total_seconds())

    def _patience_s(self, act: Act, patience_s: float) -> float:
        deadline = self._surroundings.deadline(act.content)
        if deadline is not None:
            left_s = (deadline - act.header.claimed_at).total_seconds()
            return min(patience_s, max(URGENT_S, left_s * SHARE_OF_TIME_LEFT))
        return min(patience_s, URGENT_S) if isinstance(act.content, EvidenceLodged) else patience_s

    def _addresses(self, act: Act, witnesses: Witnesses) -> tuple[str, ...]:
        """Those of other members that may read it: a witness sees the whole act."""
        mine = act.header.state
        others = (each for each in witnesses.witnesses if each.state != mine)
        return tuple(each.url for each in others if self._surroundings.may_read(each.state, act))

    def take(self, act: ActId, raw: bytes) -> None:
        """Keep what a witness answered.

        Raises:
            RefusedError: it is no attestation of this act by a witness of another member that the charter names.
        """
        kept, charter = self._shelf.get(act), self._surroundings.charter
        if kept is None or charter is None:
            return
        signed = kept.submission.envelope
        proof = Proof(charter, signed, self._surroundings.deadline(_read(kept).content))
        for each in (*kept.attestations, envelope.decode(raw, ATTESTATION_TYPE)):
            proof.take(each)
        found = tuple(each.envelope for each in proof.attested)
        self._shelf.put([replace(kept, attestations=found, needed=proof.needed, is_attested=proof.is_enough)])


def _read(kept: Kept) -> Act:
    return acts.decode(kept.submission.envelope.payload)
