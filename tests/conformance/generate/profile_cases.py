"""Cases of docs/reference/spec/profile.md. Most read a leaf, the smallest thing that has every kind of value."""

from collections.abc import Iterator
from typing import Final

from tacit import acts
from tacit.acts import MessagePosted
from tacit.envelope import ACT_TYPE
from tacit.errors import Rule
from tacit.record.leaf import LEAF_BYTES_MAX
from tests.conformance.generate.case import Named, case
from tests.conformance.generate.say import Stand
from tests.conformance.octets import show
from tests.conformance.vector import ActCase, EnvelopeCase, LeafCase

ORGANISATION: Final = "1" * 64
ACT: Final = "2" * 64
SEALED: Final = "3" * 64
LEAF: Final = (
    f'{{"v":1,"organisation":"{ORGANISATION}","index":7,"term":1,"received_at":"2026-11-23T09:00:00Z",'
    f'"act":"{ACT}","envelope":"{SEALED}"}}'
)


def leaf(clause: int, slug: str, comment: str, old: str, new: str, rule: Rule | None = None) -> Named:
    """A case of the leaf with one thing changed."""
    assert old in LEAF
    raw = show(LEAF.replace(old, new, 1).encode())
    return case(f"profile {clause}", slug, comment, LeafCase(raw), rule or "accepted")


def octets(clause: int, slug: str, comment: str, raw: bytes, rule: Rule | None = None) -> Named:
    return case(f"profile {clause}", slug, comment, LeafCase(show(raw)), rule or "accepted")


def message(clause: int, slug: str, comment: str, subject: str, rule: Rule | None = None) -> Named:
    """A case of an act whose subject stands in the payload as given, already escaped."""
    composed = Stand("founded").compose("XAA", MessagePosted(subject="@", in_reply_to=None), text=b"text")
    payload = acts.encode(composed.act).replace(b'"subject":"@"', b'"subject":"' + subject.encode() + b'"')
    return case(f"profile {clause}", slug, comment, ActCase(show(payload)), rule or "accepted")


def vectors() -> Iterator[Named]:
    yield from _octets()
    yield from _json()
    yield from _members()
    yield from _strings()
    yield from _numbers()
    yield from _binary()
    yield from _instants()
    yield from _words()
    yield from _tags()


def _octets() -> Iterator[Named]:
    raw = LEAF.encode()
    yield octets(1, "one-encoding", "A leaf in its one encoding.", raw)
    yield leaf(
        1,
        "escaped-key",
        "A key written with an escape: the same value, other bytes.",
        '"v"',
        '"\\u0076"',
        Rule.NOT_CANONICAL,
    )
    long = raw[:-1] + b" " * (LEAF_BYTES_MAX - len(raw)) + b"}"
    yield octets(
        2,
        "not-yet-too-large",
        "Of the largest size: refused for its white space, not its size.",
        long,
        Rule.NOT_CANONICAL,
    )
    yield octets(2, "within-size", "Well within the size.", raw)
    yield octets(2, "too-large", "One octet too many, whatever they are.", b" " + long, Rule.TOO_LARGE)
    yield message(3, "utf8", "Characters of one to four octets.", "a\u00e9\u20ac\U0001f54a")
    yield octets(3, "latin-1", "An octet that is no UTF-8.", raw.replace(b"1111", b"111\xe9", 1), Rule.NOT_UTF8)
    yield octets(
        3,
        "surrogate",
        "A surrogate encoded as if it were a character.",
        raw.replace(b"1111", b"1\xed\xa0\x80", 1),
        Rule.NOT_UTF8,
    )
    yield octets(3, "overlong", "A slash in two octets.", raw.replace(b"1111", b"11\xc0\xaf", 1), Rule.NOT_UTF8)


def _json() -> Iterator[Named]:
    raw = LEAF.encode()
    yield octets(4, "json", "JSON.", raw)
    yield octets(4, "byte-order-mark", "A byte order mark before it.", b"\xef\xbb\xbf" + raw, Rule.NOT_JSON)
    yield octets(4, "truncated", "The last brace is missing.", raw[:-1], Rule.NOT_JSON)
    yield octets(4, "empty", "No octets at all.", b"", Rule.NOT_JSON)
    yield octets(4, "two-values", "A second value after the first.", raw + b"{}", Rule.NOT_JSON)
    yield leaf(4, "nan", "NaN is no JSON.", '"index":7', '"index":NaN', Rule.NOT_JSON)
    yield leaf(4, "single-quotes", "Single quotes.", '"v"', "'v'", Rule.NOT_JSON)
    yield octets(4, "trailing-comma", "A comma before the last brace.", raw[:-1] + b",}", Rule.NOT_JSON)
    yield octets(4, "comment", "A comment.", raw[:-1] + b"/**/}", Rule.NOT_JSON)
    yield leaf(4, "lone-surrogate", "An escape that is half a character.", ACT, "\\ud800" + ACT[6:], Rule.NOT_JSON)
    yield leaf(
        5,
        "not-too-deep",
        "Sixteen levels: refused for its value, not its depth.",
        '"index":7',
        '"index":' + "[" * 15 + "]" * 15,
        Rule.WRONG_VALUE,
    )
    yield octets(5, "flat", "One level.", raw)
    yield leaf(5, "too-deep", "Seventeen levels.", '"index":7', '"index":' + "[" * 16 + "]" * 16, Rule.TOO_DEEP)
    yield leaf(5, "brackets-in-a-string", "Brackets within a string are not levels.", ACT, "[" * 64, Rule.WRONG_VALUE)


