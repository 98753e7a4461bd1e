"""What the timekeeper states, and that two of them do no harm."""

from datetime import timedelta

from tacit.acts import Deadline, DecisionAdopted, SilenceBroken, SilencePassed, SilenceSet, Version
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


def state_what_is_due(world: World) -> SilencePassed | DecisionAdopted:
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
