"""The view of roll calls: who voted how in one word, in whatever order the votes came, however often it is resumed."""

from collections.abc import Sequence

import msgspec
import pytest

from tacit.acts import TallyRecorded
from tacit.rules import State, apply_bytes, catalogue, genesis
from tacit_services.projector import Projection, Track
from tacit_services.projector.folding import Folded
from tacit_services.projector.votes import ABSTAIN, NO, NO_MEMBER, NO_VOTE, VOTES, YES, Ballots
from tacit_services.shell.view_store import ViewFile
from tacit_services.unga.source import STANCES, RollCall
from tacit_services.views import Held, Question
from tests.conformance.generate.stage import version, voting
from tests.property.plays import stored
from tests.unit.projector.showing import built
from tests.unit.unga.assembly import Assembly
from tests.unit.unga.test_importing import either, source

LETTERS = {STANCES["y"]: YES, STANCES["n"]: NO, STANCES["a"]: ABSTAIN}


def word(states: Sequence[str], call: RollCall) -> str:
    """What the collection says of a roll call, in the word of the view."""
    cast = dict(call.votes)
    return "".join(LETTERS[cast[state]] if state in cast else NO_VOTE for state in states)


def shown(file: ViewFile) -> list[Held]:
    return list(file.select(Question("votes")).rows)


def fold(file: ViewFile, entries: Sequence[bytes]) -> None:
    """Go on with the view, and let go of it again."""
    projection = Projection(genesis(catalogue()), [Track.of(VOTES, file.begin(VOTES.table))])
    for raw in entries:
        projection.take(raw)
    file.write(projection.due())
    projection.settle()


@either
async def test_every_roll_call_has_the_votes_of_the_collection(kind: str) -> None:
    assembly = Assembly(source(kind))
    await assembly.take_in()
    states, calls = assembly.source.states, assembly.source.roll_calls

    with built("", [stored(entry) for entry in assembly.office.entries()]) as file:
        rows = shown(file)

    assert [(call.reference, call.title, word(states, call)) for call in calls] == [
        (row.values["reference"], row.values["title"], row.values["votes"]) for row in rows
    ]
    assert [(call.tally.yes, call.tally.no, call.tally.abstain) for call in calls] == [
        (row.values["yes"], row.values["no"], row.values["abstain"]) for row in rows
    ]


async def test_votes_that_were_cast_in_any_order_give_the_same_words() -> None:
    assembly = Assembly(source("generated"))
    await assembly.take_in_scattered(3)

    with built("", [stored(entry) for entry in assembly.office.entries()]) as file:
        words = {row.values["reference"]: row.values["votes"] for row in shown(file)}

    assert {call.reference: word(assembly.source.states, call) for call in assembly.source.roll_calls} == words


@pytest.mark.parametrize("pieces", [2, 7])
async def test_a_view_that_is_resumed_between_vote_and_tally_knows_the_votes(pieces: int) -> None:
    assembly = Assembly(source("generated"))
    await assembly.take_in_scattered(5)
    entries = [stored(entry) for entry in assembly.office.entries()]

    with ViewFile(":memory:", "") as file, built("", entries) as whole:
        for piece in range(1, pieces + 1):
            fold(file, entries[: len(entries) * piece // pieces])
        (stand,) = file.stands()
        file.swap(stand.name, stand.generation)
        assert whole.digest("votes") == file.digest("votes")


def test_a_vote_of_who_is_no_member_any_more_is_not_counted() -> None:
    world, state, reading = voting(), genesis(catalogue()), Ballots().rows
    without(world.state)
    world.organ("secretariat", TallyRecorded(version=version(world), yes=0, no=1, abstain=0))
    rows: list[msgspec.Struct] = []
    for index, entry in enumerate(world.entries):
        if isinstance(entry.act.content, TallyRecorded):
            without(state)
        read, effects = apply_bytes(state, stored(entry))
        rows += reading(Folded(index, entry.leaf.received_at, read, effects, state, None))

    assert [f"{NO_MEMBER}{NO}"] == [msgspec.structs.asdict(row)["votes"] for row in rows]


def without(state: State) -> None:
    """XAA leaves the council."""
    state.bodies["council"].members = ("XBB",)