def _members() -> Iterator[Named]:
    yield leaf(6, "no-duplicates", "Every key once.", "", "")
    yield leaf(6, "duplicate", "The same key twice, with the same value.", '"v":1', '"v":1,"v":1', Rule.DUPLICATE_KEY)
    yield leaf(
        6,
        "duplicate-other-value",
        "The same key twice: parsers differ on which counts.",
        '"index":7',
        '"index":7,"index":8',
        Rule.DUPLICATE_KEY,
    )
    yield leaf(
        6, "duplicate-by-escape", "The same key twice, once escaped.", '"v":1', '"v":1,"\\u0076":1', Rule.DUPLICATE_KEY
    )
    yield leaf(7, "known-fields", "The fields of a leaf and no other.", "", "")
    yield leaf(7, "unknown-field", "A field that a leaf does not have.", '"v":1', '"v":1,"x":1', Rule.UNKNOWN_FIELD)
    yield leaf(
        7, "other-case", "The name of a field in capitals is another name.", '"term"', '"Term"', Rule.UNKNOWN_FIELD
    )
    yield message(8, "null", "What is absent is null: this act has no label, no releaser, no reply.", "subject")
    yield leaf(8, "missing-field", "A field is not there.", '"term":1,', "", Rule.MISSING_FIELD)
    yield leaf(8, "null-for-a-value", "Null where a value is wanted.", '"term":1', '"term":null', Rule.WRONG_VALUE)
    yield leaf(9, "in-order", "Fields in the order of the format.", "", "")
    yield leaf(
        9,
        "out-of-order",
        "Two fields have changed places.",
        '"index":7,"term":1',
        '"term":1,"index":7',
        Rule.NOT_CANONICAL,
    )
    yield leaf(10, "no-white-space", "Nothing between tokens.", "", "")
    yield leaf(10, "space", "A space after a colon.", '"index":7', '"index": 7', Rule.NOT_CANONICAL)
    yield octets(10, "line-feed", "A line feed at the end.", LEAF.encode() + b"\n", Rule.NOT_CANONICAL)


def _strings() -> Iterator[Named]:
    short = '\\b\\t\\n\\f\\r\\"\\\\'
    yield message(11, "short-escapes", "The seven short escapes.", short)
    yield message(11, "other-controls", "Other controls: \\u00 and two lower-case digits.", "\\u0000\\u000b\\u001f")
    yield message(
        11,
        "raw",
        "Everything else is raw: delete, separators, a slash, a byte order mark, the last character.",
        "/\x7f\x80\u2028\u2029\ufeff\uffff\U0010ffff",
    )
    yield message(11, "not-normalised", "The same letter composed and decomposed are two texts.", "\u00e9e\u0301")
    for slug, comment, subject in (
        ("slash", "An escaped slash.", "\\/"),
        ("letter", "An escaped letter.", "\\u0061"),
        ("upper-case", "Upper-case digits in an escape.", "\\u001F"),
        ("long-line-feed", "A long escape where there is a short one.", "\\u000a"),
        ("non-ascii", "An escaped character beyond ASCII.", "\\u00e9"),
        ("surrogate-pair", "A character beyond the first plane as a pair of escapes.", "\\ud83d\\udd4a"),
    ):
        yield message(11, f"escaped-{slug}", comment, subject, Rule.NOT_CANONICAL)
    yield message(11, "raw-control", "A control that is not escaped.", "\x01", Rule.NOT_JSON)


def _numbers() -> Iterator[Named]:
    yield leaf(12, "largest", "The largest whole number.", '"index":7', '"index":9007199254740991')
    yield leaf(12, "zero", "Zero.", '"index":7', '"index":0')
    for slug, comment, number, rule in (
        ("too-large", "One more than the largest.", "9007199254740992", Rule.WRONG_VALUE),
        ("negative", "A number below its range.", "-1", Rule.WRONG_VALUE),
        ("minus-zero", "Minus zero.", "-0", Rule.NOT_CANONICAL),
        ("fraction", "A fraction of nothing.", "7.0", Rule.WRONG_VALUE),
        ("exponent", "An exponent.", "7e0", Rule.WRONG_VALUE),
        ("leading-zero", "A leading zero.", "07", Rule.NOT_JSON),
        ("string", "A number in quotes.", '"7"', Rule.WRONG_VALUE),
        ("boolean", "A boolean is no number.", "true", Rule.WRONG_VALUE),
        ("beyond-double", "A number that no double holds.", "1e999", Rule.WRONG_VALUE),
    ):
        yield leaf(12, slug, comment, '"index":7', f'"index":{number}', rule)


