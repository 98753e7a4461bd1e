"""The act at the centre of the system: a member's position on exactly one wording."""

from typing import Literal

import msgspec

from tacit.acts.text import Version
from tacit.ids import Reason, Scope

Stance = Literal[
    "UNDECLARED",
    "AWAITING_INSTRUCTIONS",
    "RESERVES_GENERAL",
    "RESERVES_SUBSTANTIVE",
    "RESERVES_SCRUTINY",
    "RESERVES_PARLIAMENTARY",
    "RESERVES_LINGUISTIC",
    "OBJECTS",
    "ACCEPTS_AD_REFERENDUM",
    "CAN_ACCEPT",
    "CAN_ACCEPT_IF",
    "JOINS",
    "JOINS_WITH_STATEMENT",
    "JOINS_RESERVING_FREEDOM_OF_ACTION",
    "ABSTAINS",
    "ABSTAINS_CONSTRUCTIVELY",
    "DISASSOCIATES",
    "ABSENT_BY_ARRANGEMENT",
    "NOT_PRESENT",
]
"""The values of a position. What each does to consensus is said by the rule-set, not here."""


class PositionDeclared(
    msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True, tag="position.declared.v1"
):
    """A member declares its position on a scope of a version. The one before stays in the record."""

    version: Version
    scope: Scope
    stance: Stance
    condition: Reason
    statement: Reason
