"""View `rosters`: who sat in which body from when to when. Rosters stand on the register: everybody sees them all."""

from collections.abc import Iterator
from typing import Final

import msgspec

from tacit.acts import BodyConstituted, CharterDeposited, RosterAdmitted, RosterRemoved, tag
from tacit.ids import ActId, BodyId, StateCode
from tacit.record import Entry
from tacit_services.projector.folding import Folded, View, table


class RosterRow(msgspec.Struct, frozen=True):
    """A state in a body, between two changes. `body` is null: the row is for every member, as the register is."""

    body: BodyId | None
    roster: BodyId
    title: str
    state: StateCode
    member: bool
    basis: ActId | None
    reason: str
    cause: str
    cause_act: ActId
    cause_state: StateCode
    cause_office: str


def rows(folded: Folded) -> Iterator[RosterRow]:
    """A row for each state that came or went."""
    entry = folded.entry
    if entry is None or folded.void:
        return
    match entry.act.content:
        case CharterDeposited() as charter:
            for body in charter.bodies:
                yield from _rows(folded, entry, body.body, body.members)
        case BodyConstituted() as constituted:
            yield from _rows(folded, entry, constituted.body, constituted.members, constituted.basis)
        case (RosterAdmitted() | RosterRemoved()) as changed:
            yield from _rows(folded, entry, changed.body, changed.states, changed.basis, changed.reason)


def _rows(
    folded: Folded,
    entry: Entry,
    body: BodyId,
    states: tuple[StateCode, ...],
    basis: ActId | None = None,
    reason: str = "",
) -> Iterator[RosterRow]:
    found, header = folded.state.bodies[body], entry.act.header
    for state in states:
        yield RosterRow(
            body=None,
            roster=body,
            title=found.title,
            state=state,
            member=state in found.members,
            basis=basis,
            reason=reason,
            cause=tag(entry.act.content),
            cause_act=entry.leaf.act,
            cause_state=header.state,
            cause_office=header.office,
        )


ROSTERS: Final = View(table("rosters", 1, RosterRow, key=("roster", "state"), indexes=(("state",),)), rows)
