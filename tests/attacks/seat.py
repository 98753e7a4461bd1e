"""The seat of a member: its client in a session with a gateway that the operator runs."""

from collections.abc import Callable

from tacit.compose import Composed
from tacit.ids import ActId
from tacit.keys import Verifier
from tacit.limits import CREDIT_MAX, FRAME_BYTES_MAX
from tacit.record import Leaf, decode_entry
from tacit.session import (
    JSON,
    Challenged,
    ClientSession,
    EntryFrame,
    Event,
    Identity,
    Limits,
    ServerSession,
    SessionError,
    SignIn,
    Submit,
    Welcome,
)
from tacit.session.frames import ServerFrame
from tacit.submission import Submission
from tacit.testing import OFFICE, World
from tests.attacks.case import Named, Outcome
from tests.attacks.operator import Operator

AUDIENCE = "gateway.example:8443"
NONCE = b"n" * 32
LIMITS = Limits(
    frame_bytes_max=FRAME_BYTES_MAX,
    in_flight_max=8,
    submits_per_s=50,
    submits_burst=100,
    credit_max=CREDIT_MAX,
    bad_frames_max=8,
    sign_in_s=10,
    stalled_s=30,
)


class Seat:
    """XAA's client, which has signed in and follows the record from its first entry."""

    def __init__(self, operator: Operator, organisation: ActId | None = None, charter_of: World | None = None) -> None:
        """`organisation`: in whose name the gateway speaks; `charter_of`: whose charter it shows."""
        world = operator.world
        self.operator, self.world = operator, world
        signer = world.author("XAA").signer
        self.client = ClientSession(Identity(world.organisation, signer, AUDIENCE))
        self.gateway = ServerSession(organisation or world.organisation, NONCE, LIMITS, JSON)
        challenged = self.client.receive(self.gateway.challenge())
        assert isinstance(challenged, Challenged)
        frame = self.gateway.receive(challenged.reply)
        assert isinstance(frame, SignIn)
        self.gateway.check_sign_in(frame, Verifier(signer.keys))
        charter = (charter_of or world).entries[0].envelope
        self.client.receive(self.gateway.send(Welcome("XAA", OFFICE, charter, operator.size, world.now)))

    def follow(self) -> "Seat":
        """Ask for every entry."""
        self.gateway.receive(self.client.subscribe(1_000))
        return self

    def heard(self, *indices: int) -> None:
        """The gateway sends these entries of the stream."""
        for index in indices:
            self.gets(EntryFrame(index, self.operator.raw[index]))

    def gets(self, frame: ServerFrame) -> Event:
        """The gateway sends any frame; what the client makes of it."""
        return self.client.receive(JSON.encode(frame))

    def submits(self, composed: Composed) -> int:
        """XAA hands in an act; the ref under which it waits for an answer."""
        ref, raw = self.client.submit(Submission(composed.envelope, None))
        assert isinstance(self.gateway.receive(raw), Submit)
        return ref


def leaf_of(operator: Operator, composed: Composed, index: int | None = None) -> Leaf:
    """The leaf of an act, at the end of the stream if not told otherwise."""
    return decode_entry(operator.seal(composed, index=index)).leaf


def refused(operator: Operator, index: int, strike: Callable[[], object], at: int | None = None) -> Outcome:
    """What the client of a member says to what it is sent, at once: it ends the session, and tells its user why."""
    try:
        strike()
    except SessionError as error:
        found = Named(str(error.rule), index if at is None else at)
        return Outcome(index, operator.struck_at, (found,), operator.struck_at)
    return Outcome(index, operator.struck_at, (), operator.struck_at)
