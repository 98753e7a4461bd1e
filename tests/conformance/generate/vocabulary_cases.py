"""Cases of docs/reference/spec/vocabulary.md: each act once as it should be, and once for each rule that is its own."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from msgspec import structs

from tacit.acts import (
    ChannelOpened,
    ConsensusPerceived,
    ConsultationConcluded,
    ConsultationConvened,
    ConsultationJoined,
    ConsultationRequested,
    Content,
    CredentialEnrolled,
    CredentialRevoked,
    DecisionAdopted,
    ExtensionRefused,
    ExtensionRequested,
    LevelRaised,
    MessagePosted,
    OfficeAccredited,
    PositionDeclared,
    QuestionPut,
    ReferenceAllotted,
    RegistrarTerm,
    RevisionIssued,
    SilenceBroken,
    SilenceExtended,
    SilencePassed,
    SilenceSet,
    SilenceWithdrawn,
    TextCirculated,
    Version,
    tag,
)
from tacit.errors import Rule
from tacit.founding import enrolment
from tacit.ids import ROOT
from tacit.keys import Key
from tacit.testing import signer_for
from tests.conformance.generate import founding_cases, stage
from tests.conformance.generate.case import Named
from tests.conformance.generate.say import Stand

NOTHING: Final = "f" * 64
TAGS: Final = (
    "charter.deposited.v1",
    "charter.accepted.v1",
    "office.accredited.v1",
    "credential.enrolled.v1",
    "credential.revoked.v1",
    "registrar.term.v1",
    "channel.opened.v1",
    "message.posted.v1",
    "level.raised.v1",
    "consultation.requested.v1",
    "consultation.joined.v1",
    "consultation.convened.v1",
    "consultation.concluded.v1",
    "reference.allotted.v1",
    "text.circulated.v1",
    "revision.issued.v1",
    "position.declared.v1",
    "silence.set.v1",
    "silence.extended.v1",
    "silence.extension_requested.v1",
    "silence.extension_refused.v1",
    "silence.broken.v1",
    "silence.withdrawn.v1",
    "silence.passed.v1",
    "question.put.v1",
    "consensus.perceived.v1",
    "decision.adopted.v1",
)
"""The clauses of the page, in order: a clause for each act."""


def said(
    stand: Stand, slug: str, comment: str, who: str, content: Content, rule: Rule | None = None, *, text: bytes | None = None
) -> Named:
    """A case of an act, under the clause of its tag; the slug follows the act's name."""
    clause = TAGS.index(tag(content)) + 1
    name = tag(content).removesuffix(".v1").replace(".", "-").replace("_", "-")
    return stand.says(f"vocabulary {clause}", f"{name}-{slug}", comment, who, content, rule or "accepted", text=text)


def vectors() -> Iterator[Named]:
    yield from _founding()
    yield from _register()
    yield from _terms()
    yield from _channels()
    yield from _consultations()
    yield from _texts()
    yield from _positions()
    yield from _settings()
    yield from _clock()
    yield from _breaks()
    yield from _questions()
    yield from _decisions()


def _retold(clause: int, slug: str, told: Named) -> Named:
    """A case of the founding, under the clause of its act."""
    return Named(f"vocabulary/{clause:02d}-{slug}.json", structs.replace(told.vector, clause=f"vocabulary {clause}"))


def _founding() -> Iterator[Named]:
    told = founding_cases
    yield _retold(1, "charter-deposited", told.charter(1, "x", "A charter."))
    yield _retold(1, "charter-deposited-quorum", told.charter(2, "x", "A quorum without witnesses.", Rule.CHARTER_CONTENT, quorum=1))
    yield _retold(2, "charter-accepted", told.acceptance(6, "x", "A founder accepts."))
    again = told.acceptance(6, "x", "A founder accepts twice.", Rule.ACCEPTED_TWICE, stage="founded")
    yield _retold(2, "charter-accepted-twice", again)


