"""Cases of docs/reference/spec/keys.md."""

from collections.abc import Iterator
from typing import Final

from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey

from tacit import envelope, profile
from tacit.compose import sign
from tacit.envelope import ACT_TYPE, Envelope, Signature, pae
from tacit.errors import Rule
from tacit.ids import NO_ACT, Suite
from tacit.keys import Key, Keys, Possession
from tacit.record import sign_receipt
from tacit.signing import Signer
from tacit.testing import signer_for
from tests.conformance.generate.case import Named, case
from tests.conformance.generate.envelope_cases import COMPOSED, PAYLOAD, XAA, keys_of
from tests.conformance.generate.say import Stand
from tests.conformance.octets import show
from tests.conformance.vector import KeysCase, KeySet, PossessionCase, ReceiptCase, SignaturesCase

HYBRID: Final[Suite] = "ed25519+mldsa65"
BOTH: Final = signer_for("XAA/hybrid", HYBRID)
OTHER: Final = signer_for("XBB/hybrid", HYBRID)
DEPUTY: Final = signer_for("XAA/deputy")
MESSAGE: Final = pae(ACT_TYPE, PAYLOAD)
PRIME: Final = 2**255 - 19
ORDER: Final = 2**252 + 27742317777372353535851937790883648493


def key_set(slug: str, clause: int, comment: str, keys: Keys, suite: Suite, rule: Rule | None = None) -> Named:
    raw = show(profile.encode(KeySet(keys)))
    return case(f"keys {clause}", slug, comment, KeysCase(raw, suite), rule or "accepted")


def signed(
    clause: int,
    slug: str,
    comment: str,
    signers: tuple[Signer, ...],
    signatures: tuple[Signature, ...],
    rule: Rule | None = None,
) -> Named:
    sealed = show(envelope.encode(Envelope(PAYLOAD, ACT_TYPE, signatures)))
    hedged = any(len(signature.sig) > 64 for signature in signatures)
    given = SignaturesCase(keys_of(*signers), sealed)
    return case(f"keys {clause}", slug, comment, given, rule or "accepted", hedged=hedged)


def vectors() -> Iterator[Named]:
    yield from _form()
    yield from _suites()
    yield from _unsafe()
    yield from _possession()
    yield from _verification()
    yield from _algorithms()
    yield from _first_alone()
    yield from _releaser()


def _form() -> Iterator[Named]:
    yield key_set("key", 1, "A key says what it is for, its algorithm, its octets.", XAA.keys, "ed25519")
    raw = profile.encode(KeySet(XAA.keys)).decode()
    for slug, comment, old, new in (
        ("purpose", "A purpose that is not `sign`.", '"purpose":"sign"', '"purpose":"seal"'),
        ("algorithm", "An algorithm that no suite has.", '"algorithm":"ed25519"', '"algorithm":"ed448"'),
    ):
        given = KeysCase(show(raw.replace(old, new).encode()), "ed25519")
        yield case("keys 1", slug, comment, given, Rule.WRONG_VALUE)
    (own,), (foreign,) = XAA.sign(MESSAGE), DEPUTY.sign(MESSAGE)
    yield signed(2, "key-id", "The key id is that of the key.", (XAA,), (own,))
    wrong = Signature(foreign.keyid, own.sig)
    yield signed(
        2, "other-key-id", "A good signature under the id of another key.", (XAA,), (wrong,), Rule.SIGNATURE_KEY
    )
    fresh = Stand("founded")
    message = COMPOSED.act.content
    yield fresh.says(
        "keys 3",
        "fingerprint",
        "The credential is the fingerprint of the keys that sign.",
        "XAA",
        message,
        text=b"text",
    )
    yield fresh.says(
        "keys 3",
        "other-fingerprint",
        "Signed by the keys of another credential.",
        "XAA",
        message,
        Rule.SIGNATURE_KEY,
        text=b"text",
        signer=DEPUTY,
    )


def _suites() -> Iterator[Named]:
    yield key_set("ed25519", 4, "The suite of one key.", XAA.keys, "ed25519")
    yield key_set("hybrid", 4, "The suite of two keys.", BOTH.keys, HYBRID)
    yield key_set("half", 4, "One key where the suite has two.", BOTH.keys[:1], HYBRID, Rule.KEY_SUITE)
    yield key_set("surplus", 4, "Two keys where the suite has one.", BOTH.keys, "ed25519", Rule.KEY_SUITE)
    yield key_set("order", 4, "Two keys in the wrong order.", BOTH.keys[::-1], HYBRID, Rule.KEY_SUITE)
    yield key_set("same-twice", 4, "The same algorithm twice.", (BOTH.keys[0], OTHER.keys[0]), HYBRID, Rule.KEY_SUITE)


