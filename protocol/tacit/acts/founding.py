"""Acts by which an organisation comes into being: its charter and the founders' acceptances."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tacit.envelope import Signature
from tacit.ids import BodyId, Count, CredentialId, Digest, OfficeName, Ordinal, StateCode, States, Suite, Title
from tacit.keys import Keys
from tacit.limits import VKEY_CHARS_MAX

Possessions = Annotated[tuple[Signature, ...], Meta(min_length=1, max_length=2)]


class RuleSetRef(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule-set by name, version and the SHA-256 of its file: the hash decides."""

    name: Title
    version: Ordinal
    sha256: Digest


class Founder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A founding member and the fingerprint of the root key with which it will accept."""

    state: StateCode
    root: CredentialId


class ServiceCredential(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A credential of one of the organisation's own offices (chair, secretariat, registrar, timekeeper)."""

    office: OfficeName
    keys: Keys
    possession: Possessions


class FoundingBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A body that exists from the start, with its members."""

    body: BodyId
    title: Title
    members: States


class Witness(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key of a member's witness, as a C2SP verifier key. One of ML-DSA-44 stands behind one of Ed25519."""

    state: StateCode
    vkey: Annotated[str, Meta(min_length=1, max_length=VKEY_CHARS_MAX)]


class CharterDeposited(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="charter.deposited.v1"
):
    """Entry 0: what the founders found. Signed by the organisation's own root key, which it contains."""

    name: Title
    purpose: Literal["exercise", "operation"]
    suite: Suite
    engine: Literal["1"]
    ruleset: RuleSetRef
    root: Keys
    founders: Annotated[tuple[Founder, ...], Meta(min_length=1, max_length=256)]
    services: Annotated[tuple[ServiceCredential, ...], Meta(min_length=1, max_length=16)]
    bodies: Annotated[tuple[FoundingBody, ...], Meta(min_length=1, max_length=64)]
    witnesses: Annotated[tuple[Witness, ...], Meta(max_length=256)]
    quorum: Count


class CharterAccepted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="charter.accepted.v1"):
    """A founder's acceptance, signed by the root key whose fingerprint the charter names."""

    root: Keys
    possession: Possessions
