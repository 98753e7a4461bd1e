"""Acts by which an item goes from one body to another of other membership, and keeps its lineage.

Nobody has to see both bodies: the first act is said in the body that lets the item go, the second in the one that takes
it up, and carries all that is needed there. Who sees both can hold one against the other.
"""

import msgspec

from tacit.acts.text import Version
from tacit.ids import ActId, BodyId, Count, NamedStates, Reason, Reference, States, Title


class ItemReferred(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="item.referred.v1"):
    """The body refers a version, the question put on one, or a consultation to another body, and is done with it."""

    item: ActId
    to: BodyId
    reason: Reason


class ReferredText(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A version as it was in the body that referred it: exactly one wording, under its number there."""

    version: Version
    reference: Reference
    revision: Count
    title: Title


class ReferredConsultation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A consultation as it was in the body that referred it."""

    consultation: ActId
    basis: Title
    subject: Title
    invoking: NamedStates
    threatened: States


class ItemTakenUp(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="item.taken_up.v1"):
    """The body takes up what `source` referred to it by the act `referral`: one of a text and a consultation."""

    source: BodyId
    referral: ActId
    text: ReferredText | None
    consultation: ReferredConsultation | None
