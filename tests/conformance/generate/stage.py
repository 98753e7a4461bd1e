"""The records on which cases build, each a few acts further than the one before. Keys come from names: no secrets."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from tacit.acts import (
    AcknowledgementOverdue,
    AcknowledgementRequested,
    BodyConstituted,
    ChannelOpened,
    ConsensusPerceived,
    ConsultationConvened,
    ConsultationRequested,
    CredentialRevoked,
    Deadline,
    DecisionAdopted,
    ExtensionRequested,
    ItemReferred,
    ItemTakenUp,
    MessagePosted,
    OfficeAccredited,
    PositionDeclared,
    QuestionPut,
    ReferenceAllotted,
    ReferredText,
    RegistrarTerm,
    RevisionIssued,
    RosterRemoved,
    SilenceBroken,
    SilencePassed,
    SilenceSet,
    SilenceWithdrawn,
    Stance,
    TallyRecorded,
    TextCirculated,
    Version,
)
from tacit.compose import Link, compose
from tacit.founding import enrolment
from tacit.ids import ROOT
from tacit.rules.state import Acknowledgement, Silence, Text
from tacit.testing import World, signer_for
from tests.conformance.generate import watched
from tests.conformance.generate.two_bodies import committee

REFERENCE: Final = "CC-M(2026)0001"
SPARE: Final = "CC-M(2026)0002"
WORDING: Final = b"1. The council takes note.\n2. The council agrees."
SET_FOR_S: Final = 3_600


def founded() -> World:
    """Two members in force; XAA also has a deputy, who does not commit the state."""
    world = World(("XAA", "XBB"))
    deputy = OfficeAccredited(state="XAA", office="deputy", title="Deputy", commits=False)
    world.organ("secretariat", deputy)
    keys = enrolment(world.organisation, "XAA", "deputy", signer_for("XAA/deputy"))
    world.say("XAA", keys, office=ROOT)
    return world


def chartered() -> World:
    """The charter alone."""
    return _first(1)


def opened() -> World:
    """The charter and the registrar's first term: nobody has accepted."""
    return _first(2)


def _first(entries: int) -> World:
    world = World(("XAA", "XBB"))
    world.entries, world.effects = world.entries[:entries], world.effects[:entries]
    world.state = world.refold()
    return world


def revoked() -> World:
    """The credential of XAA has been revoked."""
    world = founded()
    credential = world.author("XAA").signer.credential
    content = CredentialRevoked(credential=credential, reason="lost", compromised_since=None)
    world.say("XAA", content, office=ROOT)
    return world


def consulting() -> World:
    """XAA has asked to consult."""
    world = founded()
    world.say("XAA", ConsultationRequested(basis="Article 4", threatened=("XAA",), subject="Overflights"))
    return world


def convened() -> World:
    """The chair has convened the body."""
    world = consulting()
    world.organ("chair", ConsultationConvened(consultation=consultation(world), meeting="extraordinary", at=world.now))
    return world


def negotiating() -> World:
    """A text of two paragraphs is circulated; another number is allotted and free."""
    world = founded()
    for reference in (REFERENCE, SPARE):
        world.organ("secretariat", ReferenceAllotted(reference=reference, subject="Draft decision"))
    world.organ("secretariat", TextCirculated(reference=REFERENCE, title="Draft decision", paragraphs=2), text=WORDING)
    return world


def revised() -> World:
    """The text has a first revision."""
    world = negotiating()
    content = RevisionIssued(supersedes=text(world).text, revision=1, paragraphs=2, reason="paragraph 2")
    world.organ("secretariat", content, text=WORDING)
    return world


def asked() -> World:
    """The chair has put the question for a minute."""
    world = negotiating()
    world.organ("chair", QuestionPut(version=version(world), window_s=60))
    return world


def objected() -> World:
    """The question is put, and XBB objects."""
    world = asked()
    content = PositionDeclared(version=version(world), scope="text", stance="OBJECTS", condition="", statement="")
    world.say("XBB", content)
    return world


def asked_again() -> World:
    """The question is put a second time."""
    world = asked()
    world.organ("chair", QuestionPut(version=version(world), window_s=0))
    return world


