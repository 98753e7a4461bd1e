"""Acts of a consultation. Any one member opens it; no act refuses one."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tacit.ids import ActId, Instant, Reason, States, Title

Outcome = Literal["NOTED", "CHAIR_STATEMENT", "BODY_STATEMENT", "TASKING", "DECISION", "NONE_RECORDED"]


class ConsultationRequested(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="consultation.requested.v1"
):
    """A member asks to consult. Those who ask (`invoking`) and those who are threatened are kept apart."""

    basis: Title
    threatened: States
    subject: Title


class ConsultationJoined(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="consultation.joined.v1"
):
    """Another member joins the request: still one invocation."""

    consultation: ActId


class ConsultationConvened(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="consultation.convened.v1"
):
    """The chair convenes the body on the request."""

    consultation: ActId
    meeting: Literal["regular", "extraordinary", "redesignated"]
    at: Instant


class ConsultationConcluded(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="consultation.concluded.v1"
):
    """The chair records the outcome. BODY_STATEMENT and DECISION name the decisions that were adopted."""

    consultation: ActId
    outcome: Outcome
    decisions: Annotated[tuple[ActId, ...], Meta(max_length=16)]
    reason: Reason
