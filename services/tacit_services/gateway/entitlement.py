"""Who may read what: entries of a body are for its members and for the organisation's offices, the register is for all.

Judged by the subject under which the entry stands in the record, so that an entry that nobody can read is judged too,
and by the membership as it is now.
"""

from tacit.ids import ORGANISATION, BodyId, StateCode
from tacit.rules import State
from tacit.subjects import NOWHERE

_BODY_TOKEN = 3
"""In `tacit.<organisation>.record.<body>.<channel>`."""


def body_of(subject: str) -> BodyId | None:
    """The body whose entry stands under this subject; None for the register."""
    token = subject.split(".")[_BODY_TOKEN]
    return None if token == NOWHERE else token


def entitled(state: State, reader: StateCode, body: BodyId | None) -> bool:
    """Whether the reader's state may see an entry of this body."""
    if body is None or reader == ORGANISATION:
        return True
    found = state.bodies.get(body)
    return found is not None and reader in found.members
