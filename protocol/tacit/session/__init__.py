"""The session between a client and a gateway, without a socket: bytes of one message in, one event out.

Nothing here waits, reads a clock or draws a random number: the caller owns the WebSocket, the timeouts and the nonce.
Spec: docs/reference/websocket.md. The frames are in `frames`, every turn that a session may take is in `turns`.
"""

from tacit.session.client import ClientSession, Identity
from tacit.session.events import (
    BodyArrived,
    CaughtUpWith,
    Challenged,
    EntryArrived,
    EntryWithheld,
    ErrorArrived,
    Event,
    GoodbyeArrived,
    ReceiptArrived,
    RefusalArrived,
    UnavailableArrived,
    Welcomed,
)
from tacit.session.faults import Fault, SessionError
from tacit.session.frames import (
    SUBPROTOCOL,
    Body,
    CaughtUp,
    Challenge,
    ClientFrame,
    Credit,
    EntryFrame,
    ErrorFrame,
    Fetch,
    Goodbye,
    Limits,
    Receipt,
    Refused,
    ServerFrame,
    SignIn,
    Submit,
    Subscribe,
    Unavailable,
    Welcome,
    Withheld,
)
from tacit.session.server import ServerSession
from tacit.session.turns import Phase

__all__ = [
    "SUBPROTOCOL",
    "Body",
    "BodyArrived",
    "CaughtUp",
    "CaughtUpWith",
    "Challenge",
    "Challenged",
    "ClientFrame",
    "ClientSession",
    "Credit",
    "EntryArrived",
    "EntryFrame",
    "EntryWithheld",
    "ErrorArrived",
    "ErrorFrame",
    "Event",
    "Fault",
    "Fetch",
    "Goodbye",
    "GoodbyeArrived",
    "Identity",
    "Limits",
    "Phase",
    "Receipt",
    "ReceiptArrived",
    "RefusalArrived",
    "Refused",
    "ServerFrame",
    "ServerSession",
    "SessionError",
    "SignIn",
    "Submit",
    "Subscribe",
    "Unavailable",
    "UnavailableArrived",
    "Welcome",
    "Welcomed",
    "Withheld",
]
