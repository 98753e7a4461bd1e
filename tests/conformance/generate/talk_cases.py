"""Cases of acts in a channel: channels, consultations, texts, positions."""

from collections.abc import Iterator
from typing import Final

from msgspec import structs

from tacit.acts import (
    ChannelOpened,
    ConsultationConcluded,
    ConsultationConvened,
    ConsultationJoined,
    ConsultationRequested,
    LevelRaised,
    MessagePosted,
    PositionDeclared,
    ReferenceAllotted,
    RevisionIssued,
    TextCirculated,
    Version,
)
from tacit.errors import Rule
from tests.conformance.generate import stage
from tests.conformance.generate.by_tag import said
from tests.conformance.generate.case import Named
from tests.conformance.generate.say import Stand

NOTHING: Final = "f" * 64


def vectors() -> Iterator[Named]:
    yield from _channels()
    yield from _consultations()
    yield from _texts()
    yield from _revisions()
    yield from _positions()
    yield from _closed_positions()


def _channels() -> Iterator[Named]:
    stand = Stand("founded")
    again = ChannelOpened(title="East", kind="crisis")
    # The accepted case is act 4: a channel is opened by an act said in it, so its header must be bent.
    enrolled = stand.world.state.credentials[stand.world.author("ORG", "chair").signer.credential].enrolled_by
    yield stand.says(
        "vocabulary 7",
        "channel-opened-new",
        "A channel is opened.",
        "ORG/chair",
        again,
        channel="west",
        number=1,
        previous=enrolled,
    )
    yield said(stand, "again", "A channel that is open.", "ORG/chair", again, Rule.CHANNEL_EXISTS)
    yield said(
        stand,
        "text",
        "A message with its text.",
        "XAA",
        MessagePosted(subject="Message", in_reply_to=None),
        text=b"text",
    )
    yield said(
        stand,
        "no-text",
        "A message without one.",
        "XAA",
        MessagePosted(subject="Message", in_reply_to=None),
        Rule.DETACHED_MISSING,
    )
    raise_ = LevelRaised(level="HEIGHTENED", reason="overflights")
    yield said(stand, "higher", "The level is raised.", "ORG/chair", raise_)
    yield said(
        stand, "same", "The level that it has.", "ORG/chair", structs.replace(raise_, level="ROUTINE"), Rule.LEVEL
    )
    west = Stand("standing")
    chair = west.world.link(west.world.author("ORG", "chair"), ("council", "west"))
    yield west.says(
        "vocabulary 9",
        "level-raised-standing",
        "A standing channel has no level.",
        "ORG/chair",
        raise_,
        Rule.CHANNEL_KIND,
        channel="west",
        number=chair.number,
        previous=chair.previous,
    )
    yield said(stand, "by-member", "A member raises the level.", "XAA", raise_, Rule.NOT_ENTITLED)


def _consultations() -> Iterator[Named]:
    request = ConsultationRequested(basis="Article 4", threatened=("XBB",), subject="Overflights")
    yield said(Stand("founded"), "request", "Any one member asks; nothing refuses it on its merits.", "XAA", request)
    yield said(Stand("founded"), "by-chair", "The chair is no member.", "ORG/chair", request, Rule.NOT_ENTITLED)
    stand = Stand("consulting")
    asked = stage.consultation(stand.world)
    join, convene = (
        ConsultationJoined(consultation=asked),
        ConsultationConvened(consultation=asked, meeting="regular", at=stand.world.now),
    )
    yield said(stand, "other-member", "Another member joins.", "XBB", join)
    yield said(stand, "own-request", "A member joins its own request.", "XAA", join, Rule.CONSULTATION_JOINED)
    yield said(
        stand,
        "unknown",
        "A request that nobody made.",
        "XBB",
        ConsultationJoined(consultation=NOTHING),
        Rule.CONSULTATION_UNKNOWN,
    )
    yield said(stand, "request", "The chair convenes.", "ORG/chair", convene)
    convened = Stand("convened")
    yield said(convened, "again", "It is convened already.", "ORG/chair", convene, Rule.CONSULTATION_STATUS)
    noted = ConsultationConcluded(consultation=asked, outcome="NOTED", decisions=(), reason="")
    yield said(convened, "noted", "The outcome is recorded.", "ORG/chair", noted)
    yield said(
        convened,
        "own-name",
        "A statement in the body's name that nothing adopted.",
        "ORG/chair",
        structs.replace(noted, outcome="BODY_STATEMENT"),
        Rule.CONSULTATION_OUTCOME,
    )
    yield said(
        convened,
        "no-such-decision",
        "A decision that nobody adopted.",
        "ORG/chair",
        structs.replace(noted, outcome="DECISION", decisions=(NOTHING,)),
        Rule.CONSULTATION_OUTCOME,
    )
    yield said(stand, "not-convened", "Nothing was convened.", "ORG/chair", noted, Rule.CONSULTATION_STATUS)


