"""Cases of docs/reference/spec/evidence.md and of the acts that carry evidence."""

from collections.abc import Iterator
from typing import Final

from msgspec import structs

from tacit import profile
from tacit.acts import EvidenceLodged, MessagePosted, SilenceVoided
from tacit.compose import Link
from tacit.envelope import ATTESTATION_TYPE, LEAF_TYPE, Envelope, Signature, pae
from tacit.errors import Rule
from tacit.record.attestation import NO_ATTESTATION, Attestation, sign_attestation
from tacit.testing import COUNCIL, EAST, signer_for, witness_signer
from tests.conformance.generate import watched
from tests.conformance.generate.by_tag import said
from tests.conformance.generate.case import Named, case
from tests.conformance.generate.say import Stand
from tests.conformance.generate.watched import attested
from tests.conformance.generate.watched import evidence as lodge
from tests.conformance.generate.watched import receipt as receipt_for
from tests.conformance.octets import show
from tests.conformance.vector import AttestationCase

PLACE: Final = (COUNCIL, EAST)
NOTHING: Final = "f" * 64
CLOSING: Final = watched.CLOSING_S


def at(name: str, after_deadline_s: float) -> Stand:
    """A record, and a moment counted from the deadline of its silence."""
    stand = Stand(name)
    watched.until(stand.world, after_deadline_s)
    return stand


STAND: Final = at("watched", 5)
BREAK: Final = watched.broken_by(STAND.world, "XAA")
EVIDENCE: Final = lodge(STAND.world, BREAK)
MESSAGE: Final = MessagePosted(subject="Message", in_reply_to=None)


def vectors() -> Iterator[Named]:
    yield from _attestations()
    yield from _contents()
    yield from _signatures()
    yield from _standing()
    yield from _counting()
    yield from _chains()
    yield from _worth()
    yield from _acts()


def lodged(
    clause: int, slug: str, comment: str, content: EvidenceLodged, rule: Rule | None = None, stand: Stand = STAND
) -> Named:
    """A case in which XBB lodges evidence."""
    return stand.says(f"evidence {clause}", slug, comment, "XBB", content, rule or "accepted")


def _attestations() -> Iterator[Named]:
    vkey = str(witness_signer("XBB").vkey)
    attestation = Attestation(STAND.world.organisation, BREAK.act_id, STAND.world.now, 1, NO_ATTESTATION)
    signed = sign_attestation(attestation, witness_signer("XBB"))

    def attest(clause: int, slug: str, comment: str, given: Envelope, rule: Rule | None = None) -> Named:
        return case(
            f"evidence {clause}", slug, comment, AttestationCase(vkey, show(profile.encode(given))), rule or "accepted"
        )

    yield attest(1, "attestation", "An attestation.", signed)
    none = structs.replace(attestation, counter=0)
    yield attest(
        1, "counter-none", "Counters begin at 1.", sign_attestation(none, witness_signer("XBB")), Rule.WRONG_VALUE
    )
    yield attest(2, "signature", "Signed by the witness.", signed)
    other = structs.replace(signed, payload_type=LEAF_TYPE)
    yield attest(2, "type-of-leaf", "A receipt is no attestation.", other, Rule.PAYLOAD_TYPE)
    twice = structs.replace(signed, signatures=signed.signatures * 2)
    yield attest(2, "two-signatures", "Signed twice.", twice, Rule.SIGNATURE_COUNT)
    stranger = sign_attestation(attestation, witness_signer("XCC"))
    yield attest(2, "other-witness", "Signed by another witness.", stranger, Rule.SIGNATURE_KEY)
    yield attest(
        2, "as-cosignature", "Signed as a checkpoint is cosigned.", _as_cosignature(signed), Rule.SIGNATURE_INVALID
    )


def _as_cosignature(signed: Envelope) -> Envelope:
    """The signature of the same key over a cosignature whose text is the signed message."""
    line = witness_signer("XBB").sign(pae(ATTESTATION_TYPE, signed.payload).decode(), 1)
    return structs.replace(signed, signatures=(Signature(signed.signatures[0].keyid, line.signature[8:]),))


