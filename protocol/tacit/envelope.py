"""DSSE envelopes (v1.0.2): what is signed and how it is carried. Spec: docs/reference/spec/envelope.md."""

import hashlib
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from tacit import profile
from tacit.errors import RefusedError, Rule
from tacit.ids import ActId, Digest, KeyId
from tacit.limits import ENVELOPE_BYTES_MAX, SIGNATURES_MAX

ACT_TYPE: Final = "application/vnd.tacit.act.v1+json"
LEAF_TYPE: Final = "application/vnd.tacit.leaf.v1+json"
REFUSAL_TYPE: Final = "application/vnd.tacit.refusal.v1+json"
ATTESTATION_TYPE: Final = "application/vnd.tacit.attestation.v1+json"
POSSESSION_TYPE: Final = "application/vnd.tacit.possession.v1+json"
SIGN_IN_TYPE: Final = "application/vnd.tacit.sign-in.v1+json"


class Signature(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """One DSSE signature: which key of the signer's credential, and the signature over the PAE."""

    keyid: KeyId
    sig: Annotated[bytes, Meta(min_length=64, max_length=3309)]


class Envelope(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A DSSE envelope in Tacit's one encoding: standard base64 with padding, every field present, schema order."""

    payload: bytes
    payload_type: str = msgspec.field(name="payloadType")
    signatures: Annotated[tuple[Signature, ...], Meta(min_length=1, max_length=SIGNATURES_MAX)]


_decoder: Final = msgspec.json.Decoder(Envelope)


def pae(payload_type: str, payload: bytes) -> bytes:
    """The pre-authentication encoding: the exact bytes that every signature covers (DSSE protocol, section PAE)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def digest(data: bytes) -> Digest:
    """SHA-256 in lower-case hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def act_id(payload: bytes) -> ActId:
    """The id of an act: SHA-256 of its PAE. Signatures are not part of it, so an act has one id whoever signs again."""
    return digest(pae(ACT_TYPE, payload))


def encode(envelope: Envelope) -> bytes:
    """The one encoding of an envelope; its SHA-256 stands in the leaf."""
    return profile.encode(envelope)


def decode(raw: bytes, payload_type: str = ACT_TYPE) -> Envelope:
    """Read an envelope of the given type.

    Raises:
        RefusedError: `profile.*` or `envelope.payload_type`, and nothing else.
    """
    envelope = profile.decode(raw, _decoder, ENVELOPE_BYTES_MAX)
    if envelope.payload_type != payload_type:
        raise RefusedError(Rule.PAYLOAD_TYPE, f"{envelope.payload_type[:80]} instead of {payload_type}")
    return envelope
