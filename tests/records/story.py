"""How the frozen records were made, once: `python -m tests.records.story name` writes one that does not exist yet.

A frozen record is never written again. A new engine, or a rule that no record shows, gets a new one.
"""

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal

import msgspec

from tacit import envelope
from tacit.acts import (
    AcknowledgementGiven,
    AcknowledgementOverdue,
    AcknowledgementRequested,
    BodyConstituted,
    ChannelOpened,
    Clause,
    ConsensusPerceived,
    ConsultationConcluded,
    ConsultationConvened,
    ConsultationJoined,
    ConsultationRequested,
    Content,
    CredentialRevoked,
    Deadline,
    DecisionAdopted,
    DeliveryRecorded,
    EvidenceLodged,
    ExportRecorded,
    ExtensionRefused,
    ExtensionRequested,
    ItemReferred,
    ItemTakenUp,
    LevelRaised,
    MessagePosted,
    PositionDeclared,
    QuestionPut,
    ReferenceAllotted,
    ReferredConsultation,
    ReferredText,
    RegistrarTerm,
    RevisionIssued,
    RosterAdmitted,
    RosterRemoved,
    SilenceBroken,
    SilenceExtended,
    SilencePassed,
    SilenceSet,
    SilenceVoided,
    SilenceWithdrawn,
    Stance,
    TallyRecorded,
    TextCirculated,
    Version,
)
from tacit.compose import Composed
from tacit.ids import ROOT, ActId
from tacit.record import encode_entry, sign_receipt
from tacit.rules import Verifiers, apply_bytes, catalogue, genesis
from tacit.testing import World
from tests.records.result import fingerprint, plain, result

RECORDS: Final = Path(__file__).parent
WORDING: Final = b"1. The council takes note.\n2. The council agrees."


class Frozen(msgspec.Struct, frozen=True):
    """The messages of a stream, and what every fold of them must say."""

    comment: str
    messages: list[str]
    effects: list[object]
    result: object
    result_sha256: str


class Story:
    """A short-lived organisation of three members that meets everything once."""

    def __init__(self, ruleset: str = "nato-like", witnesses: tuple[str, ...] = ()) -> None:
        self.world = World(("XAA", "XBB", "XCC"), ruleset=ruleset, witnesses=witnesses)
        self.messages = [self.stored(at) for at in range(len(self.world.entries))]

    def stored(self, at: int) -> str:
        entry = self.world.entries[at]
        return encode_entry(entry.leaf, envelope.encode(entry.envelope)).decode()

    def junk(self, message: str) -> None:
        """What a faulty registrar appends."""
        apply_bytes(self.world.state, message.encode())
        self.messages.append(message)

    def member(self, state: str, content: Content, text: bytes | None = None) -> ActId:
        return self._say(state, "permanent-representative", content, text)

    def organ(
        self, office: str, content: Content, text: bytes | None = None, references: tuple[ActId, ...] = ()
    ) -> ActId:
        return self._say("ORG", office, content, text, references)

    def _say(
        self, state: str, office: str, content: Content, text: bytes | None, references: tuple[ActId, ...] = ()
    ) -> ActId:
        self.world.wait(1.000001)
        author = self.world.author(state, office)
        self.world.record(self.world.compose(author, content, text=text, references=references))
        self.messages.append(self.stored(-1))
        return self.world.entries[-1].leaf.act

    def deadline(self, ahead_s: float) -> Deadline:
        return Deadline(self.world.now + timedelta(seconds=ahead_s), "Europe/Brussels", "10:00 Brussels")

    def version(self, text: ActId) -> Version:
        return Version(text, self.world.state.bodies["council"].texts[text].wording)

    def position(self, state: str, text: ActId, stance: Stance, scope: str = "text", condition: str = "") -> None:
        content = PositionDeclared(
            version=self.version(text), scope=scope, stance=stance, condition=condition, statement=""
        )
        self.member(state, content)

    def text(self, reference: str) -> ActId:
        self.organ("secretariat", ReferenceAllotted(reference=reference, subject="Draft"))
        return self.organ("secretariat", TextCirculated(reference=reference, title="Draft", paragraphs=2), WORDING)

    def revise(self, text: ActId, revision: int) -> ActId:
        content = RevisionIssued(supersedes=text, revision=revision, paragraphs=2, reason="paragraph 2")
        return self.organ("secretariat", content, WORDING)

    def silence(self, text: ActId, ahead_s: float = 600) -> ActId:
        return self.organ("chair", SilenceSet(version=self.version(text), deadline=self.deadline(ahead_s)))

    def breaks(self, state: str, silence: ActId) -> None:
        self.member(state, SilenceBroken(silence=silence, kind="SUBSTANCE", reason="paragraph 2"))

    def breaks_late(self, state: str, silence: ActId) -> None:
        held = self.world.state.bodies["council"].silences[silence]
        self.world.now = held.deadline.at
        self.breaks(state, silence)

    def unrecorded(self, state: str, content: Content) -> Composed:
        """What a member signed and the registrar never recorded."""
        return self.world.compose(self.world.author(state), content)

    def passes(self, silence: ActId) -> ActId:
        held = self.world.state.bodies["council"].silences[silence]
        self.world.now = max(self.world.now, held.deadline.at)
        return self.organ("timekeeper", SilencePassed(silence=silence, deadline=held.deadline.at))

    def take_over(self) -> None:
        state = self.world.state
        term = RegistrarTerm(term=state.term + 1, unavailable_since=state.last_received_at, reason="take-over")
        self.organ("registrar", term)