def standing() -> World:
    """The chair has opened the standing channel `west`."""
    world = founded()
    author = world.author("ORG", "chair")
    link = Link(1, world.state.credentials[author.signer.credential].enrolled_by)
    opening = ChannelOpened(title="West", kind="standing")
    world.record(compose(author, opening, ("council", "west"), link, world.window()))
    return world


def perceived() -> World:
    """The minute is over and the chair has perceived consensus."""
    world = asked()
    world.wait(60)
    world.organ("chair", ConsensusPerceived(question=question(world)))
    return world


def adopted() -> World:
    """The decision is adopted."""
    world = perceived()
    found = text(world).question
    basis = found.perceived if found else None
    content = DecisionAdopted(
        version=version(world), mode="IN_MEETING", basis=basis or "", effective_at=world.now, clauses=()
    )
    world.organ("chair", content)
    return world


def silent() -> World:
    """A silence of an hour runs; XBB has asked for more time."""
    world = negotiating()
    world.organ("chair", SilenceSet(version=version(world), deadline=deadline(world, SET_FOR_S)))
    world.say("XBB", ExtensionRequested(silence=silence(world).silence, reason="instructions"))
    return world


def broken() -> World:
    """XAA has broken the silence."""
    world = silent()
    world.say("XAA", SilenceBroken(silence=silence(world).silence, kind="SUBSTANCE", reason="paragraph 2"))
    return world


def broken_and_revised() -> World:
    """XAA has broken the silence and the text has been revised before the deadline."""
    world = broken()
    content = RevisionIssued(supersedes=text(world).text, revision=1, paragraphs=2, reason="paragraph 2")
    world.organ("secretariat", content, text=WORDING)
    return world


def withdrawn() -> World:
    """The chair has withdrawn the silence."""
    world = silent()
    world.organ("chair", SilenceWithdrawn(silence=silence(world).silence, reason="misprint"))
    return world


def passed() -> World:
    """The silence has passed."""
    world = silent()
    world.wait(SET_FOR_S + 1)
    world.organ("timekeeper", SilencePassed(silence=silence(world).silence, deadline=silence(world).deadline.at))
    return world


def jeopardised() -> World:
    """Nobody can show that acts were received up to the deadline."""
    world = silent()
    world.wait(SET_FOR_S + 30)
    since = world.state.last_received_at
    world.organ("registrar", RegistrarTerm(term=2, unavailable_since=since, reason="take-over"))
    return world


def voting() -> World:
    """A body that counts: XAA is for a text, XBB against."""
    world = World(("XAA", "XBB"), ruleset="tally")
    world.organ("secretariat", ReferenceAllotted(reference=REFERENCE, subject="Draft resolution"))
    world.organ(
        "secretariat", TextCirculated(reference=REFERENCE, title="Draft resolution", paragraphs=2), text=WORDING
    )
    votes: tuple[tuple[str, Stance], ...] = (("XAA", "JOINS"), ("XBB", "OBJECTS"))
    for state, stance in votes:
        content = PositionDeclared(version=version(world), scope="text", stance=stance, condition="", statement="")
        world.say(state, content)
    return world


def counted() -> World:
    """The tally is recorded."""
    world = voting()
    world.organ("secretariat", TallyRecorded(version=version(world), yes=1, no=1, abstain=0))
    return world


def posted() -> World:
    """Under the second version of the rule-set, the chair has posted a message."""
    world = World(("XAA", "XBB"), ruleset="nato-like-2")
    world.organ("chair", MessagePosted(subject="Warning", in_reply_to=None), text=WORDING)
    return world


def called_for() -> World:
    """Both members are to acknowledge within half an hour that they have read the message."""
    world = posted()
    content = AcknowledgementRequested(
        act=message(world), kind="READ", addressees=world.states, deadline=deadline(world, 1_800)
    )
    world.organ("secretariat", content)
    return world


def overdue() -> World:
    """Nobody has, and the timekeeper has said so."""
    world = called_for()
    world.wait(1_801)
    asked = acknowledgement(world)
    content = AcknowledgementOverdue(request=asked.request, deadline=asked.deadline.at, missing=world.states)
    world.organ("timekeeper", content)
    return world


