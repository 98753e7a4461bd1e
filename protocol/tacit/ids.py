"""The typed words of the wire: how a state, an office, a digest or a reference is written.

A value outside its pattern is refused.
"""

from datetime import datetime
from typing import Annotated, Final, Literal

from msgspec import Meta

from tacit.limits import INTEGER_MAX, REASON_CHARS_MAX, STATES_MAX, TITLE_CHARS_MAX

Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
"""SHA-256 as 64 lower-case hexadecimal digits."""
ActId = Digest
"""SHA-256 of the PAE of an act (spec: envelope)."""
CredentialId = Digest
"""Fingerprint of a key set (spec: keys)."""
KeyId = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]

StateCode = Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]
"""ISO 3166-1 alpha-3, or the organisation itself (`ORG`). Invented members use the user-assigned codes XAA to XZZ."""
OfficeName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,39}\Z")]
BodyId = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}\Z")]
ChannelId = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}\Z")]
Reference = Annotated[str, Meta(pattern=r"^[A-Z][A-Z/-]{0,15}\([0-9]{4}\)[0-9]{4}\Z")]
"""A register number without suffix, such as `CC-M(2022)0031`; revisions are shown as `-REVn` and carried as numbers."""
Scope = Annotated[str, Meta(pattern=r"^(text|para:[1-9][0-9]{0,3})\Z")]
Zone = Annotated[str, Meta(pattern=r"^(UTC|[A-Z][A-Za-z]+(/[A-Z][A-Za-z_+-]*[A-Za-z0-9]{1,2}){1,2})\Z")]
"""An IANA time zone by its Area/Location name. Shape only: which names exist changes, and the fold must not."""

Title = Annotated[str, Meta(min_length=1, max_length=TITLE_CHARS_MAX)]
Reason = Annotated[str, Meta(max_length=REASON_CHARS_MAX)]
Instant = Annotated[datetime, Meta(tz=True)]
"""RFC 3339 in UTC with `Z`; the fraction is absent when zero and has six digits otherwise (the profile enforces it)."""
Count = Annotated[int, Meta(ge=0, le=INTEGER_MAX)]
Ordinal = Annotated[int, Meta(ge=1, le=INTEGER_MAX)]
States = Annotated[tuple[StateCode, ...], Meta(max_length=STATES_MAX)]
NamedStates = Annotated[tuple[StateCode, ...], Meta(min_length=1, max_length=STATES_MAX)]
"""One state at least."""

ORGANISATION: Final = "ORG"
"""The state code under which the organisation's own offices sign; no member may bear it."""
ROOT: Final = "root"
"""The office of a root key: it accepts the charter, enrols and revokes, and does nothing else."""
NOTARY: Final = "notary"
"""The office of ORG whose keys are those of the log: they sign checkpoints and no act."""
NO_ACT: Final = "0" * 64
"""What the charter names where every later act names the organisation or its own previous act."""

Suite = Literal["ed25519", "ed25519+mldsa65"]
