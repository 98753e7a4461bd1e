"""Who may read what: entries of a body are for its members and for the organisation's offices, the register is for all.

Judged by the place that the author has signed; an entry that nobody can read is judged by the subject under which it
stands. And by the membership as it is now: whoever is admitted may read a body from its beginning, whoever is removed
keeps what was recorded before.
"""

from tacit.ids import ORGANISATION, BodyId, StateCode
from tacit.record import Entry
from tacit.rules import State
from tacit.subjects import NOWHERE

_BODY_TOKEN = 3
"""In `tacit.<organisation>.record.<body>.<channel>`."""


def body_of(subject: str, entry: Entry | None) -> BodyId | None:
    """The body to which an entry belongs that stands under this subject; None for the register."""
    if entry is not None:
        return entry.act.header.body
    token = subject.split(".")[_BODY_TOKEN]
    return None if token == NOWHERE else token


def entitled(state: State, reader: StateCode, body: BodyId | None, index: int) -> bool:
    """Whether the reader's state may see the entry of this body at `index`. `state` has that entry in it."""
    if body is None or reader == ORGANISATION:
        return True
    found = state.bodies.get(body)
    return found is not None and (reader in found.members or index < found.removed.get(reader, 0))
