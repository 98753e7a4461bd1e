"""Rows of bad input that are wrong by their turn, not by their form: the same over both subprotocols."""

from typing import Final

from tacit.limits import CREDIT_MAX
from tacit.session import CODECS, Codec, Credit, EntryFrame, Fault, Fetch, Subscribe
from tacit_services.gateway.fates import POLICY, TRY_LATER
from tests.integration.bad_frames import BadFrame, plain


def bad_turns(codec: Codec) -> list[BadFrame]:
    """What may not be said now, in one codec."""
    subscribed, credit, every = (codec.encode(each) for each in (Subscribe(0, 1), Credit(5), Subscribe(0, CREDIT_MAX)))
    empty = b"{}" if codec.is_text else b"\x80"
    rows = [
        BadFrame("a frame of the gateway", plain(codec.encode(EntryFrame(0, b""))), Fault.UNKNOWN_FRAME),
        BadFrame("credit for nothing", plain(credit), Fault.OUT_OF_TURN, POLICY),
        BadFrame("a second subscription", plain(subscribed), Fault.OUT_OF_TURN, POLICY, (subscribed,)),
        BadFrame("too much credit", plain(codec.encode(Credit(CREDIT_MAX))), Fault.CREDIT, POLICY, (every,)),
        BadFrame("a place beyond the record", plain(codec.encode(Subscribe(10**6, 1))), Fault.AHEAD, TRY_LATER),
        BadFrame("the body of no entry", plain(codec.encode(Fetch(1, 10**6))), Fault.NO_ENTRY),
        BadFrame("the body of an act without one", plain(codec.encode(Fetch(1, 0))), Fault.NOTHING_DETACHED),
        BadFrame("too many bad frames", plain(empty), Fault.BAD_FRAMES, POLICY, (empty, empty, empty)),
    ]
    return [row._replace(name=f"{row.name}, {codec.subprotocol}", codec=codec) for row in rows]


BAD_TURNS: Final = [row for codec in CODECS.values() for row in bad_turns(codec)]
