"""The packaged scenarios through the real registrar and the real timekeeper, on a memory store, in virtual time."""

import asyncio
from contextlib import aclosing

import pytest

from tacit.compose import Author
from tacit.detached import Detached
from tacit.envelope import Envelope
from tacit.errors import RefusedError
from tacit.ids import ORGANISATION
from tacit.record import Entry, Leaf, Refusal, decode_entry
from tacit.rules import catalogue, genesis
from tacit.submission import Answer, Submission, decode_answer, encode
from tacit.testing import COUNCIL, EAST, World
from tacit_services.kept_fold import KeptFold
from tacit_services.ports import Clock
from tacit_services.registrar import Registrar
from tacit_services.scenario import NAMES, Outcome, Player, Stage, packaged, scaled
from tacit_services.shell.clock import LoopClock
from tacit_services.shell.event_store.memory import MemoryEventStore
from tacit_services.timekeeper import keep_time
from tests.memory_registrar import Office, read_answer
from tests.simulation.loop import run


class RegistrarDesk:
    """Everybody's desk, right at the registrar's door; entries come from the store."""

    def __init__(self, registrar: Registrar, store: MemoryEventStore, clock: Clock) -> None:
        self._registrar = registrar
        self._store = store
        self._clock = clock
        self.now = clock.now
        self.sleep_until = clock.sleep_until

    async def submit(self, author: Author, envelope: Envelope, detached: Detached | None) -> Leaf:
        answer = read_answer(await self._registrar.submit(encode(Submission(envelope, detached))))
        if isinstance(answer, Refusal):
            raise RefusedError(answer.rule, answer.detail)
        assert isinstance(answer, Leaf), answer
        return answer

    async def entry(self, index: int) -> Entry:
        async with aclosing(self._store.follow(index)) as batches:
            async for batch in batches:
                return decode_entry(batch[0].data)
        raise TimeoutError


class Door:
    """The registrar's door, for the timekeeper."""

    def __init__(self, registrar: Registrar) -> None:
        self._registrar = registrar

    async def submit(self, submission: Submission) -> Answer:
        return decode_answer(await self._registrar.submit(encode(submission)))


async def played(name: str, speed: float) -> tuple[list[Outcome], Office]:
    scenario = packaged(name)
    office = Office(World(scenario.members, ruleset="nato-like-2"))
    clock = LoopClock(office.world.now)
    ports = office.ports(clock=clock)
    store = MemoryEventStore(office.record)
    async with office.serving(ports) as registrar, asyncio.TaskGroup() as tasks:
        author = office.world.author(ORGANISATION, "timekeeper")
        kept = KeptFold(None, office.world.organisation)
        keeping = tasks.create_task(keep_time(store, Door(registrar), clock, author, genesis(catalogue()), kept))
        times = scaled(scenario, clock.now(), speed)
        # A late objection is late by what is on its way in this world: nothing but the loop's own rounding.
        stage = Stage((COUNCIL, EAST), times, office.world.author, bytes, late_within_s=0.001)
        player = Player(scenario, RegistrarDesk(registrar, store, clock), stage, office.refold())
        outcomes = [outcome async for outcome in player.play()]
        keeping.cancel()
    return outcomes, office


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("speed", [1.0, 600.0])
def test_every_row_comes_out_through_registrar_and_timekeeper_as_its_script_says(name: str, speed: float) -> None:
    outcomes, office = run(played(name, speed))

    assert [] == [outcome.failure for outcome in outcomes if outcome.failure]
    assert len(office.entries()) == office.refold().size
