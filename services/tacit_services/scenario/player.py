"""Plays a scenario row by row at a desk, folds what the record then holds, and compares it with what the row expects.

It signs for members and for the chair and secretariat. It never makes an act of the timekeeper: it waits for it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from tacit.acts import BodyConstituted
from tacit.compose import Author, Window, next_link
from tacit.errors import RefusedError
from tacit.ids import BodyId, ChannelId, OfficeName, StateCode
from tacit.limits import SALT_BYTES
from tacit.record import Entry, Leaf
from tacit.rules import Effect, State, apply, apply_bytes
from tacit_services.scenario.checker import Seen, check
from tacit_services.scenario.desk import Desk
from tacit_services.scenario.model import Row, Scenario
from tacit_services.scenario.planner import VALIDITY_S, Planned, Planner, says, speaker
from tacit_services.scenario.timing import TimeMap

BODY_CONSTITUTED: Final = str(BodyConstituted.__struct_config__.tag)
ENTRY_WAIT_S: Final = 15.0
"""How long an entry may take to be seen: longer than the timekeeper needs after a deadline."""


Folded = tuple[Entry | None, tuple[Effect, ...]]
"""The entry of a row and what the fold made of it; nothing where nothing was recorded."""


class Stage(msgspec.Struct, frozen=True):
    """Where and how a scenario is played. `late_within_s`: see `checker.Seen`; 0 where time is virtual."""

    place: tuple[BodyId, ChannelId]
    times: TimeMap
    author: Callable[[StateCode, OfficeName], Author]
    entropy: Callable[[int], bytes]
    late_within_s: float = 0.0


class Outcome(msgspec.Struct, frozen=True):
    """How one row came out. `entry` is absent where nothing was recorded; `mismatches` are sentences."""

    number: int
    row: Row
    at: datetime
    entry: Entry | None = None
    refused: str | None = None
    detail: str = ""
    effects: tuple[Effect, ...] = ()
    mismatches: tuple[str, ...] = ()

    @property
    def played(self) -> bool:
        """Whether anything of the row was played."""
        return self.row.act is not None

    @property
    def failure(self) -> str:
        """Which row differs and how, in one sentence; empty where nothing does."""
        if not self.mismatches:
            return ""
        at = f"{self.row.at:%d %b %H:%M:%S}"
        return f"row {self.number} ({at}, {self.row.who} {self.row.says}): {'; '.join(self.mismatches)}"


class Player:
    """One playing. `state` is the record folded so far; the player goes on folding it."""

    def __init__(self, scenario: Scenario, desk: Desk, stage: Stage, state: State) -> None:
        """Begin before the first row."""
        self._scenario = scenario
        self._desk = desk
        self._stage = stage
        self.state = state
        self._planner = Planner(stage.place, stage.times)

    async def play(self) -> AsyncIterator[Outcome]:
        """Play every row at its time and yield how it came out, mismatch or not.

        Raises:
            ScenarioError: a row cannot be played at all; so do the rows that refer to one that came out otherwise.
        """
        for number, row in enumerate(self._scenario.rows, 1):
            await self._desk.sleep_until(self._stage.times(row.at))
            yield await self._play(number, row)

    async def _play(self, number: int, row: Row) -> Outcome:
        at = self._desk.now()
        if row.act is None:
            return Outcome(number, row, at)
        try:
            entry, effects = await self._perform(row)
        except RefusedError as error:
            differences = check(row.expect, self._seen(row, (), str(error.rule)))
            return Outcome(number, row, at, refused=str(error.rule), detail=error.detail, mismatches=differences)
        except TimeoutError:
            return Outcome(number, row, at, mismatches=(f"no {row.act} was recorded within {ENTRY_WAIT_S:.0f} s",))
        if entry is not None:
            self._planner.note(row, entry.leaf.act, entry.act.header.detached)
        return Outcome(
            number, row, at, entry, effects=effects, mismatches=check(row.expect, self._seen(row, effects, None))
        )

    def _seen(self, row: Row, effects: tuple[Effect, ...], refused: str | None) -> Seen:
        stage, place = self._stage, self._planner.place(row)
        return Seen(self.state, place, self._planner.recorded, stage.times, effects, refused, stage.late_within_s)

    async def _perform(self, row: Row) -> Folded:
        if row.once and self._is_there(row):
            return None, ()
        planned = self._planner.plan(row, self.state, self._stage.entropy(SALT_BYTES))
        if row.who == "timekeeper":
            return await self._await(planned)
        leaf = await self._submit(row, planned)
        folded: Folded = None, ()
        while self.state.size <= leaf.index:
            folded = await self._fold()
        return folded

    def _is_there(self, row: Row) -> bool:
        if row.act == BODY_CONSTITUTED:
            return row.content.get("body") in self.state.bodies
        body, channel = self._planner.place(row)
        return channel in self.state.bodies[body].channels

    async def _submit(self, row: Row, planned: Planned) -> Leaf:
        author, now = self._stage.author(*speaker(row)), self._desk.now()
        link = next_link(self.state, author, planned.place)
        window = Window(now, now + timedelta(seconds=VALIDITY_S))
        envelope = self._planner.sign(planned, author, link, window)
        return await self._desk.submit(author, envelope, planned.detached)

    async def _await(self, planned: Planned) -> Folded:
        async with asyncio.timeout(ENTRY_WAIT_S):
            while True:
                entry, effects = await self._fold()
                if entry is not None and says(planned, entry.act):
                    return entry, effects

    async def _fold(self) -> Folded:
        entry = await self._desk.entry(self.state.size)
        # What is no entry is void whatever it holds.
        return apply_bytes(self.state, b"") if entry is None else (entry, apply(self.state, entry))