def _register() -> Iterator[Named]:
    stand, secretariat, root = Stand("founded"), "ORG/secretariat", f"XAA/{ROOT}"
    office = OfficeAccredited(state="XBB", office="deputy", title="Deputy", commits=True)
    yield said(stand, "new", "An office of a member.", secretariat, office)
    yield said(stand, "stranger", "An office of a state that is no founder.", secretariat, structs.replace(office, state="XZZ"), Rule.NOT_A_MEMBER)
    taken = structs.replace(office, office="permanent-representative")
    yield said(stand, "taken", "An office that exists.", secretariat, taken, Rule.OFFICE_TAKEN)
    yield said(stand, "root", "The root is no office.", secretariat, structs.replace(office, office=ROOT), Rule.OFFICE_TAKEN)
    organisation, fresh = stand.world.organisation, signer_for("XAA/fresh")
    held = stand.world.author("XAA").signer
    new = enrolment(organisation, "XAA", "permanent-representative", fresh, held.credential)
    yield said(stand, "replacing", "New keys replace the office's old ones.", root, new)
    for slug, comment, content, rule in (
        ("occupied", "The old keys are not named.", structs.replace(new, replaces=None), Rule.CREDENTIAL_OCCUPIED),
        ("no-office", "An office that nobody accredited.", enrolment(organisation, "XAA", "attache", fresh), Rule.OFFICE_UNKNOWN),
        ("other-state", "For an office of another state.", enrolment(organisation, "XBB", "permanent-representative", fresh), Rule.CREDENTIAL_OTHER_STATE),
        ("unproven", "Nobody proves to hold the keys.", structs.replace(new, possession=held.prove(organisation, "XAA", "permanent-representative")), Rule.KEY_POSSESSION),
        ("key-taken", "Keys that are enrolled already.", enrolment(organisation, "XAA", "permanent-representative", signer_for("XAA/deputy"), held.credential), Rule.KEY_TAKEN),
        ("unsafe", "Keys of small order.", structs.replace(new, keys=(Key("sign", "ed25519", bytes(32)),)), Rule.KEY_UNSAFE),
        ("other-suite", "Keys of another suite.", structs.replace(new, keys=signer_for("XAA/fresh", "ed25519+mldsa65").keys), Rule.KEY_SUITE),
    ):
        assert isinstance(content, CredentialEnrolled)
        yield said(stand, slug, comment, root, content, rule)
    revoke = CredentialRevoked(credential=held.credential, reason="lost", compromised_since=None)
    yield said(stand, "own", "A root revokes a credential of its state.", root, revoke)
    foreign = structs.replace(revoke, credential=stand.world.author("XBB").signer.credential)
    yield said(stand, "other-state", "A root revokes a credential of another state.", root, foreign, Rule.CREDENTIAL_OTHER_STATE)
    yield said(stand, "unknown", "A credential that nobody enrolled.", root, structs.replace(revoke, credential=NOTHING), Rule.CREDENTIAL_UNKNOWN)
    yield said(Stand("revoked"), "again", "A credential that is revoked already.", root, revoke, Rule.CREDENTIAL_REVOKED)


def _terms() -> Iterator[Named]:
    stand, registrar = Stand("founded"), "ORG/registrar"
    since = stand.world.state.last_received_at
    term = RegistrarTerm(term=2, unavailable_since=since, reason="take-over")
    yield said(stand, "next", "The next term, since the last entry.", registrar, term)
    for slug, comment, content in (
        ("skipped", "A term is left out.", structs.replace(term, term=3)),
        ("again", "The running term.", structs.replace(term, term=1)),
        ("since", "An outage that began later than the last entry.", structs.replace(term, unavailable_since=stand.world.now + timedelta(seconds=1))),
        ("no-outage", "No outage.", structs.replace(term, unavailable_since=None)),
        ("founding", "A founding that has been.", structs.replace(term, reason="founding")),
    ):
        yield said(stand, slug, comment, registrar, content, Rule.TERM)
    away = Stand("silent", stage.SET_FOR_S - 30)
    last = away.world.state.last_received_at
    over = RegistrarTerm(term=2, unavailable_since=last, reason="take-over")
    yield said(away, "jeopardises", "A deadline within a minute of the end of the outage is jeopardised.", registrar, over)


