"""The example on the page about clients runs as it stands there."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import cast

from tacit.testing import OFFICE, World
from tacit_services.gateway import GatewayConfig
from tests.integration.clerk import Clerk
from tests.integration.client_page import example
from tests.integration.doorstep import gateway, ports_of

Example = Callable[[str, str, tuple[bytes, ...]], Awaitable[list[str]]]


async def test_the_example_says_an_act_and_hears_the_record() -> None:
    world = World(start=datetime.now(UTC))
    clerk = Clerk(world)
    say_and_listen = cast("Example", example("say_and_listen"))
    seeds = (hashlib.sha256(f"XAA/{OFFICE} ed25519".encode()).digest(),)
    async with gateway(GatewayConfig(organisation=clerk.organisation), ports_of(clerk)) as url:
        heard = await say_and_listen(url, clerk.organisation, seeds)

    assert len(world.entries) + 1 == len(heard)
    assert f"{len(world.entries)} XAA We ask for an explanation." == heard[-1]
