"""Recorded votes come out of the record as they went into it, whatever happened on the way."""

import random
from collections.abc import Sequence
from functools import cache

import pytest

from tacit.acts import PositionDeclared
from tacit.errors import RefusedError, Rule
from tacit.testing import COUNCIL
from tacit_services.unga.importing import OtherAnswerError, StoppedError, TwiceDoor
from tacit_services.unga.outcome import Comparison
from tacit_services.unga.source import RollCall, Source, read_source
from tacit_services.views import Question
from tests.requirement import SHARED
from tests.scale import scale_name
from tests.unit.projector.showing import built
from tests.unit.unga.assembly import Assembly, Registry
from tests.votes import FILES, collection

VOTES = SHARED / "data" / "unga-votes"
REAL_ROLL_CALLS = 4 if scale_name() == "dev" else 20

either = pytest.mark.parametrize("kind", ["generated", pytest.param("real", marks=pytest.mark.requires("shared"))])


@cache
def source(kind: str) -> Source:
    """Twelve roll calls of eight members that never were, or the first that there were, of those who voted."""
    if kind == "generated":
        return read_source(collection())
    whole = read_source({name: (VOTES / name).read_bytes() for name in FILES})
    calls = whole.roll_calls[:REAL_ROLL_CALLS]
    voting = {state for call in calls for state, _ in call.votes}
    states = tuple(state for state in whole.states if state in voting)
    return Source(states, calls, {call.rcid: whole.tallies[call.rcid] for call in calls})


def all_equal(assembly: Assembly) -> Comparison:
    count = len(assembly.source.roll_calls)
    return Comparison(count, count, ())


def acts_in(calls: Sequence[RollCall]) -> int:
    """The channel; then number, text, votes and tally of each."""
    return 1 + sum(len(call.votes) + 3 for call in calls)


@either
async def test_every_tally_equals_that_of_the_collection(kind: str) -> None:
    assembly = Assembly(source(kind))

    await assembly.take_in()

    assert all_equal(assembly) == assembly.compare()
    assert acts_in(assembly.source.roll_calls) == assembly.acts


async def test_every_vote_is_signed_by_the_key_of_its_state() -> None:
    assembly = Assembly(source("generated"))

    await assembly.take_in()

    votes = [entry for entry in assembly.office.entries() if isinstance(entry.act.content, PositionDeclared)]
    keys = {(each.act.header.state, each.act.header.credential) for each in votes}
    assert len({state for state, _ in keys}) == len({key for _, key in keys}) == len(keys)
    assert sum(len(call.votes) for call in assembly.source.roll_calls) == len(votes)


@either
async def test_an_interrupted_import_goes_on_from_the_record(kind: str) -> None:
    assembly = Assembly(source(kind))

    await assembly.take_in(slice(5))
    await assembly.take_in()

    assert all_equal(assembly) == assembly.compare()
    assert acts_in(assembly.source.roll_calls) == assembly.acts


@pytest.mark.parametrize("recorded", [1, 2, 3, 6, 9])
async def test_an_import_interrupted_within_a_roll_call_hands_in_only_what_is_missing(recorded: int) -> None:
    assembly = Assembly(source("generated"))
    composer, window = assembly.composer(), assembly.world.window()
    said = [*composer.opening(window), *composer.roll_call(assembly.source.roll_calls[0], window)]
    async with assembly.office.serving() as registrar:
        await Registry(registrar).submit_in_order(said[:recorded])

    await assembly.take_in()

    assert all_equal(assembly) == assembly.compare()
    assert acts_in(assembly.source.roll_calls) - recorded == assembly.acts


@either
async def test_acts_that_are_sent_twice_are_recorded_once(kind: str) -> None:
    assembly = Assembly(source(kind))

    await assembly.take_in(times=2)

    assert all_equal(assembly) == assembly.compare()
    assert acts_in(assembly.source.roll_calls) == len(assembly.office.entries()) - len(assembly.world.entries) - 1


@pytest.mark.parametrize(
    ("kind", "seed"),
    [*(("generated", seed) for seed in range(3)), pytest.param("real", 0, marks=pytest.mark.requires("shared"))],
)
async def test_the_order_of_the_authors_does_not_matter(kind: str, seed: int) -> None:
    assembly = Assembly(source(kind))

    await assembly.take_in_scattered(seed)

    assert all_equal(assembly) == assembly.compare()