def _binary() -> Iterator[Named]:
    def sig(slug: str, comment: str, encoded: str, rule: Rule | None = None) -> Named:
        signature = f'{{"keyid":"{"0" * 16}","sig":"{"A" * 86}=="}}'
        raw = f'{{"payload":"{encoded}","payloadType":"{ACT_TYPE}","signatures":[{signature}]}}'
        return case("profile 13", slug, comment, EnvelopeCase(show(raw.encode())), rule or "accepted")

    yield sig("base64", "The standard alphabet, with padding.", "+/8=")
    yield sig("url-alphabet", "The URL alphabet.", "-_8=", Rule.WRONG_VALUE)
    yield sig("no-padding", "The padding is missing.", "+/8", Rule.WRONG_VALUE)
    yield sig("spare-bits", "Bits beyond the last octet that are not zero.", "+/9=", Rule.NOT_CANONICAL)
    yield sig("line-feed", "A line feed within.", "+/\\n8=", Rule.WRONG_VALUE)


def _instants() -> Iterator[Named]:
    for slug, comment, instant in (
        ("seconds", "Whole seconds.", "2026-11-23T09:00:00Z"),
        ("microseconds", "A fraction has six digits.", "2026-11-23T09:00:00.100000Z"),
        ("leap-day", "A leap day.", "2028-02-29T23:59:59.999999Z"),
    ):
        yield leaf(14, slug, comment, "2026-11-23T09:00:00Z", instant)
    for slug, comment, instant, rule in (
        ("offset", "The same instant with another offset.", "2026-11-23T10:00:00+01:00", Rule.NOT_CANONICAL),
        ("zero-offset", "UTC, written as an offset.", "2026-11-23T09:00:00+00:00", Rule.NOT_CANONICAL),
        ("no-zone", "No zone.", "2026-11-23T09:00:00", Rule.WRONG_VALUE),
        ("one-digit", "A fraction of one digit.", "2026-11-23T09:00:00.1Z", Rule.NOT_CANONICAL),
        ("zero-fraction", "A fraction of zero.", "2026-11-23T09:00:00.000000Z", Rule.NOT_CANONICAL),
        ("nanoseconds", "A fraction of nine digits.", "2026-11-23T09:00:00.100000001Z", Rule.NOT_CANONICAL),
        ("lower-case", "Lower-case letters.", "2026-11-23t09:00:00z", Rule.NOT_CANONICAL),
        ("space", "A space instead of T.", "2026-11-23 09:00:00Z", Rule.NOT_CANONICAL),
        ("leap-second", "A leap second: instants are counted without them.", "2026-12-31T23:59:60Z", Rule.WRONG_VALUE),
        ("no-such-day", "A day that does not exist.", "2026-02-29T09:00:00Z", Rule.WRONG_VALUE),
        ("midnight", "Hour 24.", "2026-11-23T24:00:00Z", Rule.WRONG_VALUE),
    ):
        yield leaf(14, slug, comment, "2026-11-23T09:00:00Z", instant, rule)


def _words() -> Iterator[Named]:
    yield leaf(15, "word", "Words in their patterns.", "", "")
    yield leaf(15, "upper-case-digest", "A digest in capitals.", ACT, "A" * 64, Rule.WRONG_VALUE)
    yield leaf(15, "short-digest", "A digest of 63 digits.", ACT, ACT[1:], Rule.WRONG_VALUE)
    yield leaf(15, "line-feed-after-word", "A line feed after the last digit.", ACT, ACT + "\\n", Rule.WRONG_VALUE)
    yield message(
        15,
        "longest-title",
        "200 characters beyond the first plane: lengths count characters, not code units.",
        "\U0001f54a" * 200,
    )
    yield message(15, "too-long-title", "201 characters.", "a" * 201, Rule.WRONG_VALUE)
    yield message(15, "empty-title", "A title has at least one character.", "", Rule.WRONG_VALUE)


def _tags() -> Iterator[Named]:
    composed = Stand("founded").compose("XAA", MessagePosted(subject="@", in_reply_to=None), text=b"text")
    payload = acts.encode(composed.act).decode()
    tag = '"type":"message.posted.v1"'
    for slug, comment, old, new, rule in (
        ("known", "A type of the vocabulary.", tag, tag, None),
        ("unknown", "A type of another vocabulary.", "message.posted.v1", "message.posted.v2", Rule.UNKNOWN_ACT),
        ("missing", "A content without a type.", tag + ",", "", Rule.UNKNOWN_ACT),
        (
            "not-first",
            "The type stands first among the fields of the content.",
            tag + ',"subject":"@"',
            '"subject":"@",' + tag,
            Rule.NOT_CANONICAL,
        ),
        ("number", "A type that is a number.", '"message.posted.v1"', "1", Rule.UNKNOWN_ACT),
    ):
        raw = show(payload.replace(old, new).encode())
        yield case("profile 16", f"type-{slug}", comment, ActCase(raw), rule or "accepted")
