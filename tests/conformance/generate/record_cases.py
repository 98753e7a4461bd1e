"""Cases of docs/reference/spec/record.md, refusals.md, detached.md and rulesets.md."""

import hashlib
import json
from collections.abc import Iterator
from importlib import resources
from typing import Final

from msgspec import structs

from tacit import envelope, profile
from tacit.acts import MessagePosted
from tacit.detached import Detached
from tacit.envelope import Envelope
from tacit.errors import Rule
from tacit.limits import DETACHED_BYTES_MAX
from tacit.record import Entry, Refusal, encode_entry, sign_receipt, sign_refusal
from tacit.rules import packaged
from tacit.testing import signer_for
from tests.conformance.generate.case import Named, case
from tests.conformance.generate.envelope_cases import keys_of
from tests.conformance.generate.say import Stand
from tests.conformance.octets import show
from tests.conformance.vector import (
    DetachedCase,
    EntryCase,
    LeafCase,
    ReceiptCase,
    RecordCase,
    RefusalCase,
    RuleSetCase,
)

STAND: Final = Stand("founded")
MESSAGE: Final = MessagePosted(subject="Message", in_reply_to=None)
ENTRY: Final = STAND.world.seal(STAND.compose("XAA", MESSAGE, text=b"text"))
NOTHING: Final = "f" * 64
REGISTRAR: Final = signer_for("ORG/registrar")


REFUSAL: Final = Refusal(
    organisation=ENTRY.leaf.organisation,
    act=ENTRY.leaf.act,
    submission=ENTRY.leaf.envelope,
    term=1,
    size=ENTRY.leaf.index,
    received_at=ENTRY.leaf.received_at,
    rule=Rule.NUMBER_GAP,
    detail="number 3 after 1",
    ruleset=packaged("nato-like").ref,
)


def stored(entry: Entry, **leaf: object) -> bytes:
    return encode_entry(structs.replace(entry.leaf, **leaf), envelope.encode(entry.envelope))


def entry(clause: str, slug: str, comment: str, raw: bytes, rule: Rule | None = None) -> Named:
    return case(clause, slug, comment, EntryCase(show(raw)), rule or "accepted")


def message(clause: int, slug: str, comment: str, raw: bytes, rule: Rule | None = None) -> Named:
    """A case of a message at the end of the stream of the founded organisation."""
    return case(f"record {clause}", slug, comment, RecordCase("founded", show(raw)), rule or "accepted")


def vectors() -> Iterator[Named]:
    yield from _leaves()
    yield from _entries()
    yield from _stream()
    yield from _answers()
    yield from _refusals()
    yield from _detached()
    yield from _rulesets()


def _leaves() -> Iterator[Named]:
    raw = profile.encode(ENTRY.leaf).decode()
    yield case("record 1", "leaf", "A leaf.", LeafCase(show(raw.encode())))
    yield case(
        "record 1",
        "leaf-version",
        "A leaf of version 2.",
        LeafCase(show(raw.replace('"v":1', '"v":2').encode())),
        Rule.WRONG_VALUE,
    )
    negative = raw.replace('"term":1', '"term":-1').encode()
    yield case("record 1", "leaf-term", "A term below zero.", LeafCase(show(negative)), Rule.WRONG_VALUE)


def _entries() -> Iterator[Named]:
    raw = stored(ENTRY)
    yield entry("record 2", "entry", "Leaf, line feed, envelope.", raw)
    yield entry(
        "record 2", "entry-no-line-feed", "Nothing between leaf and envelope.", raw.replace(b"\n", b"", 1), Rule.LEAF
    )
    yield entry(
        "record 2",
        "entry-carriage-return",
        "A carriage return before the line feed.",
        raw.replace(b"\n", b"\r\n", 1),
        Rule.TOO_LARGE if len(raw.partition(b"\n")[0]) >= 512 else Rule.NOT_CANONICAL,
    )
    yield entry("record 3", "hashes", "The leaf is about its envelope.", raw)
    yield entry(
        "record 3", "other-envelope", "The leaf is about another envelope.", stored(ENTRY, envelope=NOTHING), Rule.LEAF
    )
    yield entry("record 3", "other-act", "The leaf is about another act.", stored(ENTRY, act=NOTHING), Rule.LEAF)
    yield entry("envelope 4", "act-id", "The act id is SHA-256 of the pre-authentication encoding.", raw)
    bare = hashlib.sha256(ENTRY.envelope.payload).hexdigest()
    yield entry(
        "envelope 4", "act-id-of-payload", "SHA-256 of the payload alone is not it.", stored(ENTRY, act=bare), Rule.LEAF
    )
    yield entry("envelope 7", "envelope-hash", "The hash of an envelope is over its one encoding.", raw)
    again = json.dumps(json.loads(envelope.encode(ENTRY.envelope))).encode()
    over_other = hashlib.sha256(again).hexdigest()
    yield entry(
        "envelope 7",
        "envelope-hash-of-other-bytes",
        "A hash over the same envelope, laid out with spaces.",
        stored(ENTRY, envelope=over_other),
        Rule.LEAF,
    )