def _contents() -> Iterator[Named]:
    world = STAND.world
    yield lodged(4, "whole", "An act and two attestations.", EVIDENCE)
    junk = structs.replace(EVIDENCE, envelope=structs.replace(BREAK.envelope, payload=b"{}"))
    yield lodged(4, "no-act", "What is lodged cannot be read as an act.", junk, Rule.EVIDENCE_ACT)
    again = watched.composed(world, "XAA", EVIDENCE)
    yield lodged(4, "evidence-of-evidence", "Evidence of evidence.", lodge(world, again), Rule.EVIDENCE_ACT)
    twice = structs.replace(EVIDENCE, attestations=EVIDENCE.attestations[:1] * 2)
    yield lodged(4, "attested-twice", "Two attestations of one witness.", twice, Rule.EVIDENCE_ATTESTATION)
    other = attested(world, watched.broken_by(world, "XAA", -11))
    yield lodged(4, "other-act", "Attestations of another act.", lodge(world, BREAK, other), Rule.EVIDENCE_ATTESTATION)
    strange = attested(world, BREAK, ("XBB", "XEE"))
    yield lodged(
        4,
        "stranger",
        "One is no witness of the charter.",
        lodge(world, BREAK, strange),
        Rule.EVIDENCE_ATTESTATION,
    )
    receipt = receipt_for(world, watched.broken_by(world, "XAA", -11))
    yield lodged(
        4,
        "other-receipt",
        "The receipt of another act.",
        lodge(world, BREAK, (), receipt),
        Rule.EVIDENCE_RECEIPT,
    )
    chair = structs.replace(receipt_for(world, BREAK), signatures=(signer_for("ORG/chair").sign_first(b""),))
    yield lodged(
        4,
        "receipt-of-chair",
        "A receipt signed by the chair.",
        lodge(world, BREAK, (), chair),
        Rule.EVIDENCE_RECEIPT,
    )


def _bent(envelope: Envelope) -> Envelope:
    """The same with another signature under the same key id."""
    first = envelope.signatures[0]
    return structs.replace(envelope, signatures=(Signature(first.keyid, bytes(64)), *envelope.signatures[1:]))


def _signatures() -> Iterator[Named]:
    world = STAND.world
    receipt = receipt_for(world, BREAK)
    whole = lodge(world, BREAK, None, receipt)
    yield lodged(5, "all", "Every signature verifies.", whole)
    first, *others = EVIDENCE.attestations
    for slug, comment, bent in (
        (
            "act",
            "The lodged act is not signed by its author.",
            structs.replace(EVIDENCE, envelope=_bent(BREAK.envelope)),
        ),
        ("attestation", "A witness has not signed.", structs.replace(EVIDENCE, attestations=(_bent(first), *others))),
    ):
        yield lodged(5, slug, comment, bent, Rule.SIGNATURE_INVALID)
    bent_receipt = lodge(world, BREAK, (), _bent(receipt))
    yield lodged(5, "receipt", "The registrar has not signed.", bent_receipt, Rule.SIGNATURE_INVALID)


def _standing() -> Iterator[Named]:
    world = STAND.world
    yield lodged(6, "same-channel", "Said in the channel in which it is lodged.", EVIDENCE)
    elsewhere = STAND.compose("XAA", MESSAGE, text=b"text", channel="west")
    content = lodge(world, elsewhere, (), receipt_for(world, elsewhere))
    yield lodged(6, "other-channel", "Said in another channel.", content, Rule.EVIDENCE_PLACE)
    foreign = STAND.compose("XAA", MESSAGE, text=b"text", organisation=NOTHING)
    content = structs.replace(lodge(world, foreign), attestations=())
    yield lodged(6, "other-organisation", "An act of another organisation.", content, Rule.OTHER_ORGANISATION)
    as_chair = STAND.compose("XAA", MESSAGE, text=b"text", capacity="chair")
    content = lodge(world, as_chair, (), receipt_for(world, as_chair))
    yield lodged(6, "capacity", "A member that speaks as the chair.", content, Rule.CAPACITY)
    revoked = at("watched-revoked", 5)
    held = watched.broken_by(revoked.world, "XAA", -120)
    content = lodge(revoked.world, held, attested(revoked.world, held, at_s=-120))
    yield lodged(6, "revoked-since", "The credential was revoked after it was attested.", content, stand=revoked)


