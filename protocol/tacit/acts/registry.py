"""Acts on the register that every member sees: offices, credentials, the registrar's terms."""

from typing import Literal

import msgspec

from tacit.acts.founding import Possessions
from tacit.ids import CredentialId, Instant, OfficeName, Ordinal, Reason, StateCode, Title
from tacit.keys import Keys


class OfficeAccredited(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="office.accredited.v1"
):
    """The secretariat recognises an office of a delegation. `commits`: whether it can commit its state."""

    state: StateCode
    office: OfficeName
    title: Title
    commits: bool


class CredentialEnrolled(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="credential.enrolled.v1"
):
    """A state's root key binds new keys to an accredited office; the new keys prove that somebody holds them."""

    state: StateCode
    office: OfficeName
    keys: Keys
    possession: Possessions
    replaces: CredentialId | None


class CredentialRevoked(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="credential.revoked.v1"
):
    """A state's root key ends a credential. Past acts stay valid as of their time unless compromised since then."""

    credential: CredentialId
    reason: Reason
    compromised_since: Instant | None


class RegistrarTerm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="registrar.term.v1"):
    """A registrar takes over. Since `unavailable_since` nobody can show that acts were being received."""

    term: Ordinal
    unavailable_since: Instant | None
    reason: Literal["founding", "take-over"]