def _channels() -> Iterator[Named]:
    stand = Stand("founded")
    again = ChannelOpened(title="East", kind="crisis")
    # The accepted case is act 4: a channel is opened by an act said in it, so its header must be bent.
    enrolled = stand.world.state.credentials[stand.world.author("ORG", "chair").signer.credential].enrolled_by
    yield stand.says("vocabulary 7", "channel-opened-new", "A channel is opened.", "ORG/chair", again, channel="west", number=1, previous=enrolled)
    yield said(stand, "again", "A channel that is open.", "ORG/chair", again, Rule.CHANNEL_EXISTS)
    yield said(stand, "text", "A message with its text.", "XAA", MessagePosted(subject="Message", in_reply_to=None), text=b"text")
    yield said(stand, "no-text", "A message without one.", "XAA", MessagePosted(subject="Message", in_reply_to=None), Rule.DETACHED_MISSING)
    raise_ = LevelRaised(level="HEIGHTENED", reason="overflights")
    yield said(stand, "higher", "The level is raised.", "ORG/chair", raise_)
    yield said(stand, "same", "The level that it has.", "ORG/chair", structs.replace(raise_, level="ROUTINE"), Rule.LEVEL)
    west = Stand("standing")
    chair = west.world.link(west.world.author("ORG", "chair"), ("council", "west"))
    yield west.says("vocabulary 9", "level-raised-standing", "A standing channel has no level.", "ORG/chair", raise_, Rule.CHANNEL_KIND, channel="west", number=chair.number, previous=chair.previous)
    yield said(stand, "by-member", "A member raises the level.", "XAA", raise_, Rule.NOT_ENTITLED)


def _consultations() -> Iterator[Named]:
    request = ConsultationRequested(basis="Article 4", threatened=("XBB",), subject="Overflights")
    yield said(Stand("founded"), "request", "Any one member asks; nothing refuses it on its merits.", "XAA", request)
    yield said(Stand("founded"), "by-chair", "The chair is no member.", "ORG/chair", request, Rule.NOT_ENTITLED)
    stand = Stand("consulting")
    asked = stage.consultation(stand.world)
    join, convene = ConsultationJoined(consultation=asked), ConsultationConvened(consultation=asked, meeting="regular", at=stand.world.now)
    yield said(stand, "other-member", "Another member joins.", "XBB", join)
    yield said(stand, "own-request", "A member joins its own request.", "XAA", join, Rule.CONSULTATION_JOINED)
    yield said(stand, "unknown", "A request that nobody made.", "XBB", ConsultationJoined(consultation=NOTHING), Rule.CONSULTATION_UNKNOWN)
    yield said(stand, "request", "The chair convenes.", "ORG/chair", convene)
    convened = Stand("convened")
    yield said(convened, "again", "It is convened already.", "ORG/chair", convene, Rule.CONSULTATION_STATUS)
    noted = ConsultationConcluded(consultation=asked, outcome="NOTED", decisions=(), reason="")
    yield said(convened, "noted", "The outcome is recorded.", "ORG/chair", noted)
    yield said(convened, "own-name", "A statement in the body's name that nothing adopted.", "ORG/chair", structs.replace(noted, outcome="BODY_STATEMENT"), Rule.CONSULTATION_OUTCOME)
    yield said(convened, "no-such-decision", "A decision that nobody adopted.", "ORG/chair", structs.replace(noted, outcome="DECISION", decisions=(NOTHING,)), Rule.CONSULTATION_OUTCOME)
    yield said(stand, "not-convened", "Nothing was convened.", "ORG/chair", noted, Rule.CONSULTATION_STATUS)


