"""Attestations: a witness of the charter says when it was shown an act. Spec: docs/reference/spec/evidence.md.

DSSE over a payload type of its own, signed by the key under which the witness cosigns checkpoints.
"""

from typing import Final

import msgspec

from tacit import profile
from tacit.envelope import ATTESTATION_TYPE, Envelope, Signature, digest, pae
from tacit.errors import RefusedError, Rule
from tacit.ids import ActId, Digest, Instant, KeyId, Ordinal
from tacit.record.cosignature import NoteSigner, verify_bytes
from tacit.record.vkey import Vkey

ATTESTATION_BYTES_MAX: Final = 512
NO_ATTESTATION: Final = "0" * 64
"""What the first attestation of a witness in an organisation names as the one before."""


class Attestation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An act by its id, the time at which a witness was shown it, and where that stands in the witness's own chain."""

    organisation: ActId
    act: ActId
    at: Instant
    counter: Ordinal
    previous: Digest


_decoder: Final = msgspec.json.Decoder(Attestation)


def attestation_id(attestation: Attestation) -> Digest:
    """SHA-256 of the PAE: what the witness's next attestation names as `previous`."""
    return digest(pae(ATTESTATION_TYPE, profile.encode(attestation)))


def witness_key_id(vkey: Vkey) -> KeyId:
    """The key id under which a witness signs attestations: 16 digits of SHA-256 over the line of its verifier key."""
    return digest(str(vkey).encode())[:16]


def sign_attestation(attestation: Attestation, signer: NoteSigner) -> Envelope:
    """Sign an attestation."""
    payload = profile.encode(attestation)
    signature = Signature(witness_key_id(signer.vkey), signer.sign_bytes(pae(ATTESTATION_TYPE, payload)))
    return Envelope(payload, ATTESTATION_TYPE, (signature,))


def read_attestation(envelope: Envelope) -> Attestation:
    """Read an attestation whose signature is not verified yet.

    Raises:
        RefusedError: `envelope.payload_type`, `signature.count` or `profile.*`.
    """
    if envelope.payload_type != ATTESTATION_TYPE:
        raise RefusedError(Rule.PAYLOAD_TYPE, f"{envelope.payload_type[:80]} instead of {ATTESTATION_TYPE}")
    if len(envelope.signatures) != 1:
        raise RefusedError(Rule.SIGNATURE_COUNT, f"{len(envelope.signatures)} instead of 1")
    return profile.decode(envelope.payload, _decoder, ATTESTATION_BYTES_MAX)


def verify_attestation(envelope: Envelope, vkey: Vkey) -> None:
    """Verify the signature of an attestation that has been read. Thread-safe; lets go of the GIL.

    Raises:
        RefusedError: `signature.key` or `signature.invalid`.
    """
    signature = envelope.signatures[0]
    if signature.keyid != witness_key_id(vkey):
        raise RefusedError(Rule.SIGNATURE_KEY, f"{signature.keyid} is not the key of {vkey.name}")
    try:
        verify_bytes(vkey, pae(ATTESTATION_TYPE, envelope.payload), signature.sig)
    except RefusedError as error:
        raise RefusedError(Rule.SIGNATURE_INVALID, signature.keyid) from error


def contradict(one: Attestation, other: Attestation) -> bool:
    """Whether no honest witness can have signed both: two under one counter, or a chain that does not hold together."""
    if one.organisation != other.organisation or one == other:
        return False
    first, second = sorted((one, other), key=lambda each: each.counter)
    if first.counter == second.counter or second.at < first.at:
        return True
    return first.counter + 1 == second.counter and second.previous != attestation_id(first)