def _texts() -> Iterator[Named]:
    stand, secretariat = Stand("negotiating"), "ORG/secretariat"
    free = ReferenceAllotted(reference="CC-M(2026)0003", subject="Draft")
    yield said(stand, "free", "A number that was never allotted.", secretariat, free)
    yield said(
        stand,
        "taken",
        "A number that was allotted.",
        secretariat,
        structs.replace(free, reference=stage.SPARE),
        Rule.REFERENCE_TAKEN,
    )
    circulate = TextCirculated(reference=stage.SPARE, title="Draft", paragraphs=2)
    yield said(stand, "allotted", "A text under an allotted number.", secretariat, circulate, text=stage.WORDING)
    yield said(
        stand,
        "used",
        "A number that bears a text.",
        secretariat,
        structs.replace(circulate, reference=stage.REFERENCE),
        Rule.REFERENCE_TAKEN,
        text=stage.WORDING,
    )
    yield said(
        stand,
        "not-allotted",
        "A number that nobody allotted.",
        secretariat,
        structs.replace(circulate, reference="CC-M(2026)0009"),
        Rule.NUMBER_NOT_ALLOTTED,
        text=stage.WORDING,
    )
    yield said(stand, "no-text", "A text without words.", secretariat, circulate, Rule.DETACHED_MISSING)


def _revisions() -> Iterator[Named]:
    stand, secretariat = Stand("negotiating"), "ORG/secretariat"
    first = stage.text(stand.world).text
    revise = RevisionIssued(supersedes=first, revision=1, paragraphs=3, reason="paragraph 3")
    yield said(stand, "first", "The first revision.", secretariat, revise, text=stage.WORDING)
    yield said(
        stand,
        "skipped",
        "The second revision of what has no first.",
        secretariat,
        structs.replace(revise, revision=2),
        Rule.TEXT_REVISION,
        text=stage.WORDING,
    )
    yield said(
        stand,
        "unknown",
        "A revision of nothing.",
        secretariat,
        structs.replace(revise, supersedes=NOTHING),
        Rule.TEXT_UNKNOWN,
        text=stage.WORDING,
    )
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
        (
            "no-paragraph",
            "A paragraph that the text does not have.",
            structs.replace(position, scope="para:3"),
            Rule.SCOPE,
        ),
        (
            "no-condition",
            "CAN_ACCEPT_IF without a condition.",
            structs.replace(position, stance="CAN_ACCEPT_IF"),
            Rule.CONDITION,
        ),
        (
            "surplus-condition",
            "A condition without CAN_ACCEPT_IF.",
            structs.replace(position, condition="if"),
            Rule.CONDITION,
        ),
        (
            "no-statement",
            "JOINS_WITH_STATEMENT without a statement.",
            structs.replace(position, stance="JOINS_WITH_STATEMENT"),
            Rule.CONDITION,
        ),
        (
            "other-wording",
            "A wording that the text does not have.",
            structs.replace(position, version=Version(here.text, NOTHING)),
            Rule.WORDING,
        ),
        (
            "no-text",
            "A text that nobody circulated.",
            structs.replace(position, version=Version(NOTHING, NOTHING)),
            Rule.TEXT_UNKNOWN,
        ),
    ):
        yield said(stand, slug, comment, "XAA", content, rule)


def _closed_positions() -> Iterator[Named]:
    here = stage.version(Stand("negotiating").world)
    position = PositionDeclared(version=here, scope="para:2", stance="RESERVES_SCRUTINY", condition="", statement="")
    for name, slug, comment, rule in (
        ("revised", "superseded", "On a version that was superseded.", Rule.TEXT_SUPERSEDED),
        ("adopted", "agreed", "On a text that is agreed.", Rule.TEXT_AGREED),
    ):
        later = Stand(name)
        yield said(later, slug, comment, "XAA", structs.replace(position, version=stage.version(later.world)), rule)
    silent = Stand("silent")
    objects = structs.replace(position, version=stage.version(silent.world), stance="OBJECTS")
    yield said(
        silent,
        "objects-under-silence",
        "A text under silence is objected to by breaking the silence.",
        "XAA",
        objects,
        Rule.BREAK_THE_SILENCE,
    )
