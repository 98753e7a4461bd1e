"""The state of the fold as octets, so that a reader goes on from where it stood instead of folding from entry 0 again.

A snapshot says of which record it is (organisation, size, digest of its entries) and what made it (engine, rule-set, a
digest of the rules and of the types that they fold into). Whoever restores one trusts it as it trusts a fold of its
own: a checksum finds damage, it stops nobody who can write files. So a verifier takes only what it has signed itself,
and a service only what lies in its own folder and has the digest that the record has (docs/adr/0061).
"""

import hashlib
from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from tacit.ids import ActId, Count, Digest
from tacit.rules.ruleset import RuleSet
from tacit.rules.sources import rules_digest
from tacit.rules.state import State

SNAPSHOT_BYTES_MAX: Final = 268_435_456
"""One snapshot: some hundred times the state of the longest record that was folded."""
_SUM_BYTES: Final = 32
_UNREADABLE: Final = (ValueError, RecursionError)
"""What comes of octets that are not of a type: msgspec's own errors are among them, and of text that is not UTF-8."""


class DamagedSnapshotError(ValueError):
    """The octets are not those that were written: fold the record again, and say so."""


class OtherSnapshotError(ValueError):
    """A snapshot of another version, or of rules that are not known: fold the record again."""


class OtherRulesError(OtherSnapshotError):
    """A snapshot that other rules have folded: by these the same entries may come to something else. Fold again."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A state, and the record it is the state of: so many entries of that organisation, with that digest."""

    organisation: ActId
    size: int
    digest: Digest
    """By what whoever keeps it knows the entries again: the root of the log, or another digest that binds them all."""
    state: State
    beside: bytes
    """What whoever kept it knows besides of those entries; here it is not looked into."""


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    v: Literal[2]
    organisation: ActId
    size: Count
    digest: Digest
    engine: str
    ruleset: Digest
    rules: Digest


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    head: msgspec.Raw
    state: msgspec.Raw
    beside: bytes


_encode: Final = msgspec.msgpack.Encoder().encode
_files: Final = msgspec.msgpack.Decoder(_File)
_heads: Final = msgspec.msgpack.Decoder(_Head)
_states: Final = msgspec.msgpack.Decoder(State)


def encode_snapshot(state: State, digest: bytes, beside: bytes = b"") -> bytes:
    """The one encoding of a state: SHA-256 of the rest, then head, state and `beside` in MessagePack.

    Dictionaries keep their order, which the fold gives; sets are sorted; rule-sets are named, not held.

    Raises:
        ValueError: before entry 0 there is nothing to keep.
    """
    head = _encode(_head(state, digest.hex()))
    return _sealed(_encode(_File(msgspec.Raw(head), msgspec.Raw(_encode_state(state)), beside)))


def decode_snapshot(raw: bytes, rulesets: Mapping[Digest, RuleSet]) -> Snapshot:
    """Read a snapshot; its state knows these rule-sets, as `genesis` does.

    Raises:
        DamagedSnapshotError: it is not what was written.
        OtherSnapshotError: this version did not write it, or does not know its rule-set.
        OtherRulesError: it was folded by other rules than those of this process (`rules_digest`).
    """
    if len(raw) > SNAPSHOT_BYTES_MAX or raw != _sealed(raw[_SUM_BYTES:]):
        raise DamagedSnapshotError(f"{len(raw)} octets, and their sum is another")
    try:
        file = _files.decode(raw[_SUM_BYTES:])
        head = _heads.decode(file.head)
    except _UNREADABLE as error:
        raise OtherSnapshotError(str(error)) from error
    if head.rules != rules_digest():
        raise OtherRulesError(f"folded by rules {head.rules[:16]}, and here are {rules_digest()[:16]}")
    if head.ruleset not in rulesets:
        raise OtherSnapshotError(f"of engine {head.engine}, rule-set {head.ruleset[:16]}")
    try:
        state = _states.decode(file.state)
        found = _head(state, head.digest)
    except _UNREADABLE as error:
        raise DamagedSnapshotError(str(error)) from error
    if found != head or _encode_state(state) != bytes(file.state):
        raise DamagedSnapshotError("its state is not the one that its head names")
    state.rulesets = rulesets
    return Snapshot(organisation=head.organisation, size=head.size, digest=head.digest, state=state, beside=file.beside)


def _sealed(rest: bytes) -> bytes:
    return hashlib.sha256(rest).digest() + rest


def _head(state: State, digest: Digest) -> _Head:
    if state.charter is None or state.organisation is None:
        raise ValueError("before entry 0 there is nothing to keep")
    charter = state.charter
    return _Head(
        v=2,
        organisation=state.organisation,
        size=state.size,
        digest=digest,
        engine=charter.engine,
        ruleset=charter.ruleset.sha256,
        rules=rules_digest(),
    )


def _encode_state(state: State) -> bytes:
    replace = msgspec.structs.replace
    bodies = {name: replace(body, lodged=sorted(body.lodged)) for name, body in state.bodies.items()}
    return _encode(replace(state, rulesets={}, accepted=sorted(state.accepted), bodies=bodies))
