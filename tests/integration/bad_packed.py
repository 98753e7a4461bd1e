"""Rows of bad input in MessagePack: a frame has one encoding there, too, and everything else is refused by its name."""

from collections.abc import Callable
from typing import Final

import msgspec

from tacit.errors import Rule
from tacit.limits import FRAME_BYTES_MAX
from tacit.session import JSON, MSGPACK, Credit, Fault, Submit
from tacit_services.gateway.fates import NOT_TEXT, NOT_UTF8, TOO_BIG
from tests.integration.bad_frames import BadFrame, plain
from tests.integration.town import Town

CREDIT: Final = MSGPACK.encode(Credit(5))
ENTRIES: Final = b"\xa7entries"
IN_JSON: Final = JSON.encode(Credit(5))
TOO_MUCH: Final = b"\xc6" + FRAME_BYTES_MAX.to_bytes(4) + bytes(FRAME_BYTES_MAX)
FIVE: Final = ENTRIES + b"\x05"


def submit(town: Town) -> bytes:
    """A good submission in its frame."""
    return MSGPACK.encode(Submit(7, town.good(town.story.author())))


def edited(old: bytes, new: bytes) -> Callable[[Town], bytes]:
    """A good submission with some bytes replaced."""

    def make(town: Town) -> bytes:
        good = submit(town)
        assert old in good
        return good.replace(old, new, 1)

    return make


def credit(entries: bytes) -> Callable[[Town], bytes]:
    """Credit for what is written so."""
    assert CREDIT.endswith(FIVE)
    return plain(CREDIT.removesuffix(FIVE) + ENTRIES + entries)


def of(value: object) -> Callable[[Town], bytes]:
    """Any value."""
    return plain(msgspec.msgpack.encode(value))


def payload_as_text(town: Town) -> bytes:
    """Base64, as it would be in JSON."""
    plain_frame = msgspec.to_builtins(Submit(7, town.good(town.story.author())))
    return msgspec.msgpack.encode(plain_frame)


ROWS: Final = [
    BadFrame("nothing", plain(b""), Rule.NOT_MSGPACK),
    BadFrame("JSON", plain(IN_JSON), Rule.NOT_MSGPACK),
    BadFrame("half a map", plain(CREDIT[:-3]), Rule.NOT_MSGPACK),
    BadFrame("two maps", plain(CREDIT + CREDIT), Rule.NOT_MSGPACK),
    BadFrame("an octet too many", plain(CREDIT + b"\xc0"), Rule.NOT_MSGPACK),
    BadFrame("the kind that is none", credit(b"\xc1"), Rule.NOT_MSGPACK),
    BadFrame("an extension", credit(b"\xd4\x05\x05"), Rule.NOT_MSGPACK),
    BadFrame("a time stamp", credit(b"\xd6\xff\x00\x00\x00\x05"), Rule.NOT_MSGPACK),
    BadFrame("an extension of no length", credit(b"\xc7\x00\x05"), Rule.NOT_MSGPACK),
    BadFrame("a number as a key", plain(b"\x82\xa5frame\xa6credit\x01\x05"), Rule.NOT_MSGPACK),
    BadFrame("octets as a key", plain(b"\x82\xc4\x05frame\xa6credit" + FIVE), Rule.NOT_MSGPACK),
    BadFrame("a map that promises millions", plain(b"\xdf\xff\xff\xff\xff" + CREDIT[1:]), Rule.NOT_MSGPACK),
    BadFrame("a list that promises millions", credit(b"\xdd\xff\xff\xff\xff"), Rule.NOT_MSGPACK),
    BadFrame("a text that promises millions", credit(b"\xdb\xff\xff\xff\xff"), Rule.NOT_MSGPACK),
    BadFrame("no UTF-8", credit(b"\xa2\xff\xfe"), Rule.NOT_UTF8, NOT_UTF8),
    BadFrame("a surrogate", credit(b"\xa3\xed\xa0\x80"), Rule.NOT_UTF8, NOT_UTF8),
    BadFrame("a hundred levels", credit(b"\x91" * 100 + b"\x05"), Rule.TOO_DEEP),
    BadFrame("a hundred thousand levels", plain(b"\x91" * 100_000 + b"\x05"), Rule.TOO_DEEP),
    BadFrame(
        "a little too long",
        credit(b"\xc6" + FRAME_BYTES_MAX.to_bytes(4) + bytes(FRAME_BYTES_MAX)),
        Rule.TOO_LARGE,
        TOO_BIG,
    ),
    BadFrame("far too long to be read", plain(bytes(3 * FRAME_BYTES_MAX)), None, TOO_BIG),
    BadFrame("a text message", plain(IN_JSON), Fault.NOT_BINARY, NOT_TEXT, of_other_kind=True),
    BadFrame("a list", of(["credit", 5]), Rule.WRONG_VALUE),
    BadFrame("nil", of(None), Rule.WRONG_VALUE),
    BadFrame("a map without a frame", of({"entries": 5}), Fault.UNKNOWN_FRAME),
    BadFrame("an unknown frame", of({"frame": "vote", "entries": 5}), Fault.UNKNOWN_FRAME),
    BadFrame("a key twice", plain(b"\x83" + CREDIT[1:] + FIVE), Rule.DUPLICATE_KEY),
    BadFrame("a surplus field", of({"frame": "credit", "entries": 5, "urgent": True}), Rule.UNKNOWN_FIELD),
    BadFrame("a missing field", of({"frame": "credit"}), Rule.MISSING_FIELD),
    BadFrame("fields in another order", of({"entries": 5, "frame": "credit"}), Rule.NOT_CANONICAL),
    BadFrame("a number in two octets", credit(b"\xcc\x05"), Rule.NOT_CANONICAL),
    BadFrame("a number in nine octets", credit(b"\xcf" + (5).to_bytes(8)), Rule.NOT_CANONICAL),
    BadFrame("a number with a sign", credit(b"\xd0\x05"), Rule.NOT_CANONICAL),
    BadFrame("a long way to write a text", plain(CREDIT.replace(b"\xa6credit", b"\xd9\x06credit")), Rule.NOT_CANONICAL),
    BadFrame("a long way to write a map", plain(b"\xde\x00\x02" + CREDIT[1:]), Rule.NOT_CANONICAL),
    BadFrame("a long way to write octets", edited(b"\xa4salt\xc4\x20", b"\xa4salt\xc5\x00\x20"), Rule.NOT_CANONICAL),
    BadFrame("a number with a fraction", credit(b"\xcb\x40\x14" + bytes(6)), Rule.WRONG_VALUE),
    BadFrame("a number as a text", credit(b"\xa15"), Rule.WRONG_VALUE),
    BadFrame("a number below the least", credit(b"\x00"), Rule.WRONG_VALUE),
    BadFrame("a number below nothing", credit(b"\xff"), Rule.WRONG_VALUE),
    BadFrame("a number too large for others", credit(b"\xcf" + (2**53).to_bytes(8)), Rule.WRONG_VALUE),
    BadFrame("a flag for a number", credit(b"\xc3"), Rule.WRONG_VALUE),
    BadFrame("octets in base64", payload_as_text, Rule.WRONG_VALUE),
    BadFrame("a text as octets", plain(CREDIT.replace(b"\xa6credit", b"\xc4\x06credit")), Fault.UNKNOWN_FRAME),
]

BAD_PACKED: Final = [row._replace(name=f"{row.name}, packed", codec=MSGPACK) for row in ROWS]
