"""The slow part: checking and making signatures, many at a time. Pure, thread-safe; lets go of the GIL."""

from collections.abc import Sequence

import msgspec

from tacit.detached import Detached, check_detached
from tacit.envelope import Envelope
from tacit.errors import RefusedError
from tacit.ids import Digest
from tacit.record import Leaf, Refusal, sign_receipt, sign_refusal
from tacit.rules import Signatory, check_signatures
from tacit.signing import Signer
from tacit.submission import Receipted, Refused, encode_answer


class Claim(msgspec.Struct, frozen=True, gc=False):
    """An envelope, who must have signed it, and the body that must have the hash that was signed."""

    signers: tuple[Signatory, ...]
    envelope: Envelope
    body_digest: Digest | None
    body: Detached | None


def check_claim(claim: Claim) -> RefusedError | None:
    """What is wrong with a claim: `signature.*`, `detached.*`, or None."""
    try:
        check_signatures(claim.signers, claim.envelope)
        check_detached(claim.body_digest, claim.body)
    except RefusedError as error:
        return error
    return None


def check_claims(claims: Sequence[Claim | None]) -> list[RefusedError | None]:
    """Check each claim; where there is none to check, None."""
    return [check_claim(claim) if claim is not None else None for claim in claims]


def sign_answers(drafts: Sequence[Leaf | Refusal], signer: Signer) -> list[bytes]:
    """Sign each draft and encode it as the answer that the client gets."""
    return [_sign(draft, signer) for draft in drafts]


def _sign(draft: Leaf | Refusal, signer: Signer) -> bytes:
    if isinstance(draft, Leaf):
        return encode_answer(Receipted(sign_receipt(draft, signer)))
    return encode_answer(Refused(sign_refusal(draft, signer)))