def _counting() -> Iterator[Named]:
    world = STAND.world
    exact = lodge(world, BREAK, attested(world, BREAK, at_s=0))
    yield lodged(7, "at-deadline", "Attested at the deadline itself (rule-set: at or before).", exact)
    late = lodge(world, BREAK, attested(world, BREAK, at_s=0.000001))
    yield lodged(7, "late", "Attested a microsecond after the deadline.", late, Rule.EVIDENCE_QUORUM)
    mixed = attested(world, BREAK, ("XBB",)) + attested(world, BREAK, ("XCC",), at_s=1)
    yield lodged(7, "one-late", "One of two is late.", lodge(world, BREAK, mixed), Rule.EVIDENCE_QUORUM)
    early = lodge(world, BREAK, attested(world, BREAK, at_s=-900))
    yield lodged(7, "before-claimed", "Attested long before the author says it signed.", early, Rule.EVIDENCE_QUORUM)
    old = watched.broken_by(world, "XAA", -1_200)
    content = lodge(world, old)
    yield lodged(7, "expired", "The act could not be played any more.", content, Rule.EVIDENCE_QUORUM)
    revoked = at("watched-revoked", 5)
    held = watched.broken_by(revoked.world, "XAA", -30)
    content = lodge(revoked.world, held, attested(revoked.world, held, at_s=-30))
    yield lodged(
        7, "revoked", "The credential was revoked when it was attested.", content, Rule.EVIDENCE_QUORUM, revoked
    )
    message = watched.composed(world, "XAA", MESSAGE)
    yield lodged(7, "message", "Attestations of a message.", lodge(world, message), Rule.EVIDENCE_QUORUM)
    yield lodged(8, "two-of-three", "Two of the three others.", EVIDENCE)
    one = lodge(world, BREAK, attested(world, BREAK, ("XCC",)))
    yield lodged(8, "one-of-three", "One of the three others.", one, Rule.EVIDENCE_QUORUM)
    own = lodge(world, BREAK, attested(world, BREAK, ("XAA", "XCC")))
    yield lodged(8, "own", "One of the three others and the author's own.", own, Rule.EVIDENCE_QUORUM)


def _chains() -> Iterator[Named]:
    world = STAND.world
    yield STAND.says(
        "evidence 9",
        "own",
        "The author lodges its own act, under the number after it.",
        "XAA",
        EVIDENCE,
        number=2,
        previous=BREAK.act_id,
    )
    yield STAND.says(
        "evidence 9", "own-same-number", "The author lodges it under its number.", "XAA", EVIDENCE, Rule.EQUIVOCATION
    )
    further = watched.broken_by(world, "XAA", link=Link(2, BREAK.act_id))
    yield lodged(9, "gap", "A number is left out.", lodge(world, further), Rule.NUMBER_GAP)
    spoken = at("equivocated", 5)
    held = watched.broken_by(spoken.world, "XAA")
    content = lodge(spoken.world, held)
    yield lodged(9, "equivocation", "Another act has its number.", content, Rule.EQUIVOCATION, spoken)
    recorded = at("held-back", 4)
    held = watched.broken_by(recorded.world, "XAA")
    yield lodged(
        9,
        "late-objection",
        "It stands there as a late objection.",
        lodge(recorded.world, held),
        stand=recorded,
    )
    content = lodge(recorded.world, held, (), receipt_for(recorded.world, held))
    yield lodged(9, "not-lacking", "A receipt, and the record has the act.", content, Rule.NUMBER_USED, recorded)


def _worth() -> Iterator[Named]:
    yield lodged(10, "within", "Lodged within the closing period.", EVIDENCE)
    yield lodged(10, "before-deadline", "Lodged before the deadline.", EVIDENCE, stand=at("watched", -1))
    yield lodged(
        10, "at-the-end", "Lodged at the last moment of the closing period.", EVIDENCE, stand=at("watched", CLOSING)
    )
    broken = at("watched-broken", 5)
    held = watched.broken_by(broken.world, "XAA")
    yield lodged(10, "further", "Added to the break of another member.", lodge(broken.world, held), stand=broken)
    proven = at("proven", CLOSING)
    second = watched.broken_by(proven.world, "XAA", link=proven.world.link(proven.world.author("XAA"), PLACE))
    content = lodge(proven.world, second)
    yield lodged(10, "again", "The member's break is proven already.", content, Rule.SILENCE_BROKEN_TWICE, proven)
    late = at("watched-passed", 60)
    yield lodged(11, "passed", "Lodged when the decision was adopted.", EVIDENCE, stand=late)
    running = at("watched", CLOSING + 0.000001)
    yield lodged(11, "running", "Lodged a microsecond after the closing period.", EVIDENCE, stand=running)
    broken = at("watched-broken", CLOSING + 1)
    content = lodge(broken.world, held)
    yield lodged(
        11, "broken", "The silence is broken and the closing period over.", content, Rule.SILENCE_NOT_RUNNING, broken
    )
    yield from _when_it_is_over()
    receipted = lodge(STAND.world, BREAK, (), receipt_for(STAND.world, BREAK))
    yield lodged(12, "break", "A receipt for a break that the record lacks.", receipted)
    message = watched.composed(STAND.world, "XAA", MESSAGE)
    content = lodge(STAND.world, message, (), receipt_for(STAND.world, message))
    yield lodged(12, "message", "A receipt for a message that the record lacks.", content)
    broken = at("watched-broken", CLOSING + 1)
    held = watched.broken_by(broken.world, "XAA")
    content = lodge(broken.world, held, receipted=receipt_for(broken.world, held))
    yield lodged(12, "broken", "Proven too late, with a receipt: it makes no other difference.", content, stand=broken)
    withdrawn = at("watched-withdrawn", 5)
    held = watched.broken_by(withdrawn.world, "XAA")
    content = lodge(withdrawn.world, held, receipted=receipt_for(withdrawn.world, held))
    yield lodged(12, "withdrawn", "The silence is withdrawn, and there is a receipt.", content, stand=withdrawn)
    nothing = lodge(STAND.world, BREAK, ())
    yield lodged(12, "nothing", "Neither receipt nor attestation.", nothing, Rule.EVIDENCE_QUORUM)


