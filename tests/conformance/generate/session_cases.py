"""Cases of docs/reference/spec/session.md: frames in MessagePack."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final, Literal

import msgspec

from tacit import envelope
from tacit.errors import Rule
from tacit.query import Condition, Question, Table
from tacit.record import encode_entry
from tacit.session import MSGPACK, Credit, EntryFrame, QueryFrame, RowsFrame, Withheld
from tacit.testing import START, World
from tests.conformance.generate.case import Named, case
from tests.conformance.octets import Octets
from tests.conformance.vector import PackedFrameCase

WORLD: Final = World()
CREDIT: Final = MSGPACK.encode(Credit(5))
QUESTION: Final = Question("positions", as_of=START + timedelta(microseconds=5), where=(Condition("state", "XAA"),))
FIVE: Final = b"\xa7entries\x05"
HEAD: Final = CREDIT.removesuffix(FIVE) + b"\xa7entries"


def packed(
    clause: int,
    slug: str,
    comment: str,
    raw: bytes,
    expect: Rule | None = None,
    said_by: Literal["client", "gateway"] = "client",
) -> Named:
    given = PackedFrameCase(said_by, Octets(base64=raw))
    return case(f"session {clause}", slug, comment, given, expect or "accepted")


def vectors() -> Iterator[Named]:
    yield from _one_encoding()
    yield from _kinds()
    yield from _shortest()
    yield from _depth_and_keys()
    yield from _fields()


def _one_encoding() -> Iterator[Named]:
    yield packed(2, "credit", "A map of two: the type, a number.", CREDIT)
    other = msgspec.msgpack.encode({"entries": 5, "frame": "credit"})
    yield packed(2, "other-order", "The same, the type last.", other, Rule.NOT_CANONICAL)


def _kinds() -> Iterator[Named]:
    entry = WORLD.entries[0]
    raw = encode_entry(entry.leaf, envelope.encode(entry.envelope))
    yield packed(3, "entry", "An entry, verbatim, as octets.", MSGPACK.encode(EntryFrame(0, raw)), said_by="gateway")
    withheld = MSGPACK.encode(Withheld(0, entry.leaf, void=False, digest=None))
    yield packed(3, "instant", "A leaf: its instant is text.", withheld, said_by="gateway")
    yield packed(3, "nil", "No leaf.", MSGPACK.encode(Withheld(0, None, void=True, digest="0" * 64)), said_by="gateway")
    values = (("XAA", 3, True, None, ("XBB", "XCC"), -7),)
    table = Table("silences", 1, 9, 0, 0, ("state", "number", "flag", "nothing", "list", "below"), values, None)
    yield packed(3, "rows", "A value of every kind.", MSGPACK.encode(RowsFrame(1, table)), said_by="gateway")
    yield packed(3, "empty", "No octets.", b"", Rule.NOT_MSGPACK)
    yield packed(3, "json", "JSON.", b'{"frame":"credit","entries":5}', Rule.NOT_MSGPACK)
    yield packed(3, "truncated", "The last octet is missing.", CREDIT[:-1], Rule.NOT_MSGPACK)
    yield packed(3, "two-values", "A second value.", CREDIT + b"\xc0", Rule.NOT_MSGPACK)
    yield packed(3, "extension", "An extension type.", HEAD + b"\xd4\x05\x05", Rule.NOT_MSGPACK)
    yield packed(3, "time-stamp", "The time stamp.", HEAD + b"\xd6\xff" + bytes(4), Rule.NOT_MSGPACK)
    yield packed(3, "key", "A key that is a number.", b"\x82\xa5frame\xa6credit\x01\x05", Rule.NOT_MSGPACK)
    yield packed(3, "never-used", "The octet that stands for nothing.", HEAD + b"\xc1", Rule.NOT_MSGPACK)
    yield packed(3, "not-utf8", "A text that is not UTF-8.", HEAD + b"\xa1\xff", Rule.NOT_UTF8)
    yield packed(3, "float", "Five, as a float.", HEAD + b"\xca\x40\xa0\x00\x00", Rule.WRONG_VALUE)
    base64 = msgspec.msgpack.encode(msgspec.to_builtins(EntryFrame(0, raw)))
    yield packed(3, "base64", "Octets in base64.", base64, Rule.WRONG_VALUE, "gateway")


def _shortest() -> Iterator[Named]:
    for number, octets in (
        (127, b"\x7f"),
        (128, b"\xcc\x80"),
        (256, b"\xcd\x01\x00"),
        (65_536, b"\xce\x00\x01\x00\x00"),
    ):
        yield packed(4, f"number-{number}", "The fewest octets.", HEAD + octets)
    for slug, octets in (("unsigned", b"\xcc\x05"), ("eight", b"\xcf" + (5).to_bytes(8)), ("signed", b"\xd0\x05")):
        yield packed(4, f"long-{slug}", "Five in more octets than one.", HEAD + octets, Rule.NOT_CANONICAL)
    text = CREDIT.replace(b"\xa6credit", b"\xd9\x06credit")
    yield packed(4, "long-text", "A text with its length in an octet of its own.", text, Rule.NOT_CANONICAL)
    yield packed(
        4, "long-map", "A map with its length in two octets.", b"\xde\x00\x02" + CREDIT[1:], Rule.NOT_CANONICAL
    )


def _depth_and_keys() -> Iterator[Named]:
    yield packed(5, "question", "Four levels.", MSGPACK.encode(QueryFrame(1, QUESTION)))
    yield packed(5, "too-deep", "Seventeen levels.", HEAD + b"\x91" * 16 + b"\x05", Rule.TOO_DEEP)
    yield packed(5, "key-twice", "Equal values.", b"\x83" + CREDIT[1:] + FIVE, Rule.DUPLICATE_KEY)


def _fields() -> Iterator[Named]:
    yield packed(6, "largest", "The most credit.", HEAD + b"\xce\x00\x01\x00\x00")
    yield packed(6, "beyond", "One more.", HEAD + b"\xce\x00\x01\x00\x01", Rule.WRONG_VALUE)
    surplus = msgspec.msgpack.encode({"frame": "credit", "entries": 5, "x": 1})
    yield packed(6, "unknown-field", "A field more.", surplus, Rule.UNKNOWN_FIELD)
    absent = msgspec.msgpack.encode({"frame": "credit"})
    yield packed(6, "missing-field", "A field less.", absent, Rule.MISSING_FIELD)
    yield packed(6, "type", "No such frame.", msgspec.msgpack.encode({"frame": "vote"}), Rule.UNKNOWN_ACT)
    question = MSGPACK.encode(QueryFrame(1, QUESTION))
    at = b"\xbb2026-11-23T09:00:00.000005Z"
    assert at in question, question
    other = b"\xd9\x202026-11-23T10:00:00.000005+01:00"
    yield packed(6, "offset", "An instant with an offset.", question.replace(at, other), Rule.NOT_CANONICAL)
    stamped = question.replace(at, b"\xb42026-11-23T09:00:00")
    yield packed(6, "zone", "An instant without a zone.", stamped.replace(b"\xb42026", b"\xb32026"), Rule.WRONG_VALUE)