def told() -> Story:
    """Consults, decides in a meeting and by a silence, and suffers what an organisation can suffer."""
    story = Story()
    consultation = _consult(story)
    decision = _decide_in_meeting(story)
    story.organ(
        "chair",
        ConsultationConcluded(consultation=consultation, outcome="DECISION", decisions=(decision,), reason=""),
    )
    _decide_by_silence(story)
    _suffer(story)
    return story


def _consult(story: Story) -> ActId:
    story.organ("chair", LevelRaised(level="CRISIS", reason="overflights"))
    request = ConsultationRequested(basis="Article 4", threatened=("XAA",), subject="Overflights \u2028 \x7f")
    consultation = story.member("XAA", request)
    story.member("XBB", ConsultationJoined(consultation=consultation))
    convened = ConsultationConvened(consultation=consultation, meeting="extraordinary", at=story.world.now)
    story.organ("chair", convened)
    message = story.member("XCC", MessagePosted(subject="On our way", in_reply_to=None), b"")
    story.member("XAA", MessagePosted(subject="Thank you", in_reply_to=message), b"text")
    return consultation


def _decide_in_meeting(story: Story) -> ActId:
    text = story.text("CC-M(2026)0001")
    story.position("XAA", text, "RESERVES_SUBSTANTIVE", "para:2")
    story.position("XAA", text, "CAN_ACCEPT", "para:2")
    story.position("XBB", text, "CAN_ACCEPT_IF", condition="if paragraph 2 stands")
    story.position("XBB", text, "JOINS")
    question = story.organ("chair", QuestionPut(version=story.version(text), window_s=5))
    story.world.wait(5)
    perceived = story.organ("chair", ConsensusPerceived(question=question))
    return _adopt(story, "chair", text, perceived, story.world.now)


def _adopt(story: Story, office: str, text: ActId, basis: ActId, at: datetime) -> ActId:
    mode: Literal["IN_MEETING", "SILENCE"] = "IN_MEETING" if office == "chair" else "SILENCE"
    content = DecisionAdopted(
        version=story.version(text), mode=mode, basis=basis, effective_at=at, clauses=(Clause("agrees", "to act"),)
    )
    return story.organ(office, content)


def _decide_by_silence(story: Story) -> None:
    text = story.text("CC-M(2026)0002")
    silence = story.silence(text)
    story.breaks("XAA", silence)
    revised = story.revise(text, 1)
    story.breaks("XBB", silence)
    second = story.silence(revised)
    request = story.member("XCC", ExtensionRequested(silence=second, reason="instructions"))
    story.organ("chair", ExtensionRefused(silence=second, request=request, reason="urgent"))
    longer = SilenceExtended(silence=second, deadline=story.deadline(1_200), reason="instructions")
    story.organ("chair", longer)
    passed = story.passes(second)
    story.breaks("XCC", second)
    _adopt(story, "timekeeper", revised, passed, longer.deadline.at)