def _unsafe() -> Iterator[Named]:
    yield key_set("safe", 5, "A key of large order.", DEPUTY.keys, "ed25519")
    octets = {
        "identity": (1).to_bytes(32, "little"),
        "identity-with-sign": (1 | 1 << 255).to_bytes(32, "little"),
        "order-2": (PRIME - 1).to_bytes(32, "little"),
        "order-4": bytes(32),
        "order-4-with-sign": (1 << 255).to_bytes(32, "little"),
        "order-8": bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        "order-8-with-sign": bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"),
        "order-8-other": bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
        "not-reduced": (PRIME + 3).to_bytes(32, "little"),
        "not-reduced-identity": (PRIME + 1).to_bytes(32, "little"),
    }
    for slug, raw in octets.items():
        keys = (Key("sign", "ed25519", raw),)
        yield key_set(
            f"unsafe-{slug}", 5, f"A point that verifies what nobody signed: {slug}.", keys, "ed25519", Rule.KEY_UNSAFE
        )
    short = (BOTH.keys[0], Key("sign", "mldsa65", BOTH.keys[1].key[:-1]))
    yield key_set("unsafe-length", 5, "An ML-DSA key of 1951 octets.", short, HYBRID, Rule.KEY_UNSAFE)


def _possession() -> Iterator[Named]:
    def proved(
        slug: str, comment: str, signer: Signer, made: Possession, rule: Rule | None = None, half: int = 2
    ) -> Named:
        claim = Possession("1" * 64, "XAA", "permanent-representative", signer.credential)
        proof = signer.prove(made.organisation, made.state, made.office)[:half]
        hedged = len(proof) > 1
        given = PossessionCase(keys_of(signer)[0], claim, proof)
        return case("keys 6", slug, comment, given, rule or "accepted", hedged=hedged)

    office = "permanent-representative"
    claim = Possession("1" * 64, "XAA", office, XAA.credential)
    yield proved("proof", "The keys sign whose they are to be.", XAA, claim)
    yield proved("proof-hybrid", "Both keys sign.", BOTH, claim)
    yield proved("proof-half", "One of two keys signs.", BOTH, claim, Rule.KEY_POSSESSION, half=1)
    yield proved(
        "other-organisation",
        "A proof for another organisation.",
        XAA,
        Possession(NO_ACT, "XAA", office, ""),
        Rule.KEY_POSSESSION,
    )
    yield proved(
        "other-state", "A proof for another state.", XAA, Possession("1" * 64, "XBB", office, ""), Rule.KEY_POSSESSION
    )
    yield proved(
        "other-office",
        "A proof for another office.",
        XAA,
        Possession("1" * 64, "XAA", "deputy", ""),
        Rule.KEY_POSSESSION,
    )


def _verification() -> Iterator[Named]:
    first, second = BOTH.sign(MESSAGE)
    other_first, other_second = OTHER.sign(MESSAGE)
    bent_first = Signature(first.keyid, first.sig[:-1] + bytes([first.sig[-1] ^ 1]))
    bent_second = Signature(second.keyid, second.sig[:-1] + bytes([second.sig[-1] ^ 1]))
    yield signed(7, "hybrid", "Both keys signed, in the order of the suite.", (BOTH,), (first, second))
    yield signed(7, "first-half", "Only the first key signed.", (BOTH,), (first,), Rule.SIGNATURE_COUNT)
    yield signed(7, "second-half", "Only the second key signed.", (BOTH,), (second,), Rule.SIGNATURE_COUNT)
    yield signed(
        7,
        "first-broken",
        "The first signature fails, the second holds.",
        (BOTH,),
        (bent_first, second),
        Rule.SIGNATURE_INVALID,
    )
    yield signed(
        7,
        "second-broken",
        "The second signature fails, the first holds.",
        (BOTH,),
        (first, bent_second),
        Rule.SIGNATURE_INVALID,
    )
    yield signed(7, "swapped", "The signatures have changed places.", (BOTH,), (second, first), Rule.SIGNATURE_KEY)
    yield signed(7, "first-twice", "The first signature stands for both.", (BOTH,), (first, first), Rule.SIGNATURE_KEY)
    yield signed(7, "one-more", "A surplus signature.", (BOTH,), (first, second, first), Rule.SIGNATURE_COUNT)
    yield signed(7, "mixed", "The second key is another's.", (BOTH,), (first, other_second), Rule.SIGNATURE_KEY)
    relabelled = Signature(first.keyid, other_first.sig)
    yield signed(
        7,
        "relabelled",
        "Another's signature under this key's id.",
        (BOTH,),
        (relabelled, second),
        Rule.SIGNATURE_INVALID,
    )


