"""What a client has to know of the record beside its own chain: witnesses, rosters, deadlines of silences. Pure.

It folds nothing and judges nothing: it decides what is shown to whom and when, and the rules decide what that is worth.
"""

from datetime import datetime

from tacit.acts import (
    Act,
    BodyConstituted,
    CharterDeposited,
    Content,
    RosterAdmitted,
    RosterRemoved,
    SilenceBroken,
    SilenceExtended,
    SilenceSet,
    SilenceWithdrawn,
)
from tacit.ids import ActId, BodyId, StateCode
from tacit.record import Entry, Leaf


class Surroundings:
    """Learnt from the entries as they come by."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """The record is read from its beginning again."""
        self.charter: CharterDeposited | None = None
        self._members: dict[BodyId, frozenset[StateCode]] = {}
        self._deadlines: dict[ActId, datetime] = {}

    def learn(self, entry: Entry) -> None:
        """Take in an entry."""
        content = entry.act.content
        match content:
            case CharterDeposited():
                self.charter = content
                self._members = {each.body: frozenset(each.members) for each in content.bodies}
            case BodyConstituted() | RosterAdmitted() | RosterRemoved():
                self._seat(content)
            case SilenceSet():
                self._deadlines[entry.leaf.act] = content.deadline.at
            case SilenceExtended():
                self._deadlines[content.silence] = content.deadline.at
            case SilenceWithdrawn():
                self._deadlines.pop(content.silence, None)
            case _:
                pass

    def _seat(self, content: BodyConstituted | RosterAdmitted | RosterRemoved) -> None:
        if isinstance(content, BodyConstituted):
            self._members[content.body] = frozenset(content.members)
            return
        seated, named = self._members.get(content.body, frozenset()), frozenset(content.states)
        self._members[content.body] = seated - named if isinstance(content, RosterRemoved) else seated | named

    def may_read(self, state: StateCode, act: Act) -> bool:
        """Whether a member may read an act: one on the register, or in a body in which it sits."""
        body = act.header.body
        return body is None or state in self._members.get(body, frozenset())

    def is_late(self, content: Content | None, leaf: Leaf | None) -> bool:
        """Whether a break was received after the deadline of its silence."""
        deadline = self.deadline(content)
        return deadline is not None and leaf is not None and leaf.received_at >= deadline

    def deadline(self, content: Content | None) -> datetime | None:
        """Until when a break has to be received; None of every other act, and of a silence that was not heard of."""
        return self._deadlines.get(content.silence) if isinstance(content, SilenceBroken) else None
