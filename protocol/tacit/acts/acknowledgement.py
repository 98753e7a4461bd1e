"""Acts by which a channel knows whom something has reached: a receipt is called for, given, or missing at its time."""

from typing import Literal

import msgspec

from tacit.acts.silence import Deadline
from tacit.ids import ActId, Instant, NamedStates, Title

Receipt = Literal["DELIVERY", "READ", "ACTION"]
"""What is acknowledged, least first: it has arrived, it has been read, it is being acted on."""


class AcknowledgementRequested(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="acknowledgement.requested.v1"
):
    """Each addressee is to acknowledge `act`, a message, a text or any other act in this channel, by an exact time."""

    act: ActId
    kind: Receipt
    addressees: NamedStates
    deadline: Deadline


class AcknowledgementGiven(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="acknowledgement.given.v1"
):
    """An office acknowledges an act. A receipt is an event of its own: it says nothing about the author's position."""

    act: ActId
    kind: Receipt


class DeliveryRecorded(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="delivery.recorded.v1"
):
    """The secretariat has delivered an act by `means` such as `hand`: nobody can stop a clock by switching off."""

    act: ActId
    states: NamedStates
    means: Title


class AcknowledgementOverdue(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="acknowledgement.overdue.v1"
):
    """The timekeeper states what the rules already imply: the deadline passed, and these have not acknowledged."""

    request: ActId
    deadline: Instant
    missing: NamedStates
