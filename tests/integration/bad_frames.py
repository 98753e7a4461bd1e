"""Rows of bad input that the gateway answers itself: each is one message, the rule it breaks, and its fate."""

from collections.abc import Callable
from typing import Final, NamedTuple

from tacit.errors import Rule
from tacit.limits import FRAME_BYTES_MAX
from tacit.query import Question
from tacit.session import JSON, Codec, Credit, Fault, QueryFrame, Submit
from tacit_services.gateway.fates import NOT_TEXT, NOT_UTF8, TOO_BIG
from tests.integration.town import Town

KEPT: Final = None
"""The connection goes on."""


class BadFrame(NamedTuple):
    """A message for a client that has signed in. `code`: how the connection is closed, `KEPT` if it is not."""

    name: str
    make: Callable[[Town], bytes]
    rule: str | None
    code: int | None = KEPT
    before: tuple[bytes, ...] = ()
    codec: Codec = JSON
    of_other_kind: bool = False
    """A text message where frames are binary, or the other way round."""


def submit(town: Town) -> bytes:
    """A good submission in its frame."""
    return JSON.encode(Submit(7, town.good(town.story.author())))


def edited(old: bytes, new: bytes, count: int = 1) -> Callable[[Town], bytes]:
    """A good submission with some bytes replaced."""

    def make(town: Town) -> bytes:
        good = submit(town)
        assert old in good
        return good.replace(old, new, count)

    return make


def plain(raw: bytes) -> Callable[[Town], bytes]:
    """These bytes."""
    return lambda _: raw


def payload_base64(change: Callable[[bytes], bytes]) -> Callable[[Town], bytes]:
    """A good submission whose payload is written in another base64."""

    def make(town: Town) -> bytes:
        good = submit(town)
        start = good.index(b'"payload":"') + len(b'"payload":"')
        end = good.index(b'"', start)
        return good[:start] + change(good[start:end]) + good[end:]

    return make


def unused_bits(text: bytes) -> bytes:
    """The same octets by another last letter, where padding leaves bits unused."""
    padded = text.rstrip(b"=")
    if padded == text:
        return text[:-4] + b"!!!!"
    letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = letters.index(padded[-1:])
    return padded[:-1] + letters[last | 1 : (last | 1) + 1] + text[len(padded) :]


