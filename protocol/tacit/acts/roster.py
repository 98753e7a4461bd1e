"""Acts on the register by which a body and its roster come about: every member sees who sits where, since when.

`basis` names the decision on which the act rests, where there is one; it may stand in another body, so no rule looks.
"""

import msgspec

from tacit.ids import ActId, BodyId, NamedStates, Reason, Title


class BodyConstituted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="body.constituted.v1"):
    """A further body exists, with its first members."""

    body: BodyId
    title: Title
    members: NamedStates
    basis: ActId | None


class RosterAdmitted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="roster.admitted.v1"):
    """States become members of a body: they hear and speak from now on, and may read what was said before."""

    body: BodyId
    states: NamedStates
    basis: ActId | None
    reason: Reason


class RosterRemoved(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="roster.removed.v1"):
    """States cease to be members of a body. It ends future delivery only: what they said stays valid."""

    body: BodyId
    states: NamedStates
    basis: ActId | None
    reason: Reason
