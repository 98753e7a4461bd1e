"""An assembly in memory: a registrar on memory stores, and the importer at its door."""

import asyncio
import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from tacit.compose import Author, Window
from tacit.ids import StateCode
from tacit.rules import State
from tacit.testing import COUNCIL, World
from tacit_services.registrar import Registrar
from tacit_services.shell.threads import OnTheSpot
from tacit_services.unga.composer import Composer, Shuffle
from tacit_services.unga.importing import Door, Importer, TwiceDoor
from tacit_services.unga.outcome import Comparison, compare
from tacit_services.unga.source import Source
from tests.memory_registrar import REGISTRAR_KEY, Office

PLACE: Final = (COUNCIL, "plenary")
WHOLE: Final = slice(None)


class Registry:
    """`Door` to a registrar in this process; with `times` each portion is handed in so often, and answered alike."""

    def __init__(self, registrar: Registrar, times: int = 1) -> None:
        self._registrar = registrar
        self._times = times

    async def submit_in_order(self, handed_in: Sequence[bytes]) -> list[bytes | None]:
        """Hand in; all times must have the same answers."""
        answers = [[self._registrar.submit(raw) for raw in handed_in] for _ in range(self._times)]
        got = [list(await asyncio.gather(*each)) for each in answers]
        assert all(each == got[0] for each in got)
        return [*got[0]]


class Assembly:
    """What outlives a registrar: the record, and the states with their keys."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.world = World(source.states, ruleset="tally")
        self.office = Office(self.world)
        self.acts = 0

    def composer(self) -> Composer:
        """One that goes on from the record as it is."""
        authors: dict[StateCode, Author] = {state: self.world.author(state) for state in self.source.states}
        authors["ORG"] = self.world.author("ORG", "secretariat")
        return Composer(authors, self.office.refold(), random.Random(7).randbytes, PLACE)

    async def take_in(
        self, part: slice = WHOLE, times: int = 1, *, twice: bool = False, shuffle: Shuffle | None = None
    ) -> None:
        """A registrar takes over, takes in these roll calls, and stops."""
        async with self.office.serving() as registrar:
            door = Registry(registrar, times)
            await self.hand_in(TwiceDoor(door) if twice else door, self.composer(), part, shuffle)

    async def hand_in(
        self, door: Door, composer: Composer, part: slice = WHOLE, shuffle: Shuffle | None = None
    ) -> None:
        """Hand in at a door what a composer composes. Raises what the importer raises."""
        importer = Importer(door, REGISTRAR_KEY, OnTheSpot(), lambda: self.world.now, shuffle)
        await importer.run(composer, self.source.roll_calls[part], self._advanced)

    async def take_in_scattered(self, seed: int) -> None:
        """All texts first; then every vote of every roll call in an order of chance; then the tallies."""
        composer, window = self.composer(), Window(self.world.now, self.world.now + timedelta(hours=1))
        said, versions = composer.opening(window), []
        for call in self.source.roll_calls:
            version, acts = composer.circulation(call, window)
            versions.append((call, version))
            said += acts
        votes = [(version, vote) for call, version in versions for vote in call.votes]
        random.Random(seed).shuffle(votes)
        said += [composer.votes(version, [vote], window)[0] for version, vote in votes]
        said += [composer.tally(call, version, window) for call, version in versions]
        async with self.office.serving() as registrar:
            answers = await Registry(registrar).submit_in_order(said)
        assert all(answer is not None and answer.startswith(b'{"answer":"receipt"') for answer in answers)

    def compare(self, state: State | None = None) -> Comparison:
        """The tallies of the record, folded from its bytes with every signature, beside those of the collection."""
        return compare(self.source.roll_calls, self.source.tallies, (state or self.office.refold()).bodies[COUNCIL])

    def _advanced(self, acts: int) -> None:
        self.acts += acts
