"""Records of an organisation with witnesses, in which a break was held back. Keys come from names: no secrets."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from tacit import envelope
from tacit.acts import (
    Content,
    CredentialRevoked,
    Deadline,
    DecisionAdopted,
    EvidenceLodged,
    MessagePosted,
    ReferenceAllotted,
    SilenceBroken,
    SilencePassed,
    SilenceSet,
    SilenceVoided,
    SilenceWithdrawn,
    TextCirculated,
    Version,
)
from tacit.compose import Composed, Link, Window, compose
from tacit.envelope import Envelope
from tacit.ids import ROOT
from tacit.record import Leaf, sign_receipt
from tacit.record.attestation import NO_ATTESTATION, Attestation, sign_attestation
from tacit.rules.state import Silence, Text
from tacit.testing import COUNCIL, EAST, START, World, witness_signer

MEMBERS: Final = ("XAA", "XBB", "XCC", "XDD")
REFERENCE: Final = "CC-M(2026)0001"
SET_FOR_S: Final = 3_600
CLOSING_S: Final = 30
IN_TIME_S: Final = -10.0


def circulated(start: datetime = START) -> World:
    """Each of four members has a witness. A text lies before them."""
    world = World(MEMBERS, start=start, ruleset="nato-like-2", witnesses=MEMBERS)
    world.organ("secretariat", ReferenceAllotted(reference=REFERENCE, subject="Draft decision"))
    content = TextCirculated(reference=REFERENCE, title="Draft decision", paragraphs=2)
    world.organ("secretariat", content, text=b"1. The council takes note.\n2. The council agrees.")
    return world


def watched() -> World:
    """Each of four members has a witness. A silence of an hour runs."""
    world = circulated()
    set_silence(world)
    return world


def set_silence(world: World) -> None:
    """Let one run from now on."""
    at = Deadline(world.now + timedelta(seconds=SET_FOR_S), "Europe/Brussels", "10:00 Brussels")
    world.organ("chair", SilenceSet(version=Version(text(world).text, text(world).wording), deadline=at))


def held_back() -> World:
    """The break of XAA was received half a second late: a late objection."""
    world = watched()
    lodged = broken_by(world, "XAA")
    until(world, 0.5)
    world.record(lodged)
    return world


def watched_broken() -> World:
    """XBB has broken the silence in time."""
    world = watched()
    until(world, -5)
    world.record(broken_by(world, "XBB"))
    return world


def watched_revoked() -> World:
    """A minute before the deadline XAA revokes the credential that signs for it."""
    world = watched()
    until(world, -60)
    credential = world.author("XAA").signer.credential
    content = CredentialRevoked(credential=credential, reason="lost", compromised_since=None)
    world.say("XAA", content, office=ROOT)
    return world


def equivocated() -> World:
    """XAA has posted a message under the number that its break bears."""
    world = watched()
    world.say("XAA", MessagePosted(subject="Nothing to say", in_reply_to=None), text=b"text")
    return world


def watched_passed() -> World:
    """The silence has passed, and the decision is adopted."""
    world = watched()
    until(world, CLOSING_S + 1)
    running = silence(world)
    passed = world.organ("timekeeper", SilencePassed(silence=running.silence, deadline=running.deadline.at))
    world.organ(
        "timekeeper",
        DecisionAdopted(
            version=Version(text(world).text, text(world).wording),
            mode="SILENCE",
            basis=passed.leaf.act,
            effective_at=running.deadline.at,
            clauses=(),
        ),
    )
    return world


def proven_late() -> World:
    """The decision is adopted; then XBB lodges the proof that XAA had broken the silence in time."""
    world = watched_passed()
    world.say("XBB", evidence(world, broken_by(world, "XAA")))
    return world


def proven() -> World:
    """XBB has lodged within the closing period the proof that XAA had broken the silence in time."""
    world = watched()
    until(world, CLOSING_S - 1)
    world.say("XBB", evidence(world, broken_by(world, "XAA")))
    return world


def contested() -> World:
    """The record lacks the break of XAA, of which XAA has a receipt."""
    world = watched()
    lodged = broken_by(world, "XAA")
    world.say("XBB", evidence(world, lodged, (), receipt(world, lodged)))
    return world


def proven_void() -> World:
    """The chair voids silence and decision on the proof that the break of XAA was held back."""
    world = proven_late()
    found = silence(world)
    void = SilenceVoided(
        silence=found.silence, ground="BREAK_HELD_BACK", evidence=next(iter(found.evidence)), reason="held back"
    )
    world.organ("chair", void)
    return world


def void_in_time() -> World:
    """A minute before its deadline the chair voids the silence on another ground."""
    world = watched()
    until(world, -60)
    void = SilenceVoided(silence=silence(world).silence, ground="TEXT_CHANGED", evidence=None, reason="a paragraph")
    world.organ("chair", void)
    return world


def watched_withdrawn() -> World:
    """A minute before its deadline the chair withdraws the silence."""
    world = watched()
    until(world, -60)
    world.organ("chair", SilenceWithdrawn(silence=silence(world).silence, reason="a new version"))
    return world


STAGES: Final = (
    watched,
    held_back,
    watched_broken,
    watched_revoked,
    equivocated,
    watched_passed,
    proven_late,
    proven_void,
    void_in_time,
    watched_withdrawn,
    proven,
    contested,
)


def silence(world: World) -> Silence:
    return next(iter(world.state.bodies[COUNCIL].silences.values()))


def text(world: World) -> Text:
    return next(iter(world.state.bodies[COUNCIL].texts.values()))


def moment(world: World, after_deadline_s: float) -> datetime:
    return silence(world).deadline.at + timedelta(seconds=after_deadline_s)


def until(world: World, after_deadline_s: float) -> None:
    world.now = moment(world, after_deadline_s)


def broken_by(world: World, state: str, at_s: float = IN_TIME_S, link: Link | None = None) -> Composed:
    """A break that a member composed at a time before the deadline, as its next act; nobody has recorded it."""
    content = SilenceBroken(silence=silence(world).silence, kind="SUBSTANCE", reason="paragraph 2")
    return composed(world, state, content, at_s, link)


def composed(world: World, state: str, content: Content, at_s: float = IN_TIME_S, link: Link | None = None) -> Composed:
    """An act in the place of the member's first one in the channel, or elsewhere in its chain."""
    author = world.author(state)
    begun = moment(world, at_s)
    enrolled = world.state.credentials[author.signer.credential].enrolled_by
    return compose(
        author, content, (COUNCIL, EAST), link or Link(1, enrolled), Window(begun, begun + timedelta(minutes=10))
    )


