"""A counted version lets go of its positions in the state; the views keep who voted how."""

from collections import Counter

from tacit.rules import packaged
from tacit_services.views import Filter, Question
from tests.property.plays import stored
from tests.unit.projector.showing import built
from tests.unit.unga.assembly import Assembly
from tests.unit.unga.test_importing import source


async def test_the_positions_of_a_counted_version_add_up_to_its_tally() -> None:
    rules = packaged("tally").rules.tally
    assert rules is not None
    assembly = Assembly(source("generated"))
    await assembly.take_in()
    entries = [stored(entry) for entry in assembly.office.entries()]

    with built("", entries) as file:
        texts = [held.values for held in file.select(Question("texts")).rows]
        for text in texts:
            held = file.select(Question("positions", (Filter("text", "is", text["text"]),))).rows
            stances = Counter(str(each.values["stance"]) for each in held)
            counted = tuple(sum(stances[stance] for stance in kind) for kind in (rules.yes, rules.no, rules.abstain))

            assert (text["yes"], text["no"], text["abstain"]) == counted
    assert {"COUNTED"} == {text["status"] for text in texts}
    assert len(assembly.source.roll_calls) == len(texts)
