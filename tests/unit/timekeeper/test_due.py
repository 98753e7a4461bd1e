"""What the timekeeper states, and that two of them do no harm."""

from datetime import timedelta

from tacit.acts import (
    AcknowledgementGiven,
    AcknowledgementOverdue,
    AcknowledgementRequested,
    Deadline,
    DecisionAdopted,
    MessagePosted,
    SilenceBroken,
    SilencePassed,
    SilenceSet,
    Version,
)
from tacit.acts.text import ReferenceAllotted, TextCirculated
from tacit.record import Entry
from tacit.testing import World
from tacit_services.timekeeper.due import RESOLUTION, next_due, sign_due


def under_silence(world: World) -> Entry:
    world.organ("secretariat", ReferenceAllotted(reference="CC-M(2026)0001", subject="Draft"))
    circulated = TextCirculated(reference="CC-M(2026)0001", title="Draft", paragraphs=4)
    text = world.organ("secretariat", circulated, text=b"1. The council agrees.")
    version = Version(text.leaf.act, text.act.header.detached or "")
    deadline = Deadline(world.now + timedelta(hours=1), "Europe/Brussels", "11:00 Brussels")
    return world.organ("chair", SilenceSet(version=version, deadline=deadline))


def state_what_is_due(world: World) -> SilencePassed | DecisionAdopted | AcknowledgementOverdue:
    due = next_due(world.state)
    assert due is not None
    world.now = max(world.now, due.at)
    composed = sign_due(world.state, world.author("ORG", "timekeeper"), due, world.now)
    world.record(composed)
    return due.content


def test_nothing_is_due_while_no_clock_runs() -> None:
    assert next_due(World().state) is None


def test_a_passed_deadline_gives_the_passing_and_then_the_decision() -> None:
    world = World()
    silence = under_silence(world)

    assert state_what_is_due(world) == SilencePassed(silence=silence.leaf.act, deadline=world.now - RESOLUTION)
    assert isinstance(state_what_is_due(world), DecisionAdopted)
    assert next_due(world.state) is None


def test_a_broken_silence_is_not_due() -> None:
    world = World()
    silence = under_silence(world)
    world.say("XBB", SilenceBroken(silence=silence.leaf.act, kind="SUBSTANCE", reason=""))

    assert next_due(world.state) is None


def test_two_timekeepers_sign_the_same_act() -> None:
    world = World()
    under_silence(world)
    world.wait(3601)
    due = next_due(world.state)
    assert due is not None
    author = world.author("ORG", "timekeeper")

    first = sign_due(world.state, author, due, world.now)
    second = sign_due(world.state, author, due, world.now + timedelta(hours=3))

    assert first == second


def test_a_passing_that_waited_for_days_is_still_playable() -> None:
    world = World()
    under_silence(world)
    world.wait(3 * 86_400)
    due = next_due(world.state)
    assert due is not None

    world.record(sign_due(world.state, world.author("ORG", "timekeeper"), due, world.now))

    assert isinstance(state_what_is_due(world), DecisionAdopted)


def called_for(world: World, after_s: float = 600) -> tuple[str, str]:
    """A message that every member is to acknowledge: the message and the request."""
    message = world.organ("chair", MessagePosted(subject="Warning", in_reply_to=None), text=b"text").leaf.act
    deadline = Deadline(world.now + timedelta(seconds=after_s), "Europe/Brussels", "09:10 Brussels")
    asked = AcknowledgementRequested(act=message, kind="READ", addressees=world.states, deadline=deadline)
    return message, world.organ("secretariat", asked).leaf.act


def test_those_who_have_not_acknowledged_in_time_are_named_once() -> None:
    world = World(ruleset="nato-like-2")
    message, request = called_for(world)
    world.say("XBB", AcknowledgementGiven(act=message, kind="READ"))

    stated = state_what_is_due(world)

    assert stated == AcknowledgementOverdue(request=request, deadline=world.now - RESOLUTION, missing=("XAA", "XCC"))
    assert next_due(world.state) is None


def test_nothing_is_due_when_everybody_has_acknowledged() -> None:
    world = World(ruleset="nato-like-2")
    message, _ = called_for(world)
    for state in world.states:
        world.say(state, AcknowledgementGiven(act=message, kind="ACTION"))

    assert next_due(world.state) is None


def test_two_timekeepers_name_the_same_although_somebody_was_late_between_them() -> None:
    world = World(ruleset="nato-like-2")
    message, _ = called_for(world)
    world.wait(601)
    due = next_due(world.state)
    author = world.author("ORG", "timekeeper")
    assert due is not None
    first = sign_due(world.state, author, due, world.now)
    world.say("XAA", AcknowledgementGiven(act=message, kind="READ"))
    after = next_due(world.state)
    assert after is not None

    assert first == sign_due(world.state, author, after, world.now)


def test_the_earlier_clock_is_stated_first() -> None:
    world = World(ruleset="nato-like-2")
    under_silence(world)
    called_for(world)

    assert isinstance(state_what_is_due(world), AcknowledgementOverdue)
    assert isinstance(state_what_is_due(world), SilencePassed)