def _suffer(story: Story) -> None:
    """Junk, a take-over that jeopardises a deadline, a withdrawal, a lost key."""
    story.junk("junk")
    story.junk(story.messages[0])
    text = story.text("CC-M(2026)0003")
    silence = story.silence(text)
    story.world.wait(590)
    story.take_over()
    story.organ("chair", SilenceExtended(silence=silence, deadline=story.deadline(600), reason="outage"))
    story.organ("chair", SilenceWithdrawn(silence=silence, reason="misprint"))
    held = story.world.author("XCC").signer.credential
    story.world.wait(1)
    story.world.say("XCC", CredentialRevoked(credential=held, reason="lost", compromised_since=None), office=ROOT)
    story.messages.append(story.stored(-1))


def freeze(story: Story, comment: str | None) -> Frozen:
    """Fold the messages, and write down what that gave."""
    state = genesis(catalogue())
    effects = [plain(apply_bytes(state, message.encode(), Verifiers())[1]) for message in story.messages]
    found = plain(result(state))
    return Frozen((comment or "").strip(), story.messages, effects, found, fingerprint(found))


def votes() -> Story:
    """Votes on two texts under a rule-set that counts: a changed mind, a paragraph, one who is silent."""
    story = Story("tally")
    text = story.text("UNGA(2026)0001")
    story.position("XAA", text, "JOINS")
    story.position("XBB", text, "OBJECTS")
    story.position("XBB", text, "ABSTAINS")
    story.position("XCC", text, "OBJECTS", "para:1")
    story.organ("secretariat", TallyRecorded(version=story.version(text), yes=1, no=0, abstain=1))
    second = story.text("UNGA(2026)0002")
    story.position("XCC", second, "OBJECTS")
    story.organ("secretariat", TallyRecorded(version=story.version(second), yes=0, no=1, abstain=0))
    return story


def second() -> Story:
    """Under the second version of nato-like: receipts, an export, rosters that change, items that are referred."""
    story = Story("nato-like-2")
    _receipts(story)
    _rosters(story)
    _referrals(story)
    return story


def _receipts(story: Story) -> None:
    """In time, by hand, late and missing."""
    message = story.organ("chair", MessagePosted(subject="Warning", in_reply_to=None), b"text")
    everybody = story.world.states
    read, delivery = (
        AcknowledgementRequested(act=message, kind=kind, addressees=everybody, deadline=story.deadline(60))
        for kind in ("READ", "DELIVERY")
    )
    asked = story.organ("secretariat", read)
    story.organ("chair", delivery)
    story.member("XAA", AcknowledgementGiven(act=message, kind="ACTION"))
    story.member("XBB", AcknowledgementGiven(act=message, kind="DELIVERY"))
    story.organ("secretariat", DeliveryRecorded(act=message, states=("XBB", "XCC"), means="by hand"))
    story.world.wait(60)
    overdue = AcknowledgementOverdue(request=asked, deadline=read.deadline.at, missing=("XBB", "XCC"))
    story.organ("timekeeper", overdue)
    story.member("XBB", AcknowledgementGiven(act=message, kind="READ"))
    export = ExportRecorded(first=0, last=story.world.state.size - 1, format="HTML", sha256="e" * 64, withheld=2)
    story.member("XCC", export)


def _rosters(story: Story) -> None:
    """A member is removed while a silence runs, a question is put and it owes a receipt, and comes back."""
    made = BodyConstituted(body="committee", title="Committee", members=("XAA", "XBB"), basis=None)
    story.organ("secretariat", made)
    text, other = story.text("CC-M(2026)0011"), story.text("CC-M(2026)0012")
    silence = story.silence(text)
    story.position("XCC", other, "OBJECTS")
    story.organ("chair", QuestionPut(version=story.version(other), window_s=0))
    asked = AcknowledgementRequested(act=silence, kind="DELIVERY", addressees=("XCC",), deadline=story.deadline(60))
    story.organ("secretariat", asked)
    story.organ("chair", RosterRemoved(body="council", states=("XCC",), basis=silence, reason="drill"))
    story.organ("chair", SilenceExtended(silence=silence, deadline=story.deadline(1_200), reason="a new circle"))
    question = story.organ("chair", QuestionPut(version=story.version(other), window_s=0))
    story.organ("chair", ConsensusPerceived(question=question))
    story.organ("chair", RosterAdmitted(body="council", states=("XCC",), basis=None, reason=""))
    story.breaks("XCC", silence)


