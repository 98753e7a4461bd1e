"""Challenge and response: the office's credential signs the gateway's nonce. Ed25519 only: it opens no record."""

from tacit import profile
from tacit.envelope import SIGN_IN_TYPE, pae
from tacit.errors import RefusedError
from tacit.ids import ActId
from tacit.keys import Verifier
from tacit.session.faults import Fault, SessionError
from tacit.session.frames import SignIn, SignInClaim
from tacit.signing import Signer


def answer(nonce: bytes, organisation: ActId, audience: str, signer: Signer) -> SignIn:
    """Sign a challenge for the gateway that was dialled under `audience`."""
    claim = SignInClaim(nonce, organisation, signer.credential, audience)
    return SignIn(signer.credential, audience, signer.sign_first(_signed(claim)))


def check(frame: SignIn, nonce: bytes, organisation: ActId, verifier: Verifier) -> None:
    """Check the answer to a challenge. Whether the audience is ours and the credential valid is for the caller to say.

    Raises:
        SessionError: `session.sign_in_refused`.
    """
    claim = SignInClaim(nonce, organisation, frame.credential, frame.audience)
    try:
        verifier.verify_first(_signed(claim), frame.signature)
    except RefusedError as error:
        raise SessionError(Fault.SIGN_IN_REFUSED, str(error)) from error


def _signed(claim: SignInClaim) -> bytes:
    return pae(SIGN_IN_TYPE, profile.encode(claim))
