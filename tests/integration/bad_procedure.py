"""Rows of bad input that break the procedure: texts, positions, silences, decisions and the founding."""

from datetime import timedelta
from typing import Final

from tacit.acts import (
    ChannelOpened,
    CharterAccepted,
    ConsultationConcluded,
    ConsultationJoined,
    ExtensionRequested,
    LevelRaised,
    ReferenceAllotted,
    RegistrarTerm,
    SilenceBroken,
    SilenceExtended,
    SilencePassed,
    TextCirculated,
    Version,
)
from tacit.errors import Rule
from tests.integration.acting import (
    NOBODY,
    BadAct,
    charter,
    decision,
    member,
    organ,
    position,
    register,
    said,
    silence,
    with_deadline,
)
from tests.integration.town import BODY

BREAK: Final = "SUBSTANCE"

BAD_PROCEDURE: Final = [
    BadAct("a position on a superseded text", position(lambda story: story.superseded), Rule.TEXT_SUPERSEDED),
    BadAct("a position on another wording", position(lambda story: Version(story.current.text, NOBODY)), Rule.WORDING),
    BadAct("a position on no text", position(lambda _: Version(NOBODY, NOBODY)), Rule.TEXT_UNKNOWN),
    BadAct(
        "a position on a paragraph that is not there", position(lambda story: story.current, scope="para:4"), Rule.SCOPE
    ),
    BadAct("a condition without words", position(lambda story: story.current, stance="CAN_ACCEPT_IF"), Rule.CONDITION),
    BadAct(
        "an objection in place of a break",
        position(lambda story: story.silent, stance="OBJECTS"),
        Rule.BREAK_THE_SILENCE,
    ),
    BadAct(
        "a timekeeper's act by a member",
        member(lambda story: SilencePassed(silence=story.expired, deadline=story.world.now)),
        Rule.NOT_ENTITLED,
    ),
    BadAct("a chair's act by a member", member(decision), Rule.NOT_ENTITLED),
    BadAct(
        "a member's act by the chair",
        organ("chair", lambda story: SilenceBroken(silence=story.running, kind="TIMING", reason="")),
        Rule.NOT_ENTITLED,
    ),
    BadAct("a decision without basis", organ("chair", decision), Rule.DECISION_BASIS),
    BadAct("a silence until noon", organ("chair", lambda story: silence(story, 300, "noon")), Rule.DEADLINE_NOT_EXACT),
    BadAct(
        "a silence until close of business",
        organ("chair", lambda story: silence(story, 300, "cob Brussels")),
        Rule.DEADLINE_NOT_EXACT,
    ),
    BadAct("a silence without a zone", with_deadline(b'"zone":"UTC",', b""), Rule.MISSING_FIELD),
    BadAct("a silence in a zone of no place", with_deadline(b'"zone":"UTC"', b'"zone":"CET"'), Rule.WRONG_VALUE),
    BadAct("a silence until a local time", with_deadline(b'Z","zone"', b'+01:00","zone"'), Rule.NOT_CANONICAL),
    BadAct("a silence until the past", organ("chair", lambda story: silence(story, -60, "10:00")), Rule.DEADLINE_PAST),
    BadAct(
        "a silence for two years",
        organ("chair", lambda story: silence(story, 2 * 366 * 86_400, "10:00")),
        Rule.DEADLINE_TOO_FAR,
    ),
    BadAct(
        "a second silence on one version",
        organ("chair", lambda story: silence(story, 300, "10:00", story.silent)),
        Rule.SILENCE_TWICE,
    ),
    BadAct(
        "an extension after the deadline",
        organ("chair", lambda story: SilenceExtended(silence=story.expired, deadline=story.deadline(600), reason="")),
        Rule.SILENCE_EXPIRED,
    ),
    BadAct(
        "an extension to an earlier time",
        organ("chair", lambda story: SilenceExtended(silence=story.running, deadline=story.deadline(60), reason="")),
        Rule.DEADLINE_NOT_LATER,
    ),
    BadAct(
        "a request for more time after the deadline",
        member(lambda story: ExtensionRequested(silence=story.expired, reason="")),
        Rule.SILENCE_EXPIRED,
    ),
    BadAct(
        "an objection after its last hour",
        member(lambda story: SilenceBroken(silence=story.closed, kind=BREAK, reason="")),
        Rule.SILENCE_CLOSED,
    ),
    BadAct(
        "a break of no silence",
        member(lambda _: SilenceBroken(silence=NOBODY, kind=BREAK, reason="")),
        Rule.SILENCE_UNKNOWN,
    ),
    BadAct(
        "a silence said to have passed before its deadline",
        organ(
            "timekeeper",
            lambda story: SilencePassed(silence=story.running, deadline=story.world.now + timedelta(seconds=3_000)),
        ),
        Rule.SILENCE_NOT_EXPIRED,
    ),
    BadAct(
        "a text under a number that nobody allotted",
        said(
            lambda story: story.act(
                story.organ("secretariat"),
                TextCirculated(reference="CC-M(2026)9999", title="t", paragraphs=1),
                detached=BODY.digest(),
            ),
            BODY,
        ),
        Rule.NUMBER_NOT_ALLOTTED,
    ),
    BadAct(
        "a number allotted twice",
        organ("secretariat", lambda _: ReferenceAllotted(reference="CC-M(2026)0001", subject="s")),
        Rule.REFERENCE_TAKEN,
    ),
    BadAct(
        "a channel that is open already",
        organ("chair", lambda _: ChannelOpened(title="East", kind="crisis")),
        Rule.CHANNEL_EXISTS,
    ),
    BadAct("a level that is not higher", organ("chair", lambda _: LevelRaised(level="ROUTINE", reason="")), Rule.LEVEL),
    BadAct(
        "a consultation that nobody asked for",
        member(lambda _: ConsultationJoined(consultation=NOBODY)),
        Rule.CONSULTATION_UNKNOWN,
    ),
    BadAct(
        "the end of a consultation that nobody asked for",
        organ(
            "chair",
            lambda _: ConsultationConcluded(consultation=NOBODY, outcome="BODY_STATEMENT", decisions=(), reason=""),
        ),
        Rule.CONSULTATION_UNKNOWN,
    ),
    BadAct(
        "a second charter",
        register(lambda story: story.organ("root"), charter),
        Rule.CHARTER_TWICE,
    ),
    BadAct(
        "a second acceptance",
        register(
            lambda story: story.author("XAA", "root"),
            lambda story: CharterAccepted(
                root=story.author("XAA", "root").signer.keys,
                possession=story.author("XAA", "root").signer.prove(story.world.organisation, "XAA", "root"),
            ),
        ),
        Rule.ACCEPTED_TWICE,
    ),
    BadAct(
        "a registrar's term out of turn",
        register(
            lambda story: story.organ("registrar"),
            lambda _: RegistrarTerm(term=7, unavailable_since=None, reason="take-over"),
        ),
        Rule.TERM,
    ),
]