def _referrals(story: Story) -> None:
    """A revised text and a consultation go from the council to the committee, which revises the text further."""
    text = story.revise(story.text("CC-M(2026)0021"), 1)
    asked = ConsultationRequested(basis="Article 4", threatened=("XAA",), subject="Overflights")
    consultation = story.member("XAA", asked)
    version = story.version(text)
    gone, gone_too = (
        story.organ("chair", ItemReferred(item=item, to="committee", reason="")) for item in (text, consultation)
    )
    story.world.place = ("committee", "east")
    story.organ("chair", ChannelOpened(title="East", kind="standing"))
    there = ReferredText(version=version, reference="CC-M(2026)0021", revision=1, title="Draft")
    taken = story.organ("secretariat", ItemTakenUp(source="council", referral=gone, text=there, consultation=None))
    also = ReferredConsultation(
        consultation=consultation, basis="Article 4", subject="Overflights", invoking=("XAA",), threatened=("XAA",)
    )
    story.organ("secretariat", ItemTakenUp(source="council", referral=gone_too, text=None, consultation=also))
    reference = ReferenceAllotted(reference="CC-M(2026)0031", subject="Draft")
    story.organ("secretariat", reference)
    circulated = TextCirculated(reference="CC-M(2026)0031", title="Draft", paragraphs=2)
    again = story.organ("secretariat", circulated, WORDING, (taken,))
    story.revise(again, 1)


def witnessed() -> Story:
    """Breaks that were held back or lost: proven in time, proven too late, by a receipt alone; a decision made void."""
    story = Story("nato-like-2", ("XAA", "XBB", "XCC"))
    text = story.text("CC-M(2026)0001")
    silence = story.silence(text)
    proof = _held_back(story, "XAA", silence)
    story.world.wait(600)
    story.member("XBB", proof)
    revised = story.revise(text, 1)
    second = story.silence(revised)
    proof = _held_back(story, "XCC", second)
    story.breaks_late("XBB", second)
    story.world.wait(31)
    passed = story.passes(second)
    deadline = story.world.state.bodies["council"].silences[second].deadline.at
    _adopt(story, "timekeeper", revised, passed, deadline)
    lodged = story.member("XBB", proof)
    void = SilenceVoided(silence=second, ground="BREAK_HELD_BACK", evidence=lodged, reason="received by nobody")
    story.organ("chair", void)
    third = story.silence(story.revise(revised, 2))
    lost = story.unrecorded("XAA", SilenceBroken(silence=third, kind="TIMING", reason=""))
    leaf = story.world.seal(lost).leaf
    receipt = sign_receipt(leaf, story.world.author("ORG", "registrar").signer)
    story.member("XBB", EvidenceLodged(envelope=lost.envelope, attestations=(), receipt=receipt))
    story.breaks("XCC", third)
    return story


def _held_back(story: Story, state: str, silence: ActId) -> EvidenceLodged:
    """A break that two witnesses have seen and nobody records."""
    held = story.unrecorded(state, SilenceBroken(silence=silence, kind="SUBSTANCE", reason="paragraph 2"))
    attested = story.world.attest(held, *(each for each in story.world.witnesses if each != state))
    return EvidenceLodged(envelope=held.envelope, attestations=attested, receipt=None)


STORIES: Final = {"exercise-1": told, "votes-1": votes, "exercise-2": second, "witnessed-1": witnessed}

if __name__ == "__main__":
    name = sys.argv[1]
    with (RECORDS / f"{name}.json").open("xb") as file:
        frozen = freeze(STORIES[name](), STORIES[name].__doc__)
        file.write(msgspec.json.format(msgspec.json.encode(frozen), indent=1) + b"\n")
