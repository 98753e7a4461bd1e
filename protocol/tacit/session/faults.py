"""What can be wrong with a session, by name. Names are wire constants. Of acts: `tacit.errors.Rule`."""

from enum import StrEnum

from tacit.errors import TacitError


class Fault(StrEnum):
    """Every way in which one side of a session can break its rules (docs/reference/websocket.md, table of fates)."""

    # Said by a gateway in an `error` frame.
    OUT_OF_TURN = "session.out_of_turn"
    UNKNOWN_FRAME = "session.unknown_frame"
    NOT_TEXT = "session.not_text"
    NOT_BINARY = "session.not_binary"
    SIGN_IN_LATE = "session.sign_in_late"
    SIGN_IN_REFUSED = "session.sign_in_refused"
    CONNECTIONS = "session.too_many_connections"
    BAD_FRAMES = "session.too_many_bad_frames"
    REF_IN_USE = "session.ref_in_use"
    CREDIT = "session.credit"
    AHEAD = "session.ahead_of_record"
    NO_ENTRY = "session.no_such_entry"
    NOTHING_DETACHED = "session.nothing_detached"
    # Found by a client in what a gateway sends: it ends the connection and tells its user.
    GAP = "session.entry_gap"
    DUPLICATE = "session.entry_duplicate"
    BEYOND_CREDIT = "session.beyond_credit"
    UNKNOWN_REF = "session.unknown_ref"
    OTHER_ORGANISATION = "session.other_organisation"
    UNVERIFIED = "session.unverified"
    CONTRADICTION = "session.receipt_contradicted"
    CHECKPOINT_BEHIND = "session.checkpoint_behind"
    OTHER_RECORD = "session.other_record"


class SessionError(TacitError):
    """The other side broke a rule: `rule` is a `Fault`, or the `Rule` of the profile that a frame broke."""

    def __init__(self, rule: str, detail: str = "") -> None:
        super().__init__(f"{rule}: {detail}" if detail else rule)
        self.rule = rule
        self.detail = detail