def attested(
    world: World, lodged: Composed, by: Sequence[str] = ("XBB", "XCC"), at_s: float = IN_TIME_S
) -> tuple[Envelope, ...]:
    """Attestations, each the first of its witness."""
    at = moment(world, at_s)
    attestation = Attestation(world.organisation, lodged.act_id, at, 1, NO_ATTESTATION)
    return tuple(sign_attestation(attestation, witness_signer(state)) for state in by)


def evidence(
    world: World,
    lodged: Composed,
    attestations: tuple[Envelope, ...] | None = None,
    receipted: Envelope | None = None,
) -> EvidenceLodged:
    """Evidence of an act, attested by two witnesses in time unless told otherwise."""
    attestations = attested(world, lodged) if attestations is None else attestations
    return EvidenceLodged(envelope=lodged.envelope, attestations=attestations, receipt=receipted)


def receipt(world: World, lodged: Composed, at_s: float = IN_TIME_S) -> Envelope:
    """The registrar's receipt for an act that it never recorded."""
    sealed = envelope.digest(envelope.encode(lodged.envelope))
    leaf = Leaf(1, world.organisation, world.state.size, 1, moment(world, at_s), lodged.act_id, sealed)
    return sign_receipt(leaf, world.author("ORG", "registrar").signer)
