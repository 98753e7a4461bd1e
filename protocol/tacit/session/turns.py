"""Every turn of a session, as one table. It does not know which side we are: both sides run the same machine.

An `error` that ends the session is the turn `error!`. Frames cross on the wire, so whatever a side may send in one
phase the other must still take in the next: that is why `open` and `following` differ in entries alone.
"""

from enum import StrEnum
from typing import Final

from tacit.session.faults import Fault, SessionError


class Phase(StrEnum):
    """How far a session has come."""

    CONNECTED = "connected"
    CHALLENGED = "challenged"
    SIGNING_IN = "signing_in"
    OPEN = "open"
    FOLLOWING = "following"
    ENDED = "ended"


_ACTS: Final = ("submit", "receipt", "refusal", "unavailable")
_QUESTIONS: Final = ("fetch", "body", "query", "rows", "query_refused")
_LOG: Final = ("watch", "checkpoint", "prove", "proofs")
_ANSWERED: Final = (*_ACTS, *_QUESTIONS, *_LOG, "error")
_ENTRIES: Final = ("credit", "entry", "withheld", "caught_up")

TURNS: Final[dict[tuple[Phase, str], Phase]] = {
    (Phase.CONNECTED, "challenge"): Phase.CHALLENGED,
    (Phase.CHALLENGED, "error"): Phase.CHALLENGED,
    (Phase.CHALLENGED, "sign_in"): Phase.SIGNING_IN,
    (Phase.SIGNING_IN, "error"): Phase.SIGNING_IN,
    (Phase.SIGNING_IN, "welcome"): Phase.OPEN,
    (Phase.OPEN, "subscribe"): Phase.FOLLOWING,
    **{(Phase.OPEN, frame): Phase.OPEN for frame in _ANSWERED},
    **{(Phase.FOLLOWING, frame): Phase.FOLLOWING for frame in (*_ANSWERED, *_ENTRIES)},
    **{(phase, end): Phase.ENDED for phase in Phase if phase != Phase.ENDED for end in ("error!", "goodbye")},
}


class Turns:
    """One side's place in the table."""

    __slots__ = ("phase",)

    def __init__(self) -> None:
        self.phase = Phase.CONNECTED

    def take(self, frame: str) -> None:
        """Take the turn of a frame that is sent or received.

        Raises:
            SessionError: `session.out_of_turn`; the phase is unchanged.
        """
        following = TURNS.get((self.phase, frame))
        if following is None:
            raise SessionError(Fault.OUT_OF_TURN, f"{frame} while {self.phase}")
        self.phase = following
