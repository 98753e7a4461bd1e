"""A body that counts: what is a vote, what closes it, what the state then holds."""

import hashlib
from importlib import resources

import pytest

from tacit.acts import PositionDeclared, ReferenceAllotted, Stance, TallyRecorded, TextCirculated, Version
from tacit.errors import RefusedError, Rule
from tacit.rules import Tally, evaluate
from tacit.rules.state import Text
from tacit.testing import COUNCIL, World

MEMBERS = ("XAA", "XBB", "XCC", "XDD")
REFERENCE = "UNGA(2026)0001"


def voting(ruleset: str = "tally") -> World:
    world = World(MEMBERS, ruleset=ruleset)
    world.organ("secretariat", ReferenceAllotted(reference=REFERENCE, subject="Draft resolution"))
    circulated = TextCirculated(reference=REFERENCE, title="Draft resolution", paragraphs=2)
    world.organ("secretariat", circulated, text=b"The Assembly takes note.")
    return world


def text(world: World) -> Text:
    return next(iter(world.state.bodies[COUNCIL].texts.values()))


def version(world: World) -> Version:
    return Version(text(world).text, text(world).wording)


def vote(world: World, state: str, stance: Stance, scope: str = "text") -> None:
    content = PositionDeclared(version=version(world), scope=scope, stance=stance, condition="", statement="")
    world.say(state, content)


def record(world: World, yes: int, no: int, abstain: int) -> None:
    world.organ("secretariat", TallyRecorded(version=version(world), yes=yes, no=no, abstain=abstain))


def tally(world: World) -> Tally | None:
    return evaluate(world.state, COUNCIL, text(world).text, "IN_MEETING").tally


def test_the_last_vote_of_a_member_counts_and_a_position_on_a_paragraph_does_not() -> None:
    world = voting()
    vote(world, "XAA", "OBJECTS")
    vote(world, "XAA", "JOINS")
    vote(world, "XBB", "ABSTAINS")
    vote(world, "XCC", "OBJECTS", "para:1")
    vote(world, "XDD", "NOT_PRESENT")

    assert Tally(yes=1, no=0, abstain=1) == tally(world)


def test_nobody_perceives_consensus_where_votes_are_counted() -> None:
    world = voting()
    vote(world, "XAA", "JOINS")
    judged = evaluate(world.state, COUNCIL, text(world).text, "IN_MEETING")

    assert ("indeterminate", ("XBB", "XCC", "XDD")) == (judged.result, judged.undeclared)


def test_a_tally_closes_the_version_and_the_state_lets_go_of_the_votes() -> None:
    world = voting()
    vote(world, "XAA", "JOINS")
    vote(world, "XBB", "OBJECTS")
    record(world, 1, 1, 0)

    assert ("COUNTED", {}, Tally(1, 1, 0)) == (text(world).status, text(world).positions, tally(world))
    with pytest.raises(RefusedError) as refused:
        vote(world, "XCC", "JOINS")
    assert Rule.TEXT_COUNTED == refused.value.rule


@pytest.mark.parametrize("wrong", [(0, 0, 0), (2, 0, 0), (1, 1, 0), (1, 0, 1)])
def test_a_tally_with_other_counts_is_refused(wrong: tuple[int, int, int]) -> None:
    world = voting()
    vote(world, "XAA", "JOINS")
    with pytest.raises(RefusedError) as refused:
        record(world, *wrong)

    assert Rule.TALLY_COUNTS == refused.value.rule


def test_nothing_is_counted_where_the_rule_set_does_not_count() -> None:
    world = voting("nato-like")
    vote(world, "XAA", "JOINS")

    assert tally(world) is None
    with pytest.raises(RefusedError) as refused:
        record(world, 1, 0, 0)
    assert Rule.NOT_ENTITLED == refused.value.rule


def test_the_first_rule_set_is_byte_for_byte_what_it_was() -> None:
    raw = resources.files("tacit.rules").joinpath("nato-like.json").read_bytes()

    assert "b6538f9b677d6bea22ced24b1c953772632073a34febac3fbce59d0f496e1df2" == hashlib.sha256(raw).hexdigest()
