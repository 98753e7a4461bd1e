"""Two real sessions joined by nothing but bytes, for tests that check both ends."""

from datetime import UTC, datetime

from tacit import envelope
from tacit.acts import LevelRaised
from tacit.ids import ORGANISATION
from tacit.keys import Verifier
from tacit.limits import CREDIT_MAX, FRAME_BYTES_MAX
from tacit.record import Entry, encode_entry
from tacit.session import (
    Challenged,
    ClientSession,
    Codec,
    EntryFrame,
    Identity,
    Limits,
    ServerSession,
    SignIn,
    Submit,
    Welcome,
    Welcomed,
)
from tacit.submission import Submission
from tacit.testing import OFFICE, World, signer_for

AUDIENCE = "gateway.example:8443"
NONCE = b"n" * 32
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
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
WORLD = World()
MINE = signer_for(f"XAA/{OFFICE}")
REGISTRAR = signer_for(f"{ORGANISATION}/registrar")


class Pair:
    """A client and a gateway that hold one session, joined by nothing but bytes."""

    def __init__(self, codec: Codec, after: int = -1) -> None:
        self.codec = codec
        self.client = ClientSession(Identity(WORLD.organisation, MINE, AUDIENCE), after=after, codec=codec)
        self.gateway = ServerSession(WORLD.organisation, NONCE, LIMITS, codec)

    def signed_in(self) -> "Pair":
        challenged = self.client.receive(self.gateway.challenge())
        assert isinstance(challenged, Challenged)
        frame = self.gateway.receive(challenged.reply)
        assert isinstance(frame, SignIn)
        self.gateway.check_sign_in(frame, Verifier(MINE.keys))
        welcome = Welcome("XAA", OFFICE, WORLD.entries[0].envelope, len(WORLD.entries), NOW)
        assert Welcomed("XAA", OFFICE, len(WORLD.entries), NOW) == self.client.receive(self.gateway.send(welcome))
        return self

    def following(self, credit: int = 100) -> "Pair":
        self.signed_in()
        self.gateway.receive(self.client.subscribe(credit))
        return self

    def submits(self, world: World = WORLD) -> tuple[int, Entry]:
        content = LevelRaised(level="CRISIS", reason="drill")
        composed = world.compose(world.author(ORGANISATION, "chair"), content)
        ref, raw = self.client.submit(Submission(composed.envelope, None))
        frame = self.gateway.receive(raw)
        assert isinstance(frame, Submit)
        assert composed.envelope == frame.submission.envelope
        return ref, world.seal(composed)


def raw_entry(entry: Entry) -> bytes:
    return encode_entry(entry.leaf, envelope.encode(entry.envelope))


def forwarded(pair: Pair, entry: Entry) -> bytes:
    pair.gateway.forward(entry.leaf.index)
    return pair.codec.encode(EntryFrame(entry.leaf.index, raw_entry(entry)))
