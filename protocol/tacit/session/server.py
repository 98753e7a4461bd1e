"""The gateway's side of a session: turns, credit, order. Whom to admit and what to send is the gateway's to say."""

from typing import Final

from tacit.ids import ActId
from tacit.keys import Verifier
from tacit.limits import CREDIT_MAX
from tacit.log_query import Hashes
from tacit.session import frames, sign_in
from tacit.session.codecs import JSON, Codec
from tacit.session.faults import Fault, SessionError
from tacit.session.frames import (
    CaughtUp,
    Challenge,
    CheckpointFrame,
    ClientFrame,
    Credit,
    ErrorFrame,
    Fetch,
    Goodbye,
    GoodbyeReason,
    Limits,
    Prove,
    QueryFrame,
    ServerFrame,
    SignIn,
    Submit,
    Subscribe,
    Watch,
)
from tacit.session.turns import Phase, Turns

DETAIL_CHARS_MAX: Final = 500
"""Of what was wrong with a frame, so much is told."""


class ServerSession:
    """One connection's session, seen by the gateway."""

    def __init__(self, organisation: ActId, nonce: bytes, limits: Limits, codec: Codec = JSON) -> None:
        """Begin one. The nonce must be fresh and unpredictable: whoever knows it beforehand can replay a sign-in."""
        self.codec = codec
        self.organisation = organisation
        self.nonce = nonce
        self.limits = limits
        self.after = -1
        self.credit = 0
        self.shown = -1
        """Entries under the last checkpoint that the client has; -1 while it does not watch the log."""
        self.waiting: set[int] = set()
        self._turns = Turns()

    @property
    def phase(self) -> Phase:
        """How far the session has come."""
        return self._turns.phase

    def challenge(self) -> bytes:
        """The first frame."""
        return self.send(Challenge(self.nonce, self.organisation, self.limits))

    def send(self, frame: ServerFrame) -> bytes:
        """The bytes of a frame that is not an entry.

        Raises:
            SessionError: `session.out_of_turn`: the session has ended.
        """
        self._turns.take(frames.turn_of(frame))
        self.waiting.discard(getattr(frame, "ref", None) or 0)
        return self.codec.encode(frame)

    def receive(self, raw: bytes) -> ClientFrame:
        """Take one message of the client.

        Raises:
            SessionError: a rule of the profile, or `session.*`; the connection's fate is the gateway's to decide.
        """
        frame = self.codec.decode_client(raw)
        self._turns.take(frames.turn_of(frame))
        if isinstance(frame, Submit | Fetch | QueryFrame | Prove):
            if frame.ref in self.waiting:
                raise SessionError(Fault.REF_IN_USE, str(frame.ref))
            self.waiting.add(frame.ref)
        elif isinstance(frame, Subscribe):
            self.after = frame.after
            self._allow(frame.credit)
        elif isinstance(frame, Credit):
            self._allow(frame.entries)
        elif isinstance(frame, Watch):
            if self.shown >= 0:
                raise SessionError(Fault.OUT_OF_TURN, "the log is watched already")
            self.shown = frame.size
        return frame

    def check_sign_in(self, frame: SignIn, verifier: Verifier) -> None:
        """Check that the credential's key signed this session's challenge.

        Raises:
            SessionError: `session.sign_in_refused`.
        """
        sign_in.check(frame, self.nonce, self.organisation, verifier)

    def _allow(self, entries: int) -> None:
        if self.credit + entries > CREDIT_MAX:
            raise SessionError(Fault.CREDIT, f"{self.credit + entries} entries allowed, at most {CREDIT_MAX}")
        self.credit += entries

    def forward(self, index: int) -> None:
        """Note that the entry (or the withheld leaf) at `index` goes out now.

        Raises:
            SessionError: `session.entry_gap`, `session.beyond_credit` or `session.out_of_turn`: a fault of ours.
        """
        if index != self.after + 1:
            raise SessionError(Fault.GAP, f"entry {index} after {self.after}")
        if self.credit < 1:
            raise SessionError(Fault.BEYOND_CREDIT, f"entry {index}")
        self._turns.take("entry")
        self.after, self.credit = index, self.credit - 1

    def checkpoint(self, size: int, consistency: Hashes, checkpoint: bytes) -> bytes:
        """The frame that shows a checkpoint of `size` entries, with the proof that it continues the one shown before.

        Raises:
            SessionError: `session.checkpoint_behind` or `session.out_of_turn`: a fault of ours.
        """
        if size < self.shown or self.shown < 0:
            raise SessionError(Fault.CHECKPOINT_BEHIND, f"{size} after {self.shown}")
        frame = CheckpointFrame(self.shown, consistency, checkpoint)
        self.shown = size
        return self.send(frame)

    def caught_up(self) -> bytes:
        """The frame that says that what follows is live."""
        return self.send(CaughtUp(self.after + 1))

    def error(self, fault: SessionError, ref: int | None, *, ends: bool) -> bytes:
        """The frame that names a broken rule."""
        return self.send(ErrorFrame(str(fault.rule), fault.detail[:DETAIL_CHARS_MAX], ref, ends))

    def goodbye(self, reason: GoodbyeReason) -> bytes:
        """The frame that ends the connection without blame, with the place to resume from."""
        return self.send(Goodbye(reason, self.after))
