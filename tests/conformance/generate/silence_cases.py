"""Cases of silence procedures."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from msgspec import structs

from tacit.acts import (
    ExtensionRefused,
    ExtensionRequested,
    SilenceBroken,
    SilenceExtended,
    SilencePassed,
    SilenceSet,
    SilenceWithdrawn,
)
from tacit.errors import Rule
from tests.conformance.generate import stage
from tests.conformance.generate.by_tag import said
from tests.conformance.generate.case import Named
from tests.conformance.generate.say import Stand

NOTHING: Final = "f" * 64
CHAIR: Final = "ORG/chair"
STAND: Final = Stand("silent")
RUNNING: Final = stage.silence(STAND.world)
AT: Final = Stand("silent", stage.SET_FOR_S)
AFTER: Final = Stand("silent", stage.SET_FOR_S + 0.000001)
AGAIN: Final = Stand("jeopardised")


def vectors() -> Iterator[Named]:
    yield from _settings()
    yield from _extensions()
    yield from _requests()
    yield from _endings()
    yield from _breaks()


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
        yield said(
            stand, slug, comment, chair, SilenceSet(version=here, deadline=stage.deadline(now, ahead_s, shown)), rule
        )
    for name, slug, comment, rule in (
        ("broken", "again", "A broken silence never resumes: a new silence needs a new version.", Rule.SILENCE_TWICE),
        ("perceived", "perceived", "Consensus has been perceived.", Rule.QUESTION_TWICE),
        ("adopted", "agreed", "The text is agreed.", Rule.TEXT_AGREED),
    ):
        later = Stand(name)
        content = SilenceSet(version=stage.version(later.world), deadline=stage.deadline(later.world, 3_600))
        yield said(later, slug, comment, chair, content, rule)


def _extensions() -> Iterator[Named]:
    longer = SilenceExtended(
        silence=RUNNING.silence, deadline=stage.deadline(STAND.world, 7_200), reason="instructions"
    )
    yield said(STAND, "later", "The deadline is moved later.", CHAIR, longer)
    yield said(
        STAND,
        "not-later",
        "The deadline is moved nowhere.",
        CHAIR,
        structs.replace(longer, deadline=RUNNING.deadline),
        Rule.DEADLINE_NOT_LATER,
    )
    yield said(AT, "at-deadline", "At the deadline itself there is still time.", CHAIR, longer)
    yield said(AFTER, "expired", "A microsecond after the deadline there is none.", CHAIR, longer, Rule.SILENCE_EXPIRED)
    yield said(Stand("withdrawn"), "withdrawn", "The silence was withdrawn.", CHAIR, longer, Rule.SILENCE_NOT_RUNNING)
    yield said(
        STAND,
        "unknown",
        "A silence that nobody set.",
        CHAIR,
        structs.replace(longer, silence=NOTHING),
        Rule.SILENCE_UNKNOWN,
    )
    later = SilenceExtended(
        silence=stage.silence(AGAIN.world).silence, deadline=stage.deadline(AGAIN.world, 3_600), reason="outage"
    )
    yield said(AGAIN, "jeopardised", "A jeopardised deadline is moved, although it has passed.", CHAIR, later)


def _requests() -> Iterator[Named]:
    ask = ExtensionRequested(silence=RUNNING.silence, reason="instructions")
    refuse = ExtensionRefused(silence=RUNNING.silence, request=next(iter(RUNNING.requests)), reason="urgent")
    withdraw = SilenceWithdrawn(silence=RUNNING.silence, reason="misprint")
    yield said(STAND, "in-time", "More time is asked for; that is no break.", "XAA", ask)
    yield said(AFTER, "expired", "More time is asked for when it is over.", "XAA", ask, Rule.SILENCE_EXPIRED)
    yield said(STAND, "request", "The chair declines.", CHAIR, refuse)
    yield said(
        STAND,
        "unknown",
        "A request that nobody made.",
        CHAIR,
        structs.replace(refuse, request=NOTHING),
        Rule.EXTENSION_UNKNOWN,
    )
    yield said(STAND, "running", "The chair takes the silence back.", CHAIR, withdraw)
    yield said(
        Stand("broken"), "broken", "A broken silence is not taken back.", CHAIR, withdraw, Rule.SILENCE_NOT_RUNNING
    )


def _endings() -> Iterator[Named]:
    over = SilencePassed(silence=RUNNING.silence, deadline=RUNNING.deadline.at)
    yield said(AFTER, "after", "The first microsecond after the deadline.", "ORG/timekeeper", over)
    yield said(
        AT,
        "at-deadline",
        "At the deadline itself the silence has not passed.",
        "ORG/timekeeper",
        over,
        Rule.SILENCE_NOT_EXPIRED,
    )
    yield said(
        AFTER,
        "other-deadline",
        "Another deadline than the silence has.",
        "ORG/timekeeper",
        structs.replace(over, deadline=RUNNING.deadline.at - timedelta(seconds=1)),
        Rule.SILENCE_NOT_EXPIRED,
    )
    yield said(
        AGAIN,
        "jeopardised",
        "Nobody can show that acts were received up to the deadline.",
        "ORG/timekeeper",
        over,
        Rule.SILENCE_JEOPARDISED,
    )
    yield said(
        Stand("broken", stage.SET_FOR_S + 1),
        "broken",
        "The silence was broken.",
        "ORG/timekeeper",
        over,
        Rule.SILENCE_NOT_RUNNING,
    )


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
        (
            "broken",
            hour + 1,
            "broken-and-expired",
            "The silence is broken and its deadline has passed.",
            "XBB",
            Rule.SILENCE_NOT_RUNNING,
        ),
        ("silent", hour + 3_601, "too-late", "More than an hour late it is not recorded.", "XAA", Rule.SILENCE_CLOSED),
    ):
        yield said(Stand(name, wait_s), slug, comment, who, object_, rule)
