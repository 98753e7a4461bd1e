"""Acts on what the operator held back or lost: the proof is lodged, and the chair draws its consequence."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tacit.envelope import Envelope
from tacit.ids import ActId, Reason
from tacit.limits import ATTESTATIONS_MAX

Ground = Literal["NOT_ALL_NOTIFIED", "TEXT_CHANGED", "WRONG_AUDIENCE", "SYSTEM_OUTAGE", "BREAK_HELD_BACK"]
"""Why a silence is void."""


class EvidenceLodged(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="evidence.lodged.v1"):
    """Lodges an act that could not be got through, verbatim, with what proves when others saw it.

    `attestations` are those of the charter's witnesses; `receipt` is the registrar's for an act that the record lacks.
    """

    envelope: Envelope
    attestations: Annotated[tuple[Envelope, ...], Meta(max_length=ATTESTATIONS_MAX)]
    receipt: Envelope | None


class SilenceVoided(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="silence.voided.v1"):
    """The chair voids a silence. One that has passed is voided on evidence alone, and its decision with it."""

    silence: ActId
    ground: Ground
    evidence: ActId | None
    reason: Reason
