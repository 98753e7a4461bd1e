"""Cases of docs/reference/spec/envelope.md and keys.md."""

import base64
import json
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import structs

from tacit import acts, envelope, profile
from tacit.acts import MessagePosted
from tacit.envelope import ACT_TYPE, LEAF_TYPE, Envelope, Signature, pae
from tacit.errors import Rule
from tacit.limits import ENVELOPE_BYTES_MAX, PAYLOAD_BYTES_MAX
from tacit.signing import Signer
from tacit.testing import signer_for
from tests.conformance.generate.case import Named, case
from tests.conformance.generate.say import Stand
from tests.conformance.octets import Octets, show
from tests.conformance.vector import ActCase, EnvelopeCase, KeySet, SignaturesCase

COMPOSED: Final = Stand("founded").compose("XAA", MessagePosted(subject="Message", in_reply_to=None), text=b"text")
PAYLOAD: Final = acts.encode(COMPOSED.act)
XAA: Final = signer_for("XAA/permanent-representative")


def keys_of(*signers: Signer) -> tuple[Octets, ...]:
    return tuple(show(profile.encode(KeySet(signer.keys))) for signer in signers)


def plain() -> dict[str, Any]:
    """The envelope as loose JSON, to be bent."""
    loose: dict[str, Any] = json.loads(envelope.encode(COMPOSED.envelope))
    return loose


def bent(clause: int, slug: str, comment: str, loose: dict[str, Any], rule: Rule | None = None) -> Named:
    raw = show(msgspec.json.encode(loose))
    return case(f"envelope {clause}", slug, comment, EnvelopeCase(raw), rule or "accepted")


def vectors() -> Iterator[Named]:
    yield from _fields()
    yield from _signed()
    yield from _signature_list()
    yield from _sizes()


def _fields() -> Iterator[Named]:
    yield bent(1, "fields", "Payload, payload type, signatures.", plain())
    yield bent(
        1,
        "unknown-field",
        "DSSE lets a reader pass over other fields; Tacit does not.",
        {**plain(), "x": 1},
        Rule.UNKNOWN_FIELD,
    )
    loose = plain()
    del loose["signatures"][0]["keyid"]
    yield bent(1, "keyid-missing", "DSSE lets the key id be absent; Tacit does not.", loose, Rule.MISSING_FIELD)
    yield bent(2, "payload-type", "The type of an act.", plain())
    for slug, comment, kind in (
        ("leaf", "The type of a receipt where an act is wanted.", LEAF_TYPE),
        ("case", "The same type in other letters.", ACT_TYPE.upper()),
    ):
        yield bent(2, f"payload-type-{slug}", comment, {**plain(), "payloadType": kind}, Rule.PAYLOAD_TYPE)
    encoded = base64.urlsafe_b64encode(b"\xff\xff\xff").decode()
    yield bent(8, "standard-base64", "Standard base64, as the profile wants it.", plain())
    yield bent(
        8,
        "url-base64",
        "DSSE lets URL-safe base64 pass; Tacit does not.",
        {**plain(), "payload": encoded},
        Rule.WRONG_VALUE,
    )


def _signed() -> Iterator[Named]:
    def signed(slug: str, comment: str, message: bytes, rule: Rule | None = None) -> Named:
        sealed = show(envelope.encode(Envelope(PAYLOAD, ACT_TYPE, XAA.sign(message))))
        return case("envelope 3", slug, comment, SignaturesCase(keys_of(XAA), sealed), rule or "accepted")

    kind = ACT_TYPE.encode()
    yield signed("pae", "The signature is over the pre-authentication encoding.", pae(ACT_TYPE, PAYLOAD))
    yield signed("bare-payload", "Over the payload alone.", PAYLOAD, Rule.SIGNATURE_INVALID)
    yield signed("other-type", "Over the encoding with another type.", pae(LEAF_TYPE, PAYLOAD), Rule.SIGNATURE_INVALID)
    padded = b"DSSEv1 %d %s 0%d %s" % (len(kind), kind, len(PAYLOAD), PAYLOAD)
    yield signed("leading-zero", "A leading zero in a length.", padded, Rule.SIGNATURE_INVALID)
    wide = acts.encode(structs.replace(COMPOSED.act, content=MessagePosted(subject="\u00e9\u20ac", in_reply_to=None)))
    counted = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(wide.decode()), wide)
    for slug, comment, message, rule in (
        ("length-in-octets", "Lengths count octets.", pae(ACT_TYPE, wide), None),
        ("length-in-characters", "Lengths that count characters.", counted, Rule.SIGNATURE_INVALID),
    ):
        sealed = show(envelope.encode(Envelope(wide, ACT_TYPE, XAA.sign(message))))
        yield case("envelope 3", slug, comment, SignaturesCase(keys_of(XAA), sealed), rule or "accepted")


def _signature_list() -> Iterator[Named]:
    one = plain()["signatures"][0]

    def listed(slug: str, comment: str, signatures: list[dict[str, str]], rule: Rule | None = None) -> Named:
        return bent(5, slug, comment, {**plain(), "signatures": signatures}, rule)

    yield listed("eight", "Eight signatures.", [one] * 8)
    yield listed("none", "No signature.", [], Rule.WRONG_VALUE)
    yield listed("nine", "Nine signatures.", [one] * 9, Rule.WRONG_VALUE)
    yield listed(
        "short", "A signature of 63 octets.", [{**one, "sig": base64.b64encode(bytes(63)).decode()}], Rule.WRONG_VALUE
    )
    yield listed(
        "long",
        "A signature of 3310 octets.",
        [{**one, "sig": base64.b64encode(bytes(3310)).decode()}],
        Rule.WRONG_VALUE,
    )
    yield listed("key-id", "A key id in capitals.", [{**one, "keyid": "ABCDEF0123456789"}], Rule.WRONG_VALUE)


def _sizes() -> Iterator[Named]:
    def sized(slug: str, comment: str, raw: bytes, rule: Rule | None = None) -> Named:
        return case("envelope 6", slug, comment, EnvelopeCase(show(raw)), rule or "accepted")

    yield sized("size", "Well within the size.", envelope.encode(COMPOSED.envelope))
    yield sized("too-large", "One octet too many.", b"0" * (ENVELOPE_BYTES_MAX + 1), Rule.TOO_LARGE)
    full = Envelope(
        b"0" * PAYLOAD_BYTES_MAX, ACT_TYPE, (Signature("0" * 16, bytes(3309)), Signature("0" * 16, bytes(64)))
    )
    yield sized("full", "A payload of the largest size with a hybrid signature.", envelope.encode(full))
    payload = show(b"0" * (PAYLOAD_BYTES_MAX + 1))
    yield case("envelope 6", "payload-too-large", "A payload of one octet too many.", ActCase(payload), Rule.TOO_LARGE)