def _algorithms() -> Iterator[Named]:
    (own,) = XAA.sign(MESSAGE)
    yield signed(8, "ed25519", "An Ed25519 signature.", (XAA,), (own,))
    scalar = int.from_bytes(own.sig[32:], "little") + ORDER
    malleable = Signature(own.keyid, own.sig[:32] + scalar.to_bytes(32, "little"))
    yield signed(
        8,
        "malleable",
        "The scalar is not reduced: a second signature by nobody.",
        (XAA,),
        (malleable,),
        Rule.SIGNATURE_INVALID,
    )
    first, second = BOTH.sign(MESSAGE)
    long = Signature(first.keyid, first.sig + b"\0")
    yield signed(
        8, "ed25519-long", "An Ed25519 signature of 65 octets.", (BOTH,), (long, second), Rule.SIGNATURE_INVALID
    )
    private = MLDSA65PrivateKey.from_seed_bytes(bytes(32))
    # The keys of a signer whose second seed is known, so that it can sign in a way that no signer would.
    known = Signer(HYBRID, (bytes(32), bytes(32)))
    keyid, good = known.sign(MESSAGE)[1].keyid, known.sign(MESSAGE)
    context = Signature(keyid, private.sign(MESSAGE, b"tacit"))
    yield signed(
        8,
        "mldsa-context",
        "ML-DSA with a context: Tacit's is empty.",
        (known,),
        (good[0], context),
        Rule.SIGNATURE_INVALID,
    )


def _first_alone() -> Iterator[Named]:
    stand = Stand("founded")
    leaf = stand.world.entries[-1].leaf
    registrar = signer_for("ORG/registrar", HYBRID)
    receipt = sign_receipt(leaf, registrar)
    given = keys_of(registrar)[0]

    def received(slug: str, comment: str, sealed: Envelope, rule: Rule | None = None, *, hedged: bool = False) -> Named:
        raw = show(envelope.encode(sealed))
        return case("keys 9", slug, comment, ReceiptCase(given, raw), rule or "accepted", hedged=hedged)

    yield received("receipt", "A receipt bears the Ed25519 signature alone, whatever the suite.", receipt)
    both = Envelope(receipt.payload, receipt.payload_type, registrar.sign(pae(receipt.payload_type, receipt.payload)))
    yield received("receipt-with-both", "Both keys signed a receipt.", both, Rule.SIGNATURE_COUNT, hedged=True)
    by_other = sign_receipt(leaf, XAA)
    yield received("receipt-by-another", "Another signed it.", by_other, Rule.SIGNATURE_KEY)
    lying = Envelope(receipt.payload.replace(b'"index":', b'"index":1'), receipt.payload_type, receipt.signatures)
    yield received("receipt-changed", "The leaf was changed after it was signed.", lying, Rule.SIGNATURE_INVALID)


def _releaser() -> Iterator[Named]:
    author, releaser = XAA.sign(MESSAGE), DEPUTY.sign(MESSAGE)
    two = (XAA, DEPUTY)
    yield signed(10, "released", "The author signs, then the releaser.", two, author + releaser)
    yield signed(
        10, "releaser-first", "The releaser's signature stands first.", two, releaser + author, Rule.SIGNATURE_KEY
    )
    yield signed(10, "releaser-missing", "The releaser did not sign.", two, author, Rule.SIGNATURE_COUNT)
    stand = Stand("founded")
    content = COMPOSED.act.content
    composed = stand.compose("XAA", content, text=b"text", releaser=DEPUTY.credential)
    both = sign(composed.act, XAA, DEPUTY)
    yield stand.hands_in("keys 10", "released-act", "An act that names its releaser, signed by both.", both)
    yield stand.hands_in(
        "keys 10",
        "unreleased-act",
        "An act that names its releaser, signed by its author.",
        composed,
        Rule.SIGNATURE_COUNT,
    )
