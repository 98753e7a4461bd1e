"""Acts that are to come in as evidence: which of them their own author may lodge now, and what became of it.

They were lost, or held back and attested in time. Rules: docs/reference/spec/evidence.md, 9 to 12; docs/adr/0058.
"""

from collections import Counter
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from tacit.acts import Content, EvidenceLodged, Seen
from tacit.client.chains import Chains
from tacit.client.errors import ActRefusedError
from tacit.client.evidence_file import evidence_of
from tacit.client.shelf import Shelf
from tacit.client.store import UNANSWERED, Kept, Stage
from tacit.client.surroundings import Surroundings
from tacit.compose import Author, Composed, Link, Window, compose
from tacit.envelope import act_id
from tacit.errors import Rule
from tacit.ids import ActId
from tacit.limits import PAYLOAD_BYTES_MAX
from tacit.record import Leaf
from tacit.record.receipt import read_refusal

LODGED_TRIES_MAX: Final = 3
"""Times that one process composes evidence for the same act, where the one before came too late."""
_TOO_LATE: Final = frozenset({Rule.EXPIRED, Rule.CLAIMED_AHEAD})
"""Refusals of evidence that say nothing about what it lodges."""
_HINDRANCES: Final = frozenset({"register", "number_taken", "number_missing", "others", "too_large"})
_IN_RECORD: Final = frozenset({Stage.RECORDED, Stage.NOTARISED})


def lodged_act(content: Content) -> ActId | None:
    """The act that evidence lodges; None of every other content."""
    return act_id(content.envelope.payload) if isinstance(content, EvidenceLodged) else None


def lodges(kept: Kept) -> ActId | None:
    """The act that an act of ours lodges."""
    content = kept.content
    return None if content is None else lodged_act(content)


def compose_evidence(author: Author, kept: Kept, link: Link, window: Window, seen: Seen | None) -> Composed:
    """The evidence for an act, as an act of its own author. A text beside it comes back with it."""
    detached = kept.header.detached
    return compose(author, evidence_of(kept).evidence, kept.place, link, window, detached=detached, seen=seen)


class Lodging:
    """What was lost or held back, on its way in."""

    def __init__(self, shelf: Shelf, surroundings: Surroundings) -> None:
        self._shelf = shelf
        self._surroundings = surroundings
        self._tries: Counter[ActId] = Counter()

    def is_open(self, kept: Kept) -> bool:
        """Whether a lost act may yet be lodged by its author: until that is known its number is nobody else's."""
        may_be = kept.stage == Stage.LOST and kept.refusal is not None and kept.lodged_by is None
        return may_be and kept.why not in _HINDRANCES and self._tries[kept.act] < LODGED_TRIES_MAX

    def is_hopeful(self, kept: Kept) -> bool:
        """Whether it was attested in time, and its evidence is on its way or was not refused yet."""
        return kept.is_attested and (kept.lodged_by is not None or self._tries[kept.act] < LODGED_TRIES_MAX)

    def is_late(self, kept: Kept) -> bool:
        """Whether it was attested in time and received too late: then nothing is missing but its effect."""
        can_be = kept.stage in _IN_RECORD and self.is_hopeful(kept)
        return can_be and self._surroundings.is_late(kept.content, kept.leaf)

    @property
    def is_timed(self) -> bool:
        """Whether something may be due without anything having come: a deadline is waited for."""
        exposed = self._shelf.exposed()
        return any(each.is_attested and each.stage in UNANSWERED and not each.lodged_by for each in exposed)

    def _deadline(self, kept: Kept) -> datetime | None:
        return self._surroundings.deadline(kept.content)

    def due(self, chains: Chains) -> tuple[Kept, Link] | None:
        """An act that its author is to lodge now, and the place of the evidence in its chain.

        Call it once the record was read to its end. What was lost and cannot be lodged by its author is told what it
        waits for.
        """
        for kept in self._shelf.exposed():
            if kept.lodged_by is None and self._is_due(kept) and kept.content is not None:
                link = self._link(kept, chains)
                if link is not None and self._tries[kept.act] < LODGED_TRIES_MAX:
                    return kept, link
        return None

    def _is_due(self, kept: Kept) -> bool:
        if kept.stage == Stage.LOST:
            return kept.refusal is not None
        if kept.is_attested and kept.stage in UNANSWERED:
            # Until the deadline it may still come in time; after that only this helps.
            deadline = self._deadline(kept)
            return deadline is not None and self._shelf.now() >= deadline
        return self.is_late(kept)

    def _link(self, kept: Kept, chains: Chains) -> Link | None:
        if kept.stage in _IN_RECORD:
            return chains.next(kept.place)
        hindered = self._hindered(kept, chains)
        if hindered is None:
            return Link(kept.header.number + 1, kept.act)
        if kept.stage == Stage.LOST:
            self._shelf.tell([kept], hindered)
        return None

    def _hindered(self, lost: Kept, chains: Chains) -> str | None:
        """Why its author may not lodge it, in a word of docs/reference/outbox.md."""
        place, number = lost.place, lost.header.number
        if place is None:
            return "register"
        if not self._shelf.is_own(lost):
            return "others"
        following = chains.next(place)
        if following is None or following.number > number:
            return "number_taken"
        held = {each.header.number for each in self._shelf.said_in(place)}
        if not held.issuperset(range(following.number, number)):
            return "number_missing"
        # Evidence has the number after it: where that was signed already, or is not next yet, another has to lodge it.
        return "others" if following.number < number or max(held) > number else None

    def for_others(self, chains: Chains) -> list[Kept]:
        """What others are to lodge: the first of a chain that its author may not, and what its author cannot get in."""
        return [each for each in self._shelf.exposed() if self._is_for_others(each, chains)]

    def _is_for_others(self, kept: Kept, chains: Chains) -> bool:
        evidence = self._shelf.get(kept.lodged_by)
        if evidence is not None:
            return evidence.stage in UNANSWERED
        if kept.why != "others" or not self._shelf.is_own(kept):
            return kept.why == "others"
        following = chains.next(kept.place)
        return following is not None and following.number == kept.header.number

    def refuse(self, kept: Kept, composed: Composed) -> bool:
        """Whether the evidence is larger than an act may be: then nobody can lodge it."""
        if len(composed.envelope.payload) <= PAYLOAD_BYTES_MAX:
            return False
        self._give_up(kept, "too_large")
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
        if kept is None or kept.stage == Stage.LODGED:
            return
        free = replace(kept, lodged_by=None)
        self._tries[act] += 1
        if rule in _TOO_LATE and self._tries[act] < LODGED_TRIES_MAX:
            self._shelf.put([replace(free, why=str(rule)) if free.stage == Stage.LOST else free])
        else:
            self._give_up(free, str(rule))

    def _give_up(self, kept: Kept, why: str) -> None:
        """Nothing more is lodged for it. What is in the record stays there; what only others have seen is refused."""
        self._tries[kept.act] = LODGED_TRIES_MAX
        if kept.stage == Stage.LOST and not kept.receipts and kept.refusal is not None:
            refusal = read_refusal(kept.refusal)
            self._shelf.finish([replace(kept, stage=Stage.REFUSED, since=self._shelf.now(), why=str(refusal.rule))])
            self._shelf.fail(kept.act, ActRefusedError(refusal))
        elif kept.stage == Stage.RECORDED and self._shelf.last_stage == Stage.RECORDED:
            self._shelf.finish([replace(kept, why="")])
        else:
            self._shelf.put([replace(kept, why=why) if kept.stage == Stage.LOST else kept])
