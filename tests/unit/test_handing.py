"""Handing to others what only they can lodge: that somebody says it was lodged is no proof that it was."""

import asyncio
from collections.abc import Callable
from typing import Final, cast

import aiohttp
import pytest

from tacit.client import Stage
from tacit.client import handing as handing_module
from tacit.client.handing import Handing
from tacit.testing import World
from tests.unit.outbox_author import Author
from tests.unit.test_outbox_lost import Lost

WAIT_S: Final = 5.0
LIAR, HONEST = "http://liar.example", "http://honest.example"


class Lodgers(Handing):
    """Two who lodge for others: one says that it does, the other does."""

    def __init__(self, lost: Lost, lodges: Callable[[], None]) -> None:
        http = cast("aiohttp.ClientSession", None)
        super().__init__(http, lost.author.outbox.lodging, lambda: lost.chains, (LIAR, HONEST))
        self._lodges = lodges
        self.asked: list[str] = []

    async def _post(self, address: str, raw: bytes) -> int:
        self.asked.append(address)
        assert raw
        if address == HONEST:
            self._lodges()
        return 200


async def until(found: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not found():  # noqa: ASYNC110 - the outbox tells nobody
            await asyncio.sleep(0.01)


async def test_whoever_only_says_that_it_was_lodged_is_not_the_last_to_be_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HEARD_WAIT_S", "URGENT_S", "LOOK_S"):
        monkeypatch.setattr(handing_module, name, 0.01)
    lost = Lost(Author(World(ruleset="nato-like-2", witnessed=True)), 2)
    assert lost.due() is None
    first, _ = lost.composed

    def lodges() -> None:
        if lost.author.stands(first).stage == Stage.LOST:
            lost.another_lodges(first)

    lodgers = Lodgers(lost, lodges)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(lodgers.run())
        await until(lambda: lost.author.stands(first).stage == Stage.LODGED)
        running.cancel()

    assert [LIAR, HONEST] == lodgers.asked
