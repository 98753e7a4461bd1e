"""A crisis to look at: thirty members, a level, a text with positions, a silence that runs, and one that was broken."""

from datetime import timedelta

from tacit.acts import (
    ConsultationConvened,
    ConsultationJoined,
    ConsultationRequested,
    Deadline,
    LevelRaised,
    MessagePosted,
    PositionDeclared,
    ReferenceAllotted,
    RevisionIssued,
    SilenceBroken,
    SilenceSet,
    Stance,
    TextCirculated,
    Version,
)
from tacit.ids import ActId, StateCode
from tacit.record import Entry
from tacit.testing import World

MEMBERS = tuple(f"X{first}{second}" for first in "ABC" for second in "ABCDEFGHIJ")
HOSTILE = "<img src=x onerror=alert(1)> & <script>alert(2)</script>"


def version(entry: Entry) -> Version:
    return Version(entry.leaf.act, entry.act.header.detached or "")


def circulate(world: World, reference: str, title: str) -> Entry:
    world.organ("secretariat", ReferenceAllotted(reference=reference, subject=title))
    content = TextCirculated(reference=reference, title=title, paragraphs=7)
    return world.organ("secretariat", content, text=title.encode())


def declare(world: World, member: str, text: Version, stance: Stance, scope: str = "text") -> None:
    condition = "paragraph 4 is deleted" if stance == "CAN_ACCEPT_IF" else ""
    content = PositionDeclared(version=text, scope=scope, stance=stance, condition=condition, statement="")
    world.say(member, content)


def consult(world: World) -> None:
    world.organ("secretariat", LevelRaised(level="HEIGHTENED", reason="drill"))
    request = ConsultationRequested(basis="Article 4", threatened=("XAA",), subject="Airspace incidents")
    asked = world.say("XAA", request)
    for member in ("XAB", "XAC", "XAD"):
        world.wait(12)
        world.say(member, ConsultationJoined(consultation=asked.leaf.act))
    convened = ConsultationConvened(consultation=asked.leaf.act, meeting="extraordinary", at=world.now)
    world.organ("chair", convened)
    world.organ("secretariat", LevelRaised(level="CRISIS", reason="drill"))


def set_silence(world: World, text: Version, seconds: float) -> ActId:
    at = (world.now + timedelta(seconds=seconds)).replace(microsecond=0)
    shown = f"{at + timedelta(hours=1):%H:%M} Brussels"
    return world.organ("chair", SilenceSet(version=text, deadline=Deadline(at, "Europe/Brussels", shown))).leaf.act


def crisis(*, notary: bool = False, witnesses: tuple[StateCode, ...] = ()) -> World:
    """The whole of it, recorded, with a silence that has nine and a half minutes to run."""
    world = World(states=MEMBERS, notary=notary, witnesses=witnesses)
    consult(world)
    broken = circulate(world, "CC-M(2026)0030", "Draft reply to the request for an explanation")
    silence = set_silence(world, version(broken), 300)
    world.wait(61.25)
    world.say("XBC", SilenceBroken(silence=silence, kind="TIMING", reason="instructions are expected at noon"))
    draft = circulate(world, "CC-M(2026)0031", "Draft statement on the incidents in the eastern airspace")
    first: tuple[Stance, ...] = ("JOINS", "CAN_ACCEPT", "AWAITING_INSTRUCTIONS", "RESERVES_SUBSTANTIVE")
    for member, stance in zip(MEMBERS, first, strict=False):
        declare(world, member, version(draft), stance)
    revised = RevisionIssued(supersedes=draft.leaf.act, revision=1, paragraphs=7, reason="tour de table")
    final = version(world.organ("secretariat", revised, text=b"revised"))
    declare(world, "XAD", final, "RESERVES_SUBSTANTIVE", "para:4")
    declare(world, "XAE", final, "AWAITING_INSTRUCTIONS")
    for member in MEMBERS[5:24]:
        world.wait(1.5)
        declare(world, member, final, "JOINS")
    declare(world, "XAE", final, "CAN_ACCEPT")
    declare(world, "XAD", final, "CAN_ACCEPT_IF", "para:4")
    declare(world, "XBJ", final, "JOINS_RESERVING_FREEDOM_OF_ACTION")
    set_silence(world, final, 600)
    world.say("XAD", MessagePosted(subject=HOSTILE, in_reply_to=None), text=b"text")
    world.wait(30)
    return world
