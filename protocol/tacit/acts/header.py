"""The header that every act carries inside its signed bytes. Spec: docs/reference/spec/act.md."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tacit.ids import (
    ActId,
    BodyId,
    ChannelId,
    Count,
    CredentialId,
    Digest,
    Instant,
    OfficeName,
    Ordinal,
    StateCode,
    States,
    Title,
)
from tacit.limits import REFERENCES_MAX

Capacity = Literal["own", "on_behalf_of", "proxy", "chair", "secretariat", "service"]
Precedence = Literal["DEFERRED", "ROUTINE", "PRIORITY", "IMMEDIATE", "FLASH", "OVERRIDE"]
"""STANAG 4406 precedences, lowest first."""


class Seen(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The last checkpoint that the author had verified: every act then exposes a forked log."""

    size: Count
    root: Digest


class Category(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One category of a label, after STANAG 4774."""

    type: Literal["PERMISSIVE", "RESTRICTIVE", "INFORMATIVE"]
    name: Title
    values: Annotated[tuple[Title, ...], Meta(min_length=1, max_length=64)]


class Label(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A confidentiality label under a named policy. Only the fictional `EXAMPLE` policy ships with Tacit."""

    policy: Title
    classification: Title
    categories: Annotated[tuple[Category, ...], Meta(max_length=16)]


class Header(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True):
    """Who says it, in which capacity, where, after which own act, and for how long it may be played."""

    v: Literal[1]
    organisation: ActId
    body: BodyId | None
    channel: ChannelId | None
    state: StateCode
    office: OfficeName
    credential: CredentialId
    capacity: Capacity
    on_behalf_of: States
    number: Ordinal
    previous: ActId
    claimed_at: Instant
    not_after: Instant
    seen: Seen | None
    label: Label | None
    precedence: Precedence
    references: Annotated[tuple[ActId, ...], Meta(max_length=REFERENCES_MAX)]
    detached: Digest | None
    releaser: CredentialId | None
