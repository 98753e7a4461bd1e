"""Lines that are cut anywhere, in either direction: every act is recorded once, every entry is heard once."""

import asyncio
from typing import Final

import pytest

from tacit.acts import MessagePosted
from tacit.client import Endpoint, connect
from tacit.session import EntryArrived
from tacit.testing import COUNCIL, EAST, World
from tacit_services.gateway import GatewayConfig
from tests.integration.bad_line import BadLine
from tests.integration.clerk import Clerk
from tests.integration.doorstep import gateway, ports_of

ACTS: Final = 6
WAIT_S: Final = 60.0


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
