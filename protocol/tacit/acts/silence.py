"""Acts of a silence procedure: to set, extend, break and withdraw, and what the clock makes of it."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tacit.acts.text import Version
from tacit.ids import ActId, Instant, Reason, Zone
from tacit.limits import SHOWN_CHARS_MAX


class Deadline(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An exact time: the instant in UTC, the zone meant, and the words shown to people ("10:00 Brussels")."""

    at: Instant
    zone: Zone
    shown: Annotated[str, Meta(min_length=1, max_length=SHOWN_CHARS_MAX)]


class SilenceSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="silence.set.v1"):
    """The text is adopted unless a member breaks the silence before the deadline."""

    version: Version
    deadline: Deadline


class SilenceExtended(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="silence.extended.v1"):
    """The chair moves the deadline later, for everybody, before it has passed."""

    silence: ActId
    deadline: Deadline
    reason: Reason


class ExtensionRequested(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="silence.extension_requested.v1"
):
    """A member asks for more time. It is not a break."""

    silence: ActId
    reason: Reason


class ExtensionRefused(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="silence.extension_refused.v1"
):
    """The chair declines; the member must break in time."""

    silence: ActId
    request: ActId
    reason: Reason


class SilenceBroken(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="silence.broken.v1"):
    """A member objects. In time it breaks, or adds to a break; received late it is recorded without effect."""

    silence: ActId
    kind: Literal["SUBSTANCE", "TIMING", "PROCEDURE"]
    reason: Reason


class SilenceWithdrawn(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="silence.withdrawn.v1"
):
    """The chair takes the silence back."""

    silence: ActId
    reason: Reason


class SilencePassed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="silence.passed.v1"):
    """The timekeeper states what the rules already imply: the deadline passed and nobody objected."""

    silence: ActId
    deadline: Instant