def signature(length: int) -> Callable[[Town], bytes]:
    """A submission whose first signature has another length."""

    def make(town: Town) -> bytes:
        good = submit(town)
        start = good.index(b'"sig":"') + len(b'"sig":"')
        end = good.index(b'"', start)
        return good[:start] + b"A" * (length * 4 // 3) + good[end:]

    return make


def signatures(count: int) -> Callable[[Town], bytes]:
    """A submission with so many copies of its first signature."""

    def make(town: Town) -> bytes:
        good = submit(town)
        start = good.index(b'"signatures":[') + len(b'"signatures":[')
        end = good.index(b"]", start)
        first = good[start : good.index(b"}", start) + 1]
        return good[:start] + b",".join([first] * count) + good[end:]

    return make


def question(new: bytes, old: bytes = b'"view":"audit"') -> Callable[[Town], bytes]:
    """A good question with some bytes replaced."""
    good = JSON.encode(QueryFrame(7, Question("audit")))
    assert old in good
    return plain(good.replace(old, new))


AS_OF: Final = b'"as_of":null'
COLUMN: Final = b'{"column":"x","value":"1"}'
CREDIT: Final = JSON.encode(Credit(5))

BAD_FRAMES: Final = [
    # What the bytes are.
    BadFrame("nothing at all", plain(b""), Rule.NOT_JSON),
    BadFrame("half an object", plain(b'{"frame":"credit",'), Rule.NOT_JSON),
    BadFrame("words", plain(b"good morning"), Rule.NOT_JSON),
    BadFrame("a byte order mark", plain(b"\xef\xbb\xbf" + CREDIT), Rule.NOT_JSON),
    BadFrame("a comment", plain(b'{"frame":"credit",/* five */"entries":5}'), Rule.NOT_JSON),
    BadFrame("a comma at the end", plain(b'{"frame":"credit","entries":5,}'), Rule.NOT_JSON),
    BadFrame("not a number", plain(b'{"frame":"credit","entries":NaN}'), Rule.NOT_JSON),
    BadFrame("infinity", plain(b'{"frame":"credit","entries":-Infinity}'), Rule.NOT_JSON),
    BadFrame("half a surrogate", plain(b'{"frame":"credit","entries":"\\ud800"}'), Rule.NOT_JSON),
    BadFrame("a raw control character", plain(b'{"frame":"cre\x01dit","entries":5}'), Rule.NOT_JSON),
    BadFrame("two objects", plain(CREDIT + CREDIT), Rule.NOT_JSON),
    BadFrame("a hundred levels", plain(b"[" * 100 + b"]" * 100), Rule.TOO_DEEP),
    BadFrame("a hundred thousand levels", plain(b'{"a":' * 80_000 + b"1" + b"}" * 80_000), Rule.TOO_DEEP),
    BadFrame("no UTF-8", plain(b'{"frame":"credit","entries":"\xff\xfe"}'), Rule.NOT_UTF8, NOT_UTF8),
    BadFrame("an overlong slash", plain(b'{"frame":"credit","entries":"\xc0\xaf"}'), Rule.NOT_UTF8, NOT_UTF8),
    BadFrame("a little too long", plain(b'"' + b"x" * FRAME_BYTES_MAX + b'"'), Rule.TOO_LARGE, TOO_BIG),
    BadFrame("far too long to be read", plain(b"x" * (3 * FRAME_BYTES_MAX)), None, TOO_BIG),
    BadFrame("a binary message", plain(CREDIT), Fault.NOT_TEXT, NOT_TEXT, of_other_kind=True),
    # What the fields are.
    BadFrame("a list", plain(b'["credit",5]'), Rule.WRONG_VALUE),
    BadFrame("null", plain(b"null"), Rule.WRONG_VALUE),
    BadFrame("an object without a frame", plain(b'{"entries":5}'), Fault.UNKNOWN_FRAME),
    BadFrame("an unknown frame", plain(b'{"frame":"vote","entries":5}'), Fault.UNKNOWN_FRAME),
    BadFrame("a field twice", plain(b'{"frame":"credit","entries":5,"entries":6}'), Rule.DUPLICATE_KEY),
    BadFrame("a surplus field", plain(b'{"frame":"credit","entries":5,"urgent":true}'), Rule.UNKNOWN_FIELD),
    BadFrame("a missing field", plain(b'{"frame":"credit"}'), Rule.MISSING_FIELD),
    BadFrame("fields in another order", plain(b'{"entries":5,"frame":"credit"}'), Rule.NOT_CANONICAL),
    BadFrame("white space", plain(b'{"frame":"credit", "entries":5}'), Rule.NOT_CANONICAL),
    BadFrame("a line feed at the end", plain(CREDIT + b"\n"), Rule.NOT_CANONICAL),
    BadFrame("a needless escape", plain(b'{"frame":"\\u0063redit","entries":5}'), Rule.NOT_CANONICAL),
    BadFrame("a number with a fraction", plain(b'{"frame":"credit","entries":5.0}'), Rule.WRONG_VALUE),
    BadFrame("a number with an exponent", plain(b'{"frame":"credit","entries":5e0}'), Rule.WRONG_VALUE),
    BadFrame("a number as a word", plain(b'{"frame":"credit","entries":"5"}'), Rule.WRONG_VALUE),
    BadFrame("a number below the least", plain(b'{"frame":"credit","entries":0}'), Rule.WRONG_VALUE),
    BadFrame("a number too large for others", edited(b'"ref":7', b'"ref":9007199254740992'), Rule.WRONG_VALUE),
    BadFrame("base64 without padding", payload_base64(lambda text: text[:-4] + b"A"), Rule.WRONG_VALUE),
    BadFrame("base64 with a line feed", payload_base64(lambda text: text[:8] + b"\\n" + text[8:]), Rule.WRONG_VALUE),
    BadFrame("base64 of URLs", payload_base64(lambda text: b"-_-_" + text[4:]), Rule.WRONG_VALUE),
    BadFrame("a question to no view", question(b'"view":"Positions"'), Rule.WRONG_VALUE),
    BadFrame("a question to a subject", question(b'"view":"positions.>"'), Rule.WRONG_VALUE),
    BadFrame("a question in another's name", question(b'"view":"audit","reader":"ORG"'), Rule.UNKNOWN_FIELD),
    BadFrame("a question for too many rows", question(b'"limit":1001', b'"limit":1000'), Rule.WRONG_VALUE),
    BadFrame("a question as of a local time", question(b'"as_of":"2026-11-23T09:00:00"', AS_OF), Rule.WRONG_VALUE),
    BadFrame(
        "a question as of another zone", question(b'"as_of":"2026-11-23T09:00:00+01:00"', AS_OF), Rule.NOT_CANONICAL
    ),
    BadFrame(
        "a question about nine columns",
        question(b'"where":[' + b",".join([COLUMN] * 9) + b"]", b'"where":[]'),
        Rule.WRONG_VALUE,
    ),
    BadFrame(
        "a question about a long word",
        question(b'"where":[' + COLUMN.replace(b"x", b"x" * 201) + b"]", b'"where":[]'),
        Rule.WRONG_VALUE,
    ),
    BadFrame("no signature", signatures(0), Rule.WRONG_VALUE),
    BadFrame("nine signatures", signatures(9), Rule.WRONG_VALUE),
    BadFrame("a signature that is too short", signature(63), Rule.WRONG_VALUE),
    BadFrame("a key id of another form", edited(b'"keyid":"', b'"keyid":"XYZ'), Rule.WRONG_VALUE),
]
