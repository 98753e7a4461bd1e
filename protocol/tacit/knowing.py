"""Who could know of an act, and who shows to have known of it: from the record alone, entry by entry. Pure.

Entitled is who could read it; the other words are evidence that somebody did. That somebody read it and says nothing is
not in any record.
"""

from datetime import datetime
from typing import Final, Literal

import msgspec

from tacit.acts import AcknowledgementGiven, DeliveryRecorded
from tacit.ids import ORGANISATION, ActId, BodyId, ChannelId, StateCode
from tacit.record import Entry
from tacit.rules import State, apply_bytes, catalogue, genesis
from tacit.rules.effects import EntryVoid
from tacit.words import describe, describe_author, quote

Basis = Literal["entitled", "authored", "acknowledged", "delivered", "referred", "saw_checkpoint"]
"""`entitled`: a member of the body, who may read what is said in it. `authored`: said it. `acknowledged`: an act of
theirs acknowledges it. `delivered`: the secretariat recorded that it was delivered to them. `referred`: a later act of
theirs names it. `saw_checkpoint`: a later act of theirs in the same channel names a checkpoint that covers it."""

PREFIX_CHARS_MIN: Final = 8


class Known(msgspec.Struct, frozen=True):
    """What shows that a state could know or knew, and since which entry.

    `until`: the entry since which it is no member any more; what was said before stays readable to it.
    """

    state: StateCode
    office: str | None
    basis: Basis
    index: int
    at: datetime
    act: ActId | None
    words: str
    until: int | None = None


class Subject(msgspec.Struct, frozen=True):
    """The act that is asked about."""

    act: ActId
    index: int
    received_at: datetime
    who: str
    body: BodyId | None
    channel: ChannelId | None
    words: str


class Knowing:
    """One pass over a record, looking for one act: by its id, by the first digits of it, or by its index.

    `subject` is None as long as it has not come; `others` names further acts that begin with the same digits.
    """

    def __init__(self, wanted: str | int) -> None:
        self.state: State = genesis(catalogue())
        self.subject: Subject | None = None
        self.others: list[ActId] = []
        self._wanted = wanted
        self._known: list[Known] = []
        self._entitled: dict[StateCode, Known] = {}

    @property
    def known(self) -> tuple[Known, ...]:
        """Everything found so far, in the order of the record."""
        return tuple(sorted([*self._known, *self._entitled.values()], key=lambda each: each.index))

    def take(self, raw: bytes) -> None:
        """Fold the next entry. Never raises; void entries show nothing."""
        index = self.state.size
        entry, effects = apply_bytes(self.state, raw)
        if entry is not None and not any(isinstance(effect, EntryVoid) for effect in effects):
            self._look(index, entry)

    def _look(self, index: int, entry: Entry) -> None:
        if self._is_wanted(index, entry.leaf.act):
            if self.subject is None:
                self._begin(index, entry)
            else:
                self.others.append(entry.leaf.act)
        elif self.subject is not None:
            self._gather(index, entry, self.subject)
        if self.subject is not None:
            self._follow_members(index, entry, self.subject)

    def _is_wanted(self, index: int, act: ActId) -> bool:
        return index == self._wanted if isinstance(self._wanted, int) else act.startswith(self._wanted)

    def _begin(self, index: int, entry: Entry) -> None:
        header, words = entry.act.header, describe(entry.act, self.state)
        who = describe_author(header)
        self.subject = Subject(entry.leaf.act, index, entry.leaf.received_at, who, header.body, header.channel, words)
        self._add("authored", index, entry, words)

    def _gather(self, index: int, entry: Entry, subject: Subject) -> None:
        content, words = entry.act.content, describe(entry.act, self.state)
        if isinstance(content, AcknowledgementGiven) and content.act == subject.act:
            self._add("acknowledged", index, entry, words)
        elif _names(entry, subject.act):
            self._add("referred", index, entry, words)
        elif _covers(entry, subject):
            self._add("saw_checkpoint", index, entry, words)
        if isinstance(content, DeliveryRecorded) and content.act == subject.act:
            at = entry.leaf.received_at
            self._known += [
                Known(state, None, "delivered", index, at, entry.leaf.act, f"by {quote(content.means)}")
                for state in content.states
            ]

    def _add(self, basis: Basis, index: int, entry: Entry, words: str) -> None:
        header = entry.act.header
        known = Known(header.state, header.office, basis, index, entry.leaf.received_at, entry.leaf.act, words)
        self._known.append(known)

    def _follow_members(self, index: int, entry: Entry, subject: Subject) -> None:
        """Whoever is a member of the body may read it; register acts are for every founder."""
        members = _readers(self.state, subject.body)
        for state in sorted(members - self._open()):
            words = "a member of the body" if subject.body else "the register is for every member"
            self._entitled[state] = Known(state, None, "entitled", index, entry.leaf.received_at, None, words)
        for state in sorted(self._open() - members):
            ended = self._entitled.pop(state)
            self._known.append(msgspec.structs.replace(ended, until=index))

    def _open(self) -> set[StateCode]:
        return set(self._entitled)


def _readers(state: State, body: BodyId | None) -> set[StateCode]:
    if body is None:
        return {founder.state for founder in state.charter.founders} if state.charter else set()
    return set(state.bodies[body].members) - {ORGANISATION}


def _covers(entry: Entry, subject: Subject) -> bool:
    header = entry.act.header
    same = (header.body, header.channel) == (subject.body, subject.channel)
    return same and header.seen is not None and header.seen.size > subject.index


def _names(entry: Entry, act: ActId) -> bool:
    """Whether an act names another, beyond the links that every act has to its author's last one and to the charter."""
    header = entry.act.header
    links = (header.previous == act) + (header.organisation == act)
    return entry.envelope.payload.count(act.encode()) > links