def _texts() -> Iterator[Named]:
    stand, secretariat = Stand("negotiating"), "ORG/secretariat"
    free = ReferenceAllotted(reference="CC-M(2026)0003", subject="Draft")
    yield said(stand, "free", "A number that was never allotted.", secretariat, free)
    yield said(stand, "taken", "A number that was allotted.", secretariat, structs.replace(free, reference=stage.SPARE), Rule.REFERENCE_TAKEN)
    circulate = TextCirculated(reference=stage.SPARE, title="Draft", paragraphs=2)
    yield said(stand, "allotted", "A text under an allotted number.", secretariat, circulate, text=stage.WORDING)
    yield said(stand, "used", "A number that bears a text.", secretariat, structs.replace(circulate, reference=stage.REFERENCE), Rule.REFERENCE_TAKEN, text=stage.WORDING)
    yield said(stand, "not-allotted", "A number that nobody allotted.", secretariat, structs.replace(circulate, reference="CC-M(2026)0009"), Rule.NUMBER_NOT_ALLOTTED, text=stage.WORDING)
    yield said(stand, "no-text", "A text without words.", secretariat, circulate, Rule.DETACHED_MISSING)
    first = stage.text(stand.world).text
    revise = RevisionIssued(supersedes=first, revision=1, paragraphs=3, reason="paragraph 3")
    yield said(stand, "first", "The first revision.", secretariat, revise, text=stage.WORDING)
    yield said(stand, "skipped", "The second revision of what has no first.", secretariat, structs.replace(revise, revision=2), Rule.TEXT_REVISION, text=stage.WORDING)
    yield said(stand, "unknown", "A revision of nothing.", secretariat, structs.replace(revise, supersedes=NOTHING), Rule.TEXT_UNKNOWN, text=stage.WORDING)
    for name, slug, comment, rule in (
        ("revised", "superseded", "A revision of what is superseded.", Rule.TEXT_SUPERSEDED),
        ("silent", "under-silence", "A text under silence is not revised.", Rule.TEXT_UNDER_SILENCE),
        ("adopted", "agreed", "A text that is agreed is not revised.", Rule.TEXT_AGREED),
    ):
        later = Stand(name)
        content = structs.replace(revise, supersedes=stage.text(later.world).text)
        yield said(later, slug, comment, secretariat, content, rule, text=stage.WORDING)


def _positions() -> Iterator[Named]:
    stand = Stand("negotiating")
    here = stage.version(stand.world)
    position = PositionDeclared(version=here, scope="para:2", stance="RESERVES_SCRUTINY", condition="", statement="")
    yield said(stand, "first", "A reservation on a paragraph; before it there was none.", "XAA", position)
    conditional = structs.replace(position, stance="CAN_ACCEPT_IF", condition="if paragraph 2 is deleted")
    yield said(stand, "conditional", "A condition goes with CAN_ACCEPT_IF.", "XAA", conditional)
    for slug, comment, content, rule in (
        ("no-paragraph", "A paragraph that the text does not have.", structs.replace(position, scope="para:3"), Rule.SCOPE),
        ("no-condition", "CAN_ACCEPT_IF without a condition.", structs.replace(position, stance="CAN_ACCEPT_IF"), Rule.CONDITION),
        ("surplus-condition", "A condition without CAN_ACCEPT_IF.", structs.replace(position, condition="if"), Rule.CONDITION),
        ("no-statement", "JOINS_WITH_STATEMENT without a statement.", structs.replace(position, stance="JOINS_WITH_STATEMENT"), Rule.CONDITION),
        ("other-wording", "A wording that the text does not have.", structs.replace(position, version=Version(here.text, NOTHING)), Rule.WORDING),
        ("no-text", "A text that nobody circulated.", structs.replace(position, version=Version(NOTHING, NOTHING)), Rule.TEXT_UNKNOWN),
    ):
        yield said(stand, slug, comment, "XAA", content, rule)
    for name, slug, comment, rule in (
        ("revised", "superseded", "On a version that was superseded.", Rule.TEXT_SUPERSEDED),
        ("adopted", "agreed", "On a text that is agreed.", Rule.TEXT_AGREED),
    ):
        later = Stand(name)
        yield said(later, slug, comment, "XAA", structs.replace(position, version=stage.version(later.world)), rule)
    silent = Stand("silent")
    objects = structs.replace(position, version=stage.version(silent.world), stance="OBJECTS")
    yield said(silent, "objects-under-silence", "A text under silence is objected to by breaking the silence.", "XAA", objects, Rule.BREAK_THE_SILENCE)


def _settings() -> Iterator[Named]:
    stand, chair = Stand("negotiating"), "ORG/chair"
    now, here = stand.world, stage.version(stand.world)
    set_ = SilenceSet(version=here, deadline=stage.deadline(now, 3_600))
    yield said(stand, "hour", "An hour of silence.", chair, set_)
    for slug, comment, ahead_s, shown, rule in (
        ("past", "A deadline that has passed.", -1, "10:00 Brussels", Rule.DEADLINE_PAST),
        ("too-short", "Less than the rule-set's shortest silence.", 0.5, "10:00 Brussels", Rule.DEADLINE_PAST),
        ("too-far", "More than 366 days ahead.", 366 * 86_400 + 1, "10:00 Brussels", Rule.DEADLINE_TOO_FAR),
        ("noon", "Noon is not an exact time.", 3_600, "noon", Rule.DEADLINE_NOT_EXACT),
    ):
        yield said(stand, slug, comment, chair, SilenceSet(version=here, deadline=stage.deadline(now, ahead_s, shown)), rule)
    for name, slug, comment, rule in (
        ("broken", "again", "A broken silence never resumes: a new silence needs a new version.", Rule.SILENCE_TWICE),
        ("perceived", "perceived", "Consensus has been perceived.", Rule.QUESTION_TWICE),
        ("adopted", "agreed", "The text is agreed.", Rule.TEXT_AGREED),
    ):
        later = Stand(name)
        content = SilenceSet(version=stage.version(later.world), deadline=stage.deadline(later.world, 3_600))
        yield said(later, slug, comment, chair, content, rule)