def _stream() -> Iterator[Named]:
    leaf = ENTRY.leaf
    yield message(4, "next", "The next entry of the record.", stored(ENTRY))
    yield message(4, "index-gap", "An index is left out.", stored(ENTRY, index=leaf.index + 1), Rule.LEAF)
    yield message(4, "index-again", "An index is used again.", stored(ENTRY, index=leaf.index - 1), Rule.LEAF)
    yield message(
        4, "other-organisation", "A leaf of another organisation.", stored(ENTRY, organisation=NOTHING), Rule.LEAF
    )
    yield message(4, "other-term", "A term that has not begun.", stored(ENTRY, term=2), Rule.LEAF)
    yield message(5, "same-time", "Received at the same time as the entry before.", stored(ENTRY))
    back = leaf.received_at.replace(microsecond=0, second=0, minute=0, hour=8)
    yield message(5, "time-goes-back", "Received before the entry before.", stored(ENTRY, received_at=back), Rule.ORDER)
    yield message(
        5,
        "end-of-calendar",
        "Received in the year 9999.",
        stored(ENTRY, received_at=back.replace(year=9999)),
        Rule.LEAF,
    )
    yield message(6, "whole", "An entry that the rules admit.", stored(ENTRY))
    yield message(6, "void-noise", "What is no entry is void: a leaf without effect.", b"noise", Rule.LEAF)
    forged = Envelope(
        ENTRY.envelope.payload, ENTRY.envelope.payload_type, signer_for("XBB/permanent-representative").sign(b"")
    )
    sealed = structs.replace(leaf, envelope=envelope.digest(envelope.encode(forged)))
    raw = encode_entry(sealed, envelope.encode(forged))
    yield message(6, "void-signature", "An entry whose signature is another's is void.", raw, Rule.SIGNATURE_KEY)
    repeated = STAND.world.entries[-1]
    moved = structs.replace(repeated.leaf, index=leaf.index, term=leaf.term)
    again = encode_entry(moved, envelope.encode(repeated.envelope))
    yield message(6, "void-repeated", "An act that is in the record already is void.", again, Rule.NUMBER_USED)


def _answers() -> Iterator[Named]:
    keys = keys_of(REGISTRAR)[0]

    def receipt(slug: str, comment: str, sealed: Envelope, rule: Rule | None = None) -> Named:
        given = ReceiptCase(keys, show(envelope.encode(sealed)))
        return case("record 7", slug, comment, given, rule or "accepted")

    yield receipt("receipt", "The leaf, signed by the registrar.", sign_receipt(ENTRY.leaf, REGISTRAR))
    yield receipt(
        "receipt-is-refusal",
        "A refusal where a receipt is wanted.",
        sign_refusal(REFUSAL, REGISTRAR),
        Rule.PAYLOAD_TYPE,
    )
    yield receipt(
        "receipt-of-chair",
        "Signed by the chair.",
        sign_receipt(ENTRY.leaf, signer_for("ORG/chair")),
        Rule.SIGNATURE_KEY,
    )


def _refusals() -> Iterator[Named]:
    keys = keys_of(REGISTRAR)[0]

    def refused(clause: int, slug: str, comment: str, sealed: Envelope, rule: Rule | None = None) -> Named:
        given = RefusalCase(keys, show(envelope.encode(sealed)))
        return case(f"refusals {clause}", slug, comment, given, rule or "accepted")

    yield refused(1, "refusal", "The rule, signed by the registrar.", sign_refusal(REFUSAL, REGISTRAR))
    yield refused(
        1,
        "refusal-is-receipt",
        "A receipt where a refusal is wanted.",
        sign_receipt(ENTRY.leaf, REGISTRAR),
        Rule.PAYLOAD_TYPE,
    )
    unread = structs.replace(REFUSAL, act=None, rule=Rule.NOT_JSON, detail="")
    yield refused(
        2,
        "unreadable",
        "What could not be read as an act is named by the hash of its bytes alone.",
        sign_refusal(unread, REGISTRAR),
    )
    nameless = structs.replace(unread, submission="")
    yield refused(
        2, "unreadable-unnamed", "A submission that nothing names.", sign_refusal(nameless, REGISTRAR), Rule.WRONG_VALUE
    )
    payload = sign_refusal(REFUSAL, REGISTRAR).payload.replace(b"chain.number_gap", b"chain.no_such_rule")
    kind = envelope.REFUSAL_TYPE
    unknown = Envelope(payload, kind, (REGISTRAR.sign_first(envelope.pae(kind, payload)),))
    yield refused(3, "rule", "A rule of the list.", sign_refusal(REFUSAL, REGISTRAR))
    yield refused(3, "rule-unknown", "A rule that is not in the list.", unknown, Rule.WRONG_VALUE)