def seated() -> World:
    """Three members sit in the council; a committee of XAA and XBB is constituted."""
    world = World(("XAA", "XBB", "XCC"), ruleset="nato-like-2")
    world.organ("secretariat", BodyConstituted(body="committee", title="C", members=("XAA", "XBB"), basis=None))
    return world


def unseated() -> World:
    """XCC, which was against a text on which the question was put, is removed from the council."""
    world = seated()
    world.organ("secretariat", ReferenceAllotted(reference=REFERENCE, subject="Draft"))
    world.organ("secretariat", TextCirculated(reference=REFERENCE, title="Draft", paragraphs=2), text=WORDING)
    content = PositionDeclared(version=version(world), scope="text", stance="OBJECTS", condition="", statement="")
    world.say("XCC", content)
    world.organ("chair", QuestionPut(version=version(world), window_s=0))
    world.organ("secretariat", RosterRemoved(body="council", states=("XCC",), basis=None, reason=""))
    return world


def proposed() -> World:
    """A question is put on a text in the council, and XAA asks to consult; the committee has a channel."""
    world = seated()
    world.place = ("committee", "east")
    world.organ("chair", ChannelOpened(title="East", kind="standing"))
    world.place = ("council", "east")
    world.organ("secretariat", ReferenceAllotted(reference=REFERENCE, subject="Draft"))
    world.organ("secretariat", TextCirculated(reference=REFERENCE, title="Draft", paragraphs=2), text=WORDING)
    world.organ("chair", QuestionPut(version=version(world), window_s=0))
    world.say("XAA", ConsultationRequested(basis="Article 4", threatened=(), subject="Overflights"))
    return world


def referred() -> World:
    """The text is referred to the committee, where the next act is said."""
    world = proposed()
    world.organ("chair", ItemReferred(item=text(world).text, to="committee", reason="no consensus"))
    world.place = ("committee", "east")
    return world


def taken_up() -> World:
    """The committee has taken it up."""
    world = referred()
    world.organ("secretariat", carried(world))
    return world


STAGES: Final[dict[str, Callable[[], World]]] = {
    stage.__name__.replace("_", "-"): stage
    for stage in (
        chartered,
        opened,
        founded,
        committee,
        revoked,
        consulting,
        convened,
        negotiating,
        revised,
        asked,
        objected,
        asked_again,
        standing,
        perceived,
        adopted,
        silent,
        broken,
        broken_and_revised,
        withdrawn,
        passed,
        jeopardised,
        voting,
        counted,
        posted,
        called_for,
        overdue,
        seated,
        unseated,
        proposed,
        referred,
        taken_up,
        *watched.STAGES,
    )
}


def deadline(world: World, ahead_s: float, shown: str = "10:00 Brussels") -> Deadline:
    return Deadline(world.now + timedelta(seconds=ahead_s), "Europe/Brussels", shown)


def text(world: World) -> Text:
    """The text that was circulated first."""
    return next(iter(world.state.bodies["council"].texts.values()))


def version(world: World) -> Version:
    return Version(text(world).text, text(world).wording)


def silence(world: World) -> Silence:
    return next(iter(world.state.bodies["council"].silences.values()))


def question(world: World) -> str:
    return next(iter(world.state.bodies["council"].questions))


def consultation(world: World) -> str:
    return next(iter(world.state.bodies["council"].consultations))


def message(world: World) -> str:
    """The message that the chair posted."""
    return next(each.leaf.act for each in world.entries if isinstance(each.act.content, MessagePosted))


def acknowledgement(world: World) -> Acknowledgement:
    return next(iter(world.state.bodies["council"].acknowledgements.values()))


def carried(world: World) -> ItemTakenUp:
    """The taking up of the text that the council referred."""
    referral = next(each.leaf.act for each in world.entries if isinstance(each.act.content, ItemReferred))
    found = text(world)
    there = ReferredText(version=version(world), reference=found.reference, revision=0, title=found.title)
    return ItemTakenUp(source="council", referral=referral, text=there, consultation=None)
