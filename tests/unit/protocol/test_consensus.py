"""Consensus is computed: what blocks, what qualifies, and what silence means before and after the question."""

from typing import get_args

import pytest
from msgspec import structs

from tacit.acts import MessagePosted, PositionDeclared, QuestionPut, ReferenceAllotted, Stance
from tacit.errors import RefusedError, Rule
from tacit.rules import Evaluation, RuleSet, catalogue, evaluate, genesis, packaged
from tacit.testing import World
from tests.conformance.generate import stage
from tests.conformance.generate.two_bodies import committee

RULES = packaged("nato-like").rules
MEMBERS = ("XAA", "XBB")


def declare(world: World, member: str, stance: Stance, scope: str = "text") -> None:
    condition = "if paragraph 2 stands" if stance == "CAN_ACCEPT_IF" else ""
    statement = "as we understand it" if stance == "JOINS_WITH_STATEMENT" else ""
    version = stage.version(world)
    content = PositionDeclared(version=version, scope=scope, stance=stance, condition=condition, statement=statement)
    world.say(member, content)


def judged(world: World, *, silence: bool = False) -> Evaluation:
    return evaluate(world.state, "council", stage.text(world).text, "SILENCE" if silence else "IN_MEETING")


def under(world: World, **consensus: object) -> None:
    """Change the world's rule-set."""
    changed: RuleSet = structs.replace(RULES, consensus=structs.replace(RULES.consensus, **consensus))
    world.state.rulesets = {packaged("nato-like").ref.sha256: changed}


@pytest.mark.parametrize("stance", get_args(Stance))
def test_a_stance_blocks_qualifies_or_does_neither(stance: Stance) -> None:
    world = stage.negotiating()
    declare(world, "XAA", stance)
    declare(world, "XBB", "JOINS")
    blocks, qualifies = stance in RULES.consensus.blocks, stance in RULES.consensus.qualifies
    undeclared = stance == "UNDECLARED"
    expected = Evaluation(
        result="no" if blocks else "indeterminate" if undeclared else "yes",
        blockers=("XAA",) if blocks else (),
        qualifiers=("XAA",) if qualifies else (),
        undeclared=("XAA",) if undeclared else (),
    )

    assert not (blocks and qualifies)
    assert expected == judged(world)


def test_who_says_nothing_consents_once_the_question_is_put() -> None:
    world = stage.negotiating()
    assert Evaluation("indeterminate", (), (), MEMBERS) == judged(world)

    world.organ("chair", QuestionPut(version=stage.version(world), window_s=0))
    assert Evaluation("yes", (), (), MEMBERS) == judged(world)


def test_a_rule_set_may_take_silence_for_consent_at_once() -> None:
    world = stage.negotiating()
    under(world, undeclared_before_question="consents")

    assert "yes" == judged(world).result


def test_a_reservation_on_one_paragraph_blocks_and_lifting_it_unblocks() -> None:
    world = stage.asked()
    declare(world, "XAA", "JOINS")
    declare(world, "XAA", "RESERVES_SUBSTANTIVE", "para:2")
    assert ("no", ("XAA",)) == (judged(world).result, judged(world).blockers)

    declare(world, "XAA", "CAN_ACCEPT", "para:2")
    assert ("yes", ()) == (judged(world).result, judged(world).blockers)


@pytest.mark.parametrize(
    ("name", "result", "blockers"),
    [
        ("negotiating", "indeterminate", ()),
        ("silent", "indeterminate", ()),
        ("passed", "yes", ()),
        ("broken", "no", ("XAA",)),
        ("withdrawn", "no", ()),
    ],
)
def test_under_silence_only_a_break_blocks(name: str, result: str, blockers: tuple[str, ...]) -> None:
    found = judged(stage.STAGES[name](), silence=True)

    assert (result, blockers) == (found.result, found.blockers)


def test_what_is_not_there_is_not_judged() -> None:
    world = stage.negotiating()

    for body, text, rule in (("committee", "", Rule.BODY_UNKNOWN), ("council", "f" * 64, Rule.TEXT_UNKNOWN)):
        with pytest.raises(RefusedError) as refused:
            evaluate(world.state, body, text, "IN_MEETING")
        assert rule == refused.value.rule


def test_there_are_no_rules_before_the_charter() -> None:
    with pytest.raises(RefusedError) as refused:
        _ = genesis(catalogue()).rules

    assert Rule.CHARTER_MISSING == refused.value.rule


def test_what_is_said_in_one_body_leaves_the_other_as_it_was() -> None:
    world = committee()
    before = repr(world.state.bodies["committee"])
    world.say("XBB", MessagePosted(subject="Message", in_reply_to=None), text=b"text")
    world.organ("secretariat", ReferenceAllotted(reference=stage.REFERENCE, subject="Draft"))

    assert before == repr(world.state.bodies["committee"])
    assert [] == list(world.state.bodies["committee"].references)
