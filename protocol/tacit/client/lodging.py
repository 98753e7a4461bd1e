"""Lost acts that are to come back as evidence: which of them their own author may lodge now, and what became of it.

Rules: docs/reference/spec/evidence.md, clauses 9 and 12; docs/adr/0058.
"""

from collections import Counter
from typing import Final

from msgspec.structs import replace

from tacit import acts
from tacit.acts import Content, EvidenceLodged, Seen
from tacit.client.chains import Chains
from tacit.client.shelf import Shelf
from tacit.client.store import Kept, Stage
from tacit.compose import Author, Composed, Link, Window, compose
from tacit.envelope import act_id
from tacit.errors import RefusedError, Rule
from tacit.ids import ActId
from tacit.limits import PAYLOAD_BYTES_MAX
from tacit.record import Leaf

LODGED_TRIES_MAX: Final = 3
"""Times that one process composes evidence for the same act, where the one before came too late."""
_TOO_LATE: Final = frozenset({Rule.EXPIRED, Rule.CLAIMED_AHEAD})
"""Refusals of evidence that say nothing about what it lodges."""


def lodged_act(content: Content) -> ActId | None:
    """The act that evidence lodges; None of every other content."""
    return act_id(content.envelope.payload) if isinstance(content, EvidenceLodged) else None


def lodges(kept: Kept) -> ActId | None:
    """The act that an act of ours lodges; None of every other, and of what this version cannot read."""
    try:
        return lodged_act(acts.decode(kept.submission.envelope.payload).content)
    except RefusedError:
        return None


def evidence_of(lost: Kept) -> EvidenceLodged:
    """What is to be lodged for it, by whoever may."""
    receipt = lost.receipts[0] if lost.receipts else None
    return EvidenceLodged(envelope=lost.submission.envelope, attestations=(), receipt=receipt)


def compose_evidence(author: Author, lost: Kept, link: Link, window: Window, seen: Seen | None) -> Composed:
    """The evidence for a lost act, as an act of its own author. A text beside it comes back with it."""
    detached = lost.header.detached
    return compose(author, evidence_of(lost), lost.place, link, window, detached=detached, seen=seen)


class Lodging:
    """What was lost, on its way back."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._tries: Counter[ActId] = Counter()

    def due(self, chains: Chains) -> tuple[Kept, Link] | None:
        """A lost act that its author is to lodge now, and the place of the evidence in its chain.

        Call it once the record was read to its end. What cannot be lodged by its author is told what it waits for.
        """
        for lost in self._shelf.all():
            if lost.stage == Stage.LOST and lost.refusal is not None and lost.lodged_by is None:
                hindered = self._hindered(lost, chains)
                if hindered is None and self._tries[lost.act] < LODGED_TRIES_MAX:
                    return lost, Link(lost.header.number + 1, lost.act)
                if hindered is not None:
                    self._shelf.tell([lost], hindered)
        return None

    def _hindered(self, lost: Kept, chains: Chains) -> str | None:
        """Why its author may not lodge it, in a word of docs/reference/outbox.md."""
        place, number = lost.place, lost.header.number
        if place is None:
            return "register"
        following = chains.next(place)
        if following is None or following.number > number:
            return "number_taken"
        held = {each.header.number for each in self._shelf.all() if each.stands_in(place)}
        if not held.issuperset(range(following.number, number)):
            return "number_missing"
        # Evidence has the number after it: where that was signed already, or is not next yet, another has to lodge it.
        return "others" if following.number < number or max(held) > number else None

    def refuse(self, lost: Kept, composed: Composed) -> bool:
        """Whether the evidence is larger than an act may be: then nobody can lodge it."""
        if len(composed.envelope.payload) <= PAYLOAD_BYTES_MAX:
            return False
        self._tries[lost.act] = LODGED_TRIES_MAX
        self._shelf.tell([lost], "too_large")
        return True

    def found(self, act: ActId, leaf: Leaf, *, is_promised: bool) -> None:
        """Evidence for an act of ours stands in the record there, by whomever. `is_promised`: a receipt says so."""
        kept = self._shelf.get(act)
        if kept is None:
            return
        is_end = self._shelf.last_stage == Stage.RECORDED
        if kept.stage != Stage.LODGED or kept.leaf != leaf:
            why = "" if is_end else "checkpoint"
            lodged = replace(kept, stage=Stage.LODGED, since=self._shelf.now(), why=why, leaf=leaf, proof=None)
            if is_end:
                self._shelf.finish([lodged])
            else:
                self._shelf.put([lodged])
        if is_promised or is_end:
            self._shelf.succeed(act, leaf)

    def refused(self, act: ActId, rule: Rule) -> None:
        """The evidence for an act of ours was refused. Only one that came too late is composed anew."""
        kept = self._shelf.get(act)
        if kept is not None and kept.stage != Stage.LODGED:
            self._tries[act] = self._tries[act] + 1 if rule in _TOO_LATE else LODGED_TRIES_MAX
            self._shelf.put([replace(kept, lodged_by=None, why=str(rule))])
