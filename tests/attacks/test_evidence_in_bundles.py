"""A bundle of a decision shows the evidence on its silence, though it shows nothing else of who lodged it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tacit import acts, envelope
from tacit.acts import EvidenceLodged, MessagePosted
from tacit.compose import Link, compose
from tacit.decision_bundle import open_bundle
from tacit.testing import World
from tests.attacks.on_bundles import made
from tests.attacks.on_evidence import BEFORE, held_back
from tests.attacks.on_rules import adopted, passed
from tests.attacks.operator import Operator


def by_another(world: World, evidence: EvidenceLodged) -> None:
    """XCC lodges it, whose messages are not shown."""
    world.say("XCC", evidence)


def by_its_author(world: World, evidence: EvidenceLodged) -> None:
    """XBB lodges its own act, which comes before the act that lodges it."""
    payload, author = evidence.envelope.payload, world.author("XBB")
    link = Link(acts.decode(payload).header.number + 1, envelope.act_id(payload))
    world.record(compose(author, evidence, world.place, link, world.window()))


@pytest.mark.parametrize("lodge", [by_another, by_its_author])
def test_evidence_that_came_too_late_is_shown_with_the_decision_in_spite_of_it(
    tmp_path: Path, lodge: Callable[[World, EvidenceLodged], None]
) -> None:
    before, evidence = held_back(BEFORE + timedelta(seconds=40))
    world = before.world
    lodge(world, evidence)
    basis = world.organ("timekeeper", passed(world)).leaf.act
    world.organ("timekeeper", adopted(world, basis))
    told = [each.act.content for each in open_bundle(made(Operator(world), tmp_path)).told]

    assert ["ProofCameLate"] == [type(each).__name__ for each in world.effects[-3]]
    assert [evidence] == [each for each in told if isinstance(each, EvidenceLodged)]
    assert not any(isinstance(each, MessagePosted) for each in told)
