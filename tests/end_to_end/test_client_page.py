"""The example on the page about clients runs as it stands there."""

import hashlib
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final, cast

from tacit.testing import OFFICE, World
from tacit_services.gateway import GatewayConfig
from tests.integration.clerk import Clerk
from tests.integration.doorstep import gateway, ports_of
from tests.requirement import ROOT

PAGE: Final = ROOT / "docs" / "how-to" / "connect-a-client.md"
Example = Callable[[str, str, tuple[bytes, ...]], Awaitable[list[str]]]


def example() -> Example:
    """The function on the page."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(code, str(PAGE), "exec"), names)  # noqa: S102 - it is our own page
    return cast("Example", names["say_and_listen"])


async def test_the_example_says_an_act_and_hears_the_record() -> None:
    world = World(start=datetime.now(UTC))
    clerk = Clerk(world)
    seeds = (hashlib.sha256(f"XAA/{OFFICE} ed25519".encode()).digest(),)
    async with gateway(GatewayConfig(organisation=clerk.organisation), ports_of(clerk)) as url:
        heard = await example()(url, clerk.organisation, seeds)

    assert len(world.entries) + 1 == len(heard)
    assert f"{len(world.entries)} XAA We ask for an explanation." == heard[-1]
