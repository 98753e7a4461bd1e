"""Plays a scenario in virtual time, for tests."""

import itertools
from datetime import timedelta

from tacit import envelope
from tacit.record import encode_entry
from tacit.rules import State, apply, catalogue, genesis
from tacit_services.cli.virtual import VirtualExercise
from tacit_services.scenario import Outcome, Player, Scenario, Stage, TimeMap, virtual


class Playing:
    """One playing of a scenario, with keys and salts that are the same in every run."""

    def __init__(self, scenario: Scenario, times: TimeMap | None = None, channel: str | None = None) -> None:
        counter = itertools.count(1)
        self.scenario = scenario
        self.times = times or virtual()
        start = self.times(scenario.rows[0].at) - timedelta(minutes=1)
        self.desk = VirtualExercise(
            scenario.body, scenario.members, start, lambda size: next(counter).to_bytes(size, "big")
        )
        self.place = (scenario.body, channel or scenario.channel)

    async def play(self) -> list[Outcome]:
        stage = Stage(self.place, self.times, self.desk.author, bytes)
        player = Player(self.scenario, self.desk, stage, self.fold())
        return [outcome async for outcome in player.play()]

    @property
    def record(self) -> list[bytes]:
        return [encode_entry(each.leaf, envelope.encode(each.envelope)) for each in self.desk.entries]

    def fold(self, until: int | None = None) -> State:
        state = genesis(catalogue())
        for entry in self.desk.entries[:until]:
            apply(state, entry)
        return state
