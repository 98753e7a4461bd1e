"""Three who fold the same record agree at every moment: the registrar that wrote it, the views, and `tacit state`."""

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

import msgspec
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from tacit.cli.command import tacit
from tacit.cli.view import view
from tacit.detached import Detached
from tacit.record import Entry, Leaf, decode_entry
from tacit.rules import State, apply
from tacit.submission import Submission, encode
from tacit.testing import World
from tacit_services.registrar import Registrar
from tests.integration.clerk import HandClock
from tests.memory_registrar import Office, read_answer
from tests.property import plays
from tests.unit.cli.files import write
from tests.unit.projector.showing import Shown, built, folded, seen_in, seen_of

PLAYS = settings(max_examples=max(10, settings.default.max_examples // 10) if settings.default else 10)
STEPS_MAX = 12
LOOKS_MAX = 3
OF_THE_MOMENT = ("left_s", "prior")
"""What `tacit state` shows beside the state: how long still, and what a position replaced."""


class Moment(msgspec.Struct):
    """What the registrar's own state was after an entry."""

    index: int
    seen: Shown
    shown: dict[str, Any]


def shown(state: State, world: World) -> dict[str, Any]:
    """What `tacit state --json` shows of a state, less what depends on when one looks."""
    found: dict[str, Any] = json.loads(msgspec.json.encode(view(state, {}, world.now)))
    return without(found)


def without(found: dict[str, Any]) -> dict[str, Any]:
    """Leave out, at any depth, what is of the moment; and nothing comes in an order that is not the record's."""

    def kept(value: object) -> object:
        if isinstance(value, dict):
            return {key: kept(inner) for key, inner in value.items() if key not in OF_THE_MOMENT}
        return [kept(each) for each in value] if isinstance(value, list) else value

    cleaned = kept(found)
    assert isinstance(cleaned, dict)
    return cleaned


def own_state(registrar: Registrar) -> State:
    """The state by which the registrar judges the next act."""
    assert registrar._pipeline is not None
    return registrar._pipeline._judge.state


async def consult(data: DataObject) -> tuple[Office, list[Moment]]:
    """Members speak to a registrar, sensibly or not, and its state is looked at now and then."""
    world = plays.begin()
    office, clock = Office(world), HandClock(world.now)
    moments = []
    async with office.serving(office.ports(clock=clock)) as registrar:
        follow(office, world)
        for _ in range(data.draw(st.integers(1, STEPS_MAX))):
            plays.wait(data, world)
            clock.move((world.now - clock.now()).total_seconds())
            composed = plays.attempt(data, world)
            body = Detached(b"\0" * 32, plays.TEXT) if composed.act.header.detached else None
            answer = read_answer(await registrar.submit(encode(Submission(composed.envelope, body))))
            follow(office, world)
            if isinstance(answer, Leaf) and data.draw(st.booleans()):
                state = own_state(registrar)
                moments.append(Moment(state.size - 1, seen_of(state), shown(state, world)))
        state = own_state(registrar)
        moments.append(Moment(state.size - 1, seen_of(state), shown(state, world)))
    return office, moments


def follow(office: Office, world: World) -> None:
    """Let the world know what the registrar has recorded, as any member does."""
    for message in office.record.messages()[len(world.entries) :]:
        entry: Entry = decode_entry(message.data)
        apply(world.state, entry)
        world.entries.append(entry)


@PLAYS
@given(data=st.data())
def test_registrar_views_and_command_agree_at_random_moments(data: DataObject) -> None:
    office, moments = asyncio.run(consult(data))
    entries = [message.data for message in office.record.messages()]

    with built(office.world.organisation, entries) as file, tempfile.TemporaryDirectory() as folder:
        source = write(Path(folder) / "record.jsonl", entries)
        for moment in moments[-LOOKS_MAX:]:
            assert moment.seen == seen_in(file, moment.index)
            assert moment.seen == seen_of(folded(entries[: moment.index + 1]))
            said = CliRunner().invoke(tacit, ["state", str(source), "--as-of", str(moment.index), "--json"])
            assert moment.shown == without(json.loads(said.stdout))
