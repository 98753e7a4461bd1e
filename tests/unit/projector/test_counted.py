"""A vote that was counted: the view says so, and still knows who voted how."""

from tests.conformance.generate.stage import counted
from tests.property.plays import stored
from tests.unit.projector.showing import COLUMNS, built, seen_in


def test_a_counted_text_is_counted_and_its_votes_stay_in_the_view() -> None:
    world = counted()

    seen = seen_in(built(world.organisation, [stored(entry) for entry in world.entries]), None)

    assert ["COUNTED"] == [row[COLUMNS["texts"].index("status")] for row in seen["texts"]]
    assert {("XAA", "JOINS"), ("XBB", "OBJECTS")} == {(row[1], row[3]) for row in seen["positions"]}