def _when_it_is_over() -> Iterator[Named]:
    void = at("proven-void", 90)
    further = watched.broken_by(void.world, "XCC")
    content = lodge(void.world, further, attested(void.world, further, ("XAA", "XBB")))
    yield lodged(11, "void", "The silence is void on the proof of another member's break.", content, stand=void)
    again = watched.broken_by(void.world, "XAA", link=void.world.link(void.world.author("XAA"), PLACE))
    content = lodge(void.world, again)
    yield lodged(
        11, "void-again", "This member's break is what it is void on.", content, Rule.SILENCE_BROKEN_TWICE, void
    )
    early = at("void-in-time", 5)
    content = lodge(early.world, watched.broken_by(early.world, "XAA"))
    yield lodged(11, "void-in-time", "Within the closing period, and the silence is void.", content, stand=early)
    withdrawn = at("watched-withdrawn", 5)
    content = lodge(withdrawn.world, watched.broken_by(withdrawn.world, "XAA"))
    yield lodged(11, "withdrawn", "The silence is withdrawn.", content, Rule.SILENCE_NOT_RUNNING, withdrawn)


def _acts() -> Iterator[Named]:
    yield said(STAND, "proven", "A break that was held back is proven.", "XBB", EVIDENCE)
    yield said(STAND, "by-timekeeper", "The timekeeper lodges nothing.", "ORG/timekeeper", EVIDENCE, Rule.NOT_ENTITLED)
    late = Stand("proven-late")
    running = watched.silence(late.world)
    void = SilenceVoided(
        silence=running.silence, ground="BREAK_HELD_BACK", evidence=next(iter(running.evidence)), reason="held back"
    )
    chair = "ORG/chair"
    yield said(late, "on-evidence", "The decision is void: a break in time was held back.", chair, void)
    yield said(
        late,
        "no-such-evidence",
        "Evidence that nobody lodged.",
        chair,
        structs.replace(void, evidence=NOTHING),
        Rule.VOID_GROUND,
    )
    plain = structs.replace(void, ground="SYSTEM_OUTAGE", evidence=None)
    yield said(late, "passed", "A silence that has passed is void on evidence alone.", chair, plain, Rule.VOID_GROUND)
    yield said(
        late,
        "evidence-missing",
        "Evidence is not named.",
        chair,
        structs.replace(void, evidence=None),
        Rule.VOID_GROUND,
    )
    silent = at("watched", 5)
    yield said(silent, "closing", "Within the closing period, on another ground.", chair, plain)
    yield said(Stand("watched-broken"), "broken", "A broken silence.", chair, plain, Rule.SILENCE_NOT_RUNNING)
    yield said(
        silent,
        "unknown",
        "A silence that nobody set.",
        chair,
        structs.replace(plain, silence=NOTHING),
        Rule.SILENCE_UNKNOWN,
    )
    contested = Stand("contested")
    found = watched.silence(contested.world)
    on_receipt = structs.replace(void, silence=found.silence, evidence=next(iter(found.evidence)))
    yield said(contested, "on-receipt", "A receipt for a break that the record lacks.", chair, on_receipt)