@pytest.mark.parametrize("seed", [0, 1])
async def test_against_the_grain_all_tallies_are_the_same(seed: int) -> None:
    """Every act twice, authors interleaved by chance, a restart in the middle, and the views built from nothing."""
    assembly = Assembly(source("generated"))

    for part in (slice(7), slice(None)):
        await assembly.take_in(part, twice=True, shuffle=random.Random(seed).shuffle)

    assert all_equal(assembly) == assembly.compare()
    assert acts_in(assembly.source.roll_calls) == assembly.acts
    assert tallies_of(assembly.source) == tallies_in_views(assembly)


def tallies_of(collection: Source) -> dict[str, tuple[int, int, int]]:
    counts = {call.reference: collection.tallies[call.rcid] for call in collection.roll_calls}
    return {reference: (each.yes, each.no, each.abstain) for reference, each in counts.items()}


def tallies_in_views(assembly: Assembly) -> dict[object, tuple[object, object, object]]:
    """What the view of texts says of each, and that the view of positions has every vote for it."""
    raw = [message.data for message in assembly.office.record.messages()]
    with built(assembly.world.organisation, raw) as file:
        texts = [held.values for held in file.select(Question("texts")).rows]
        positions = [held.values for held in file.select(Question("positions", limit=1000)).rows]
    for text in texts:
        cast = [each["stance"] for each in positions if each["text"] == text["text"]]
        assert (text["yes"], text["no"], text["abstain"]) == tuple(map(cast.count, ("JOINS", "OBJECTS", "ABSTAINS")))
    return {text["reference"]: (text["yes"], text["no"], text["abstain"]) for text in texts}


async def test_votes_are_really_interleaved() -> None:
    straight, mixed = Assembly(source("generated")), Assembly(source("generated"))

    await straight.take_in()
    await mixed.take_in(shuffle=random.Random(1).shuffle)

    order = [
        [each.act.header.state for each in assembly.office.entries() if isinstance(each.act.content, PositionDeclared)]
        for assembly in (straight, mixed)
    ]
    assert order[0] != order[1]
    assert sorted(order[0]) == sorted(order[1])


class Doubting:
    """`Door` that answers the second time in another way."""

    def __init__(self) -> None:
        self._times = 0

    async def submit_in_order(self, handed_in: Sequence[bytes]) -> list[bytes | None]:
        """Give a receipt that nobody has seen before."""
        self._times += 1
        return [b'{"answer":"receipt","%d"' % self._times for _ in handed_in]


async def test_two_receipts_for_one_act_are_not_passed_over() -> None:
    assembly = Assembly(source("generated"))

    with pytest.raises(ExceptionGroup) as ended:
        await assembly.hand_in(TwiceDoor(Doubting()), assembly.composer())

    assert ended.group_contains(OtherAnswerError)


async def test_the_state_holds_no_position_of_a_counted_text() -> None:
    assembly = Assembly(source("generated"))

    await assembly.take_in()

    texts = assembly.office.refold().bodies[COUNCIL].texts.values()
    assert {"COUNTED"} == {text.status for text in texts}
    assert 0 == sum(len(text.positions) for text in texts)


async def test_a_refused_act_stops_the_import_with_its_rule() -> None:
    whole = source("generated")
    first = whole.roll_calls[0]
    strange = RollCall(first.rcid, "no reference", first.subject, first.title, first.wording, first.votes)
    assembly = Assembly(Source(whole.states, (strange,), whole.tallies))

    async with assembly.office.serving() as registrar:
        with pytest.raises(RefusedError) as refused:
            await assembly.hand_in(Registry(registrar), assembly.composer())

    assert Rule.WRONG_VALUE == refused.value.rule


class Silent:
    """`Door` behind which nobody answers."""

    async def submit_in_order(self, handed_in: Sequence[bytes]) -> list[bytes | None]:
        """Answer nothing."""
        return [None] * len(handed_in)


async def test_without_answers_the_import_stops_for_the_record_to_be_read() -> None:
    assembly = Assembly(source("generated"))

    with pytest.raises(StoppedError):
        await assembly.hand_in(Silent(), assembly.composer())


async def test_what_was_recorded_without_an_answer_is_not_handed_in_again() -> None:
    assembly = Assembly(source("generated"))
    old = assembly.composer()
    await assembly.take_in(slice(3))
    assembly.world.wait(1)  # so that the same content makes another act

    async with assembly.office.serving() as registrar:
        with pytest.raises(StoppedError):
            await assembly.hand_in(Registry(registrar), old)
    await assembly.take_in()

    assert all_equal(assembly) == assembly.compare()
