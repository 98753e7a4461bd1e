"""Lines that are cut anywhere, in either direction: every act is recorded once, every entry is heard once."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest

from tacit.acts import MessagePosted
from tacit.client import Endpoint, connect
from tacit.session import EntryArrived
from tacit.testing import COUNCIL, EAST, World
from tacit_services.gateway import GatewayConfig
from tests.integration.clerk import Clerk
from tests.integration.doorstep import gateway, ports_of

ACTS: Final = 6
WAIT_S: Final = 60.0
CUT_AFTER_BYTES: Final = (300, 24_000)
WHOLE_LINES_AFTER: Final = 60
"""So many lines are cut; then they hold, so that every run comes to its end."""


class BadLine:
    """A proxy that cuts each connection after some bytes, as a seed says, without a word to either side."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self.cuts = 0
        self.port = 0
        self.backend = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = self._chance.randint(*CUT_AFTER_BYTES) if self.cuts < WHOLE_LINES_AFTER else 10**9
        self.cuts += 1
        theirs, mine = await asyncio.open_connection("127.0.0.1", self.backend)
        budget = [left]
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._pump(reader, mine, budget))
                tasks.create_task(self._pump(theirs, writer, budget))
        except* (_CutError, OSError):
            for end in (writer, mine):
                end.transport.abort()

    @staticmethod
    async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, budget: list[int]) -> None:
        while data := await source.read(512):
            sink.write(data[: max(0, budget[0])])
            budget[0] -= len(data)
            if budget[0] <= 0:
                raise _CutError
            await sink.drain()
        raise _CutError


class _CutError(Exception):
    pass


async def speak(url: str, world: World, clerk: Clerk, state: str) -> list[int]:
    """Say some acts; the places of their receipts."""
    said = MessagePosted(subject=state, in_reply_to=None)
    async with connect(Endpoint(url), world.author(state), now=clerk.clock.now) as delegation:
        return [(await delegation.say(said, (COUNCIL, EAST), text=b"text")).index for _ in range(ACTS)]


async def listen(url: str, world: World, count: int) -> list[int]:
    """Hear the record from its beginning."""
    async with connect(Endpoint(url), world.author("ORG", "chair"), listen=True) as delegation:
        heard = delegation.follow()
        events = [await anext(heard) for _ in range(count)]
    assert all(isinstance(event, EntryArrived) and event.entry is not None for event in events)
    return [event.index for event in events]


@pytest.mark.parametrize("seed", range(10))
async def test_whatever_is_cut_each_act_is_recorded_once_and_each_entry_heard_once(seed: int) -> None:
    world, line = World(), BadLine(seed)
    clerk, founded = Clerk(world), len(world.entries)
    async with line.listening():
        url = f"http://127.0.0.1:{line.port}"
        config = GatewayConfig(organisation=clerk.organisation, audiences=(f"127.0.0.1:{line.port}",))
        async with gateway(config, ports_of(clerk)) as direct, asyncio.timeout(WAIT_S):
            line.backend = int(direct.rsplit(":", 1)[1])
            total = founded + ACTS * len(world.states)
            heard, *said = await asyncio.gather(
                listen(url, world, total), *(speak(url, world, clerk, state) for state in world.states)
            )

    assert [*range(total)] == heard
    assert [*range(founded, total)] == sorted(index for indices in said for index in indices)
    assert total == clerk.record.last
    assert line.cuts > len(said) + 1
