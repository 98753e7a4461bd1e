"""What becomes of a connection whose client broke a rule, as one table. docs/reference/websocket.md shows the same."""

from typing import Final, NamedTuple

from tacit.errors import Rule
from tacit.session import Fault

GOING_AWAY: Final = 1001
NOT_TEXT: Final = 1003
NOT_UTF8: Final = 1007
POLICY: Final = 1008
TOO_BIG: Final = 1009
TRY_LATER: Final = 1013


class Fate(NamedTuple):
    """Whether the connection ends at once, and the WebSocket close code (RFC 6455, section 7.4.1) when it ends."""

    ends: bool
    code: int


FATES: Final[dict[str, Fate]] = {
    Rule.NOT_UTF8: Fate(ends=True, code=NOT_UTF8),
    Rule.TOO_LARGE: Fate(ends=True, code=TOO_BIG),
    Rule.NOT_JSON: Fate(ends=False, code=POLICY),
    Rule.NOT_MSGPACK: Fate(ends=False, code=POLICY),
    Rule.TOO_DEEP: Fate(ends=False, code=POLICY),
    Rule.DUPLICATE_KEY: Fate(ends=False, code=POLICY),
    Rule.UNKNOWN_FIELD: Fate(ends=False, code=POLICY),
    Rule.MISSING_FIELD: Fate(ends=False, code=POLICY),
    Rule.WRONG_VALUE: Fate(ends=False, code=POLICY),
    Rule.NOT_CANONICAL: Fate(ends=False, code=POLICY),
    Fault.UNKNOWN_FRAME: Fate(ends=False, code=POLICY),
    Fault.NOT_TEXT: Fate(ends=True, code=NOT_TEXT),
    Fault.NOT_BINARY: Fate(ends=True, code=NOT_TEXT),
    Fault.OUT_OF_TURN: Fate(ends=True, code=POLICY),
    Fault.SIGN_IN_LATE: Fate(ends=True, code=POLICY),
    Fault.SIGN_IN_REFUSED: Fate(ends=True, code=POLICY),
    Fault.CONNECTIONS: Fate(ends=True, code=TRY_LATER),
    Fault.BAD_FRAMES: Fate(ends=True, code=POLICY),
    Fault.REF_IN_USE: Fate(ends=True, code=POLICY),
    Fault.CREDIT: Fate(ends=True, code=POLICY),
    Fault.AHEAD: Fate(ends=True, code=TRY_LATER),
    Fault.NO_ENTRY: Fate(ends=False, code=POLICY),
    Fault.NOTHING_DETACHED: Fate(ends=False, code=POLICY),
}
"""Every rule that an `error` frame can name. Those that do not end it count towards `bad_frames_max`."""
