"""Who may sign in: whoever proves now that it holds a credential that the record has enrolled and not revoked."""

from collections.abc import Collection

from tacit.rules import State, Verifiers
from tacit.rules.state import Credential
from tacit.session import Fault, ServerSession, SessionError, SignIn


def check_sign_in(
    session: ServerSession, frame: SignIn, state: State, verifiers: Verifiers, audiences: Collection[str]
) -> Credential:
    """The credential that has signed in.

    Raises:
        SessionError: `session.sign_in_refused`; the detail does not say which credentials exist.
    """
    if frame.audience not in audiences:
        raise SessionError(Fault.SIGN_IN_REFUSED, "signed for another gateway")
    found = state.credentials.get(frame.credential)
    if found is None or found.revoked_at is not None:
        raise SessionError(Fault.SIGN_IN_REFUSED, "the credential is not valid here")
    session.check_sign_in(frame, verifiers.of(found.credential, found.keys))
    return found