def _clock() -> Iterator[Named]:
    chair, stand = "ORG/chair", Stand("silent")
    running = stage.silence(stand.world)
    longer = SilenceExtended(silence=running.silence, deadline=stage.deadline(stand.world, 7_200), reason="instructions")
    ask = ExtensionRequested(silence=running.silence, reason="instructions")
    refuse = ExtensionRefused(silence=running.silence, request=next(iter(running.requests)), reason="urgent")
    withdraw = SilenceWithdrawn(silence=running.silence, reason="misprint")
    over = SilencePassed(silence=running.silence, deadline=running.deadline.at)
    at, after = Stand("silent", stage.SET_FOR_S), Stand("silent", stage.SET_FOR_S + 0.000001)
    yield said(stand, "later", "The deadline is moved later.", chair, longer)
    yield said(stand, "not-later", "The deadline is moved nowhere.", chair, structs.replace(longer, deadline=running.deadline), Rule.DEADLINE_NOT_LATER)
    yield said(at, "at-deadline", "At the deadline itself there is still time.", chair, longer)
    yield said(after, "expired", "A microsecond after the deadline there is none.", chair, longer, Rule.SILENCE_EXPIRED)
    yield said(Stand("withdrawn"), "withdrawn", "The silence was withdrawn.", chair, longer, Rule.SILENCE_NOT_RUNNING)
    yield said(stand, "unknown", "A silence that nobody set.", chair, structs.replace(longer, silence=NOTHING), Rule.SILENCE_UNKNOWN)
    again = Stand("jeopardised")
    later = SilenceExtended(silence=stage.silence(again.world).silence, deadline=stage.deadline(again.world, 3_600), reason="outage")
    yield said(again, "jeopardised", "A jeopardised deadline is moved, although it has passed.", chair, later)
    yield said(stand, "in-time", "More time is asked for; that is no break.", "XAA", ask)
    yield said(after, "expired", "More time is asked for when it is over.", "XAA", ask, Rule.SILENCE_EXPIRED)
    yield said(stand, "request", "The chair declines.", chair, refuse)
    yield said(stand, "unknown", "A request that nobody made.", chair, structs.replace(refuse, request=NOTHING), Rule.EXTENSION_UNKNOWN)
    yield said(stand, "running", "The chair takes the silence back.", chair, withdraw)
    yield said(Stand("broken"), "broken", "A broken silence is not taken back.", chair, withdraw, Rule.SILENCE_NOT_RUNNING)
    yield said(after, "after", "The first microsecond after the deadline.", "ORG/timekeeper", over)
    yield said(at, "at-deadline", "At the deadline itself the silence has not passed.", "ORG/timekeeper", over, Rule.SILENCE_NOT_EXPIRED)
    yield said(after, "other-deadline", "Another deadline than the silence has.", "ORG/timekeeper", structs.replace(over, deadline=running.deadline.at - timedelta(seconds=1)), Rule.SILENCE_NOT_EXPIRED)
    yield said(again, "jeopardised", "Nobody can show that acts were received up to the deadline.", "ORG/timekeeper", over, Rule.SILENCE_JEOPARDISED)
    yield said(Stand("broken", stage.SET_FOR_S + 1), "broken", "The silence was broken.", "ORG/timekeeper", over, Rule.SILENCE_NOT_RUNNING)