def _detached() -> Iterator[Named]:
    body = Detached(bytes(range(32)), b"1. The council takes note.")
    raw = profile.encode(body)

    def held(
        clause: int, slug: str, comment: str, claimed: str | None, found: bytes | None, rule: Rule | None = None
    ) -> Named:
        given = DetachedCase(claimed, None if found is None else show(found))
        return case(f"detached {clause}", slug, comment, given, rule or "accepted")

    yield held(1, "body", "A salt of 32 octets and the text.", body.digest(), raw)
    yield held(
        1,
        "short-salt",
        "A salt of 31 octets.",
        body.digest(),
        profile.encode(Detached(bytes(31), b"text")),
        Rule.WRONG_VALUE,
    )
    yield held(2, "digest", "SHA-256 over salt and text.", body.digest(), raw)
    unsalted = hashlib.sha256(body.data).hexdigest()
    yield held(2, "digest-unsalted", "SHA-256 over the text alone.", unsalted, raw, Rule.DETACHED_MISMATCH)
    yield held(
        2,
        "digest-reversed",
        "SHA-256 over text and salt.",
        hashlib.sha256(body.data + body.salt).hexdigest(),
        raw,
        Rule.DETACHED_MISMATCH,
    )
    other = profile.encode(Detached(body.salt, body.data + b" "))
    yield held(2, "other-text", "Another text.", body.digest(), other, Rule.DETACHED_MISMATCH)
    yield held(3, "no-body", "An act without a text.", None, None)
    yield held(3, "missing", "The act carries a hash and no body is there.", body.digest(), None, Rule.DETACHED_MISSING)
    yield held(3, "surplus", "A body is there and the act carries no hash.", None, raw, Rule.DETACHED_SURPLUS)
    yield held(
        4, "empty", "An empty text.", Detached(bytes(32), b"").digest(), profile.encode(Detached(bytes(32), b""))
    )
    # Compared by its size before its digest: the digest is right.
    large = Detached(bytes(32), bytes(DETACHED_BYTES_MAX + 1))
    yield held(4, "too-large", "A text of one octet too many.", large.digest(), profile.encode(large), Rule.WRONG_VALUE)


def _rulesets() -> Iterator[Named]:
    raw = resources.files("tacit.rules").joinpath("nato-like.json").read_bytes()

    def read(clause: int, slug: str, comment: str, file: bytes, rule: Rule | None = None) -> Named:
        return case(f"rulesets {clause}", slug, comment, RuleSetCase(show(file)), rule or "accepted")

    yield read(1, "nato-like", "The packaged rule-set, as it is laid out for people.", raw)
    yield read(1, "no-json", "Not JSON.", raw[:-3], Rule.WRONG_VALUE)
    yield read(1, "too-large", "A file of more than 65,536 octets.", raw + b" " * 65_536, Rule.TOO_LARGE)
    yield read(2, "fields", "The fields of engine 1.", raw)
    yield read(
        2,
        "unknown-field",
        "A field that engine 1 does not know.",
        raw.replace(b'"version"', b'"edition": 1,\n  "version"'),
        Rule.WRONG_VALUE,
    )
    counting = resources.files("tacit.rules").joinpath("tally.json").read_bytes()
    yield read(2, "tally", "A rule-set that counts.", counting)
    yield read(
        2, "tally-no-list", "It does not say what is a no.", counting.replace(b'"no"', b'"nay"'), Rule.WRONG_VALUE
    )
    yield read(2, "other-engine", "Another engine.", raw.replace(b'"engine": "1"', b'"engine": "2"'), Rule.WRONG_VALUE)
    yield read(
        2,
        "unknown-role",
        "A role that nobody can have.",
        raw.replace(b'["timekeeper"]', b'["minister"]'),
        Rule.WRONG_VALUE,
    )
    yield read(
        2,
        "unknown-stance",
        "A position that nobody can take.",
        raw.replace(b'"OBJECTS"', b'"VETOES"'),
        Rule.WRONG_VALUE,
    )
