"""What the registrar answers: a receipt (the leaf, signed) or a refusal (the rule, signed). Both DSSE, Ed25519 only."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from tacit import envelope, profile
from tacit.acts import RuleSetRef
from tacit.envelope import LEAF_TYPE, REFUSAL_TYPE, Envelope, pae
from tacit.errors import RefusedError, Rule
from tacit.ids import ActId, Count, Digest, Instant
from tacit.keys import Verifier
from tacit.limits import PAYLOAD_BYTES_MAX, REASON_CHARS_MAX
from tacit.record import leaf as leaf_format
from tacit.record.leaf import Leaf
from tacit.signing import Signer


class Refusal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why an act was not recorded, judged at a size of the record: whoever sees the record can run the rules again.

    `act` is absent where the bytes could not be read as an act; `submission` is SHA-256 of the refused envelope bytes.
    """

    organisation: ActId
    act: ActId | None
    submission: Digest
    term: Count
    size: Count
    received_at: Instant
    rule: Rule
    detail: Annotated[str, Meta(max_length=REASON_CHARS_MAX)]
    ruleset: RuleSetRef


_decoder: Final = msgspec.json.Decoder(Refusal)


def sign_receipt(leaf: Leaf, signer: Signer) -> Envelope:
    """Sign a leaf. Ed25519 is deterministic: the receipt of a repeat is the same bytes."""
    payload = leaf_format.encode(leaf)
    return Envelope(payload, LEAF_TYPE, (signer.sign_first(pae(LEAF_TYPE, payload)),))


def sign_refusal(refusal: Refusal, signer: Signer) -> Envelope:
    """Sign a refusal."""
    payload = profile.encode(refusal)
    return Envelope(payload, REFUSAL_TYPE, (signer.sign_first(pae(REFUSAL_TYPE, payload)),))


def open_receipt(raw: bytes, registrar: Verifier) -> Leaf:
    """Verify a receipt and return its leaf.

    Raises:
        RefusedError: `profile.*`, `envelope.payload_type` or `signature.*`.
    """
    return leaf_format.decode(_verified(raw, LEAF_TYPE, registrar))


def open_refusal(raw: bytes, registrar: Verifier) -> Refusal:
    """Verify a refusal and return it.

    Raises:
        RefusedError: `profile.*`, `envelope.payload_type` or `signature.*`.
    """
    return profile.decode(_verified(raw, REFUSAL_TYPE, registrar), _decoder, PAYLOAD_BYTES_MAX)


def read_refusal(signed: Envelope) -> Refusal:
    """What a refusal says whose signature was verified when it came.

    Raises:
        RefusedError: `profile.*`.
    """
    return profile.decode(signed.payload, _decoder, PAYLOAD_BYTES_MAX)


def _verified(raw: bytes, kind: str, registrar: Verifier) -> bytes:
    read = envelope.decode(raw, kind)
    if len(read.signatures) != 1:
        raise RefusedError(Rule.SIGNATURE_COUNT, f"{len(read.signatures)} instead of 1")
    registrar.verify_first(pae(kind, read.payload), read.signatures[0])
    return read.payload