def _breaks() -> Iterator[Named]:
    running = stage.silence(Stand("silent").world)
    object_ = SilenceBroken(silence=running.silence, kind="SUBSTANCE", reason="paragraph 2")
    hour = stage.SET_FOR_S
    for name, wait_s, slug, comment, who in (
        ("silent", 0, "in-time", "An objection in time breaks the silence.", "XAA"),
        ("silent", hour, "at-deadline", "At the deadline itself it is in time (rule-set: at or before).", "XAA"),
        ("silent", hour + 0.7, "late", "Received 0.7 s late it is recorded without effect.", "XAA"),
        ("passed", 60, "after-passing", "Late also when the silence has been said to have passed.", "XAA"),
        ("broken", 0, "further", "Another member's objection is added to the break.", "XBB"),
        ("broken-and-revised", 0, "further-after-revision", "It does not open again what was revised since.", "XBB"),
        ("jeopardised", 0, "jeopardised", "While the deadline is jeopardised nobody is told to be late.", "XAA"),
    ):
        yield said(Stand(name, wait_s), slug, comment, who, object_)
    for name, wait_s, slug, comment, who, rule in (
        ("broken", 0, "again", "A member objects twice.", "XAA", Rule.SILENCE_BROKEN_TWICE),
        ("withdrawn", 0, "withdrawn", "The silence was withdrawn.", "XAA", Rule.SILENCE_NOT_RUNNING),
        ("broken", hour + 1, "broken-and-expired", "The silence is broken and its deadline has passed.", "XBB", Rule.SILENCE_NOT_RUNNING),
        ("silent", hour + 3_601, "too-late", "More than an hour late it is not recorded.", "XAA", Rule.SILENCE_CLOSED),
    ):
        yield said(Stand(name, wait_s), slug, comment, who, object_, rule)


def _questions() -> Iterator[Named]:
    chair, stand = "ORG/chair", Stand("negotiating")
    put = QuestionPut(version=stage.version(stand.world), window_s=0)
    yield said(stand, "first", "The chair puts the question.", chair, put)
    yield said(Stand("asked"), "again", "It may be put again before consensus is perceived.", chair, put)
    yield said(Stand("silent"), "under-silence", "Not on a text under silence.", chair, put, Rule.TEXT_UNDER_SILENCE)
    yield said(Stand("perceived"), "perceived", "Consensus has been perceived.", chair, put, Rule.QUESTION_TWICE)
    at = Stand("asked", 60)
    perceive = ConsensusPerceived(question=stage.question(at.world))
    yield said(at, "window-over", "The window is over and nobody objects.", chair, perceive)
    yield said(Stand("asked", 59), "window-open", "A second before the window is over.", chair, perceive, Rule.QUESTION_OPEN)
    yield said(stand, "not-put", "A question that nobody put.", chair, ConsensusPerceived(question=NOTHING), Rule.TEXT_UNKNOWN)
    yield said(Stand("perceived"), "twice", "It is perceived once.", chair, perceive, Rule.QUESTION_TWICE)
    yield said(Stand("objected", 60), "objected", "A member objects.", chair, perceive, Rule.NO_CONSENSUS)
    yield said(Stand("asked-again"), "put-again", "The question was put again since.", chair, perceive, Rule.QUESTION_NOT_PUT)


def _decisions() -> Iterator[Named]:
    chair, met, silent = "ORG/chair", Stand("perceived"), Stand("passed")
    question = stage.text(met.world).question
    assert question is not None
    held = stage.silence(silent.world)
    decide = DecisionAdopted(
        version=stage.version(met.world),
        mode="IN_MEETING",
        basis=question.perceived or "",
        effective_at=met.world.now,
        clauses=(),
    )
    tacit = structs.replace(decide, mode="SILENCE", basis=held.passed_by or "", effective_at=held.deadline.at)
    yield said(met, "in-meeting", "By the chair's perception.", chair, decide)
    yield said(silent, "by-silence", "By a silence that passed.", "ORG/timekeeper", tacit)
    yield said(met, "other-basis", "By a perception that there was not.", chair, structs.replace(decide, basis=NOTHING), Rule.DECISION_BASIS)
    yield said(met, "in-meeting-by-timekeeper", "The clock perceives nothing.", "ORG/timekeeper", decide, Rule.NOT_ENTITLED)
    yield said(silent, "other-effect", "A silence takes effect at its deadline.", "ORG/timekeeper", structs.replace(tacit, effective_at=silent.world.now), Rule.DECISION_BASIS)
    yield said(Stand("adopted"), "twice", "It is adopted once.", chair, decide, Rule.DECISION_TWICE)
