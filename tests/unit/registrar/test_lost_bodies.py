"""The store of bodies has lost what the record names: it is noticed at the start, and put back from whoever has it."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import cache
from typing import Any, Final

import pytest
import structlog

from tacit import profile
from tacit.acts import MessagePosted
from tacit.detached import Detached
from tacit.ids import Digest
from tacit.testing import World
from tacit_services.copies import Seen
from tacit_services.shell.clock import LoopClock
from tacit_services.shell.elsewhere import Nobody
from tests.memory_registrar import Office

SAID: Final = 30


@cache
def _world() -> tuple[World, dict[str, bytes]]:
    world, bodies = World(), dict[str, bytes]()
    for number in range(SAID):
        text = f"text {number}".encode()
        world.say("XAA", MessagePosted(subject="News", in_reply_to=None), text=text)
        body = Detached(b"\0" * 32, text)
        bodies[body.digest()] = profile.encode(body)
    return world, bodies


class Shelf(Nobody):
    """`Elsewhere` of one who has bodies, from the time on at which it is there."""

    def __init__(self, bodies: dict[str, bytes], there_at: int = 0) -> None:
        self._bodies = bodies
        self._there_at = there_at
        self.asked = 0

    async def seen(self, organisation: str) -> list[Seen]:
        assert organisation
        self.asked += 1
        return [Seen(name="the archive", size=1, holder="shelf")] if self.asked > self._there_at else []

    async def body(self, organisation: str, holder: str, folder: str, digest: Digest) -> bytes | None:
        assert organisation
        assert "shelf" == holder
        assert "council/east" == folder
        return self._bodies.get(digest)


@pytest.fixture
def office() -> Office:
    world, bodies = _world()
    office = Office(world)
    office.bodies.update(bodies)
    return office


async def told(office: Office, shelf: Shelf) -> list[dict[str, Any]]:
    """What is said while it takes over."""
    clock = LoopClock(office.world.now + timedelta(minutes=1))
    with structlog.testing.capture_logs() as lines:
        async with asyncio.timeout(10), office.serving(office.ports(elsewhere=shelf, clock=clock)):
            pass
    return [dict(line) for line in lines if line["event"].startswith("bod")]


def keep(office: Office, digests: Sequence[str]) -> None:
    for digest in {*office.bodies} - {*digests}:
        del office.bodies[digest]


@pytest.mark.parametrize(
    "left",
    [lambda digests: (), lambda digests: digests[:-1], lambda digests: digests[:7], lambda digests: digests[1:]],
    ids=["all", "the last", "the end", "the first"],
)
async def test_what_is_lost_is_put_back(office: Office, left: Callable[[list[str]], list[str]]) -> None:
    whole = dict(office.bodies)
    keep(office, left([*whole]))

    lines = await told(office, Shelf(whole))

    assert whole == office.bodies
    assert ["bodies_lost"] == [each["event"] for each in lines]


async def test_bodies_without_an_act_hide_no_end_that_is_lost(office: Office) -> None:
    whole = dict(office.bodies)
    keep(office, [*whole][:-3])
    stray = {Detached(b"\1" * 32, bytes([number])).digest(): b"x" for number in range(5)}
    office.bodies.update(stray)

    await told(office, Shelf(whole))

    assert whole | stray == office.bodies


async def test_a_store_that_was_lost_whole_waits_for_those_who_have_it(office: Office) -> None:
    whole = dict(office.bodies)
    office.bodies.clear()

    await told(office, Shelf(whole, there_at=3))

    assert whole == office.bodies


async def test_what_nobody_has_is_said_and_stops_nobody(office: Office) -> None:
    whole = dict(office.bodies)
    first, second, *_ = whole
    keep(office, [])

    lines = await told(office, Shelf({digest: raw for digest, raw in whole.items() if digest not in {first, second}}))

    assert {first, second} == whole.keys() - office.bodies.keys()
    [missing] = [each for each in lines if each["event"] == "bodies_missing"]
    assert ("error", 2) == (missing["log_level"], missing["count"])
    named = next(entry.leaf.index for entry in office.world.entries if entry.act.header.detached == first)
    assert named == missing["index"]


async def test_another_body_under_that_digest_is_none(office: Office) -> None:
    whole = dict(office.bodies)
    first, second, *_ = whole
    keep(office, [each for each in whole if each != first])

    await told(office, Shelf({first: whole[second]}))

    assert first not in office.bodies


async def test_nothing_is_said_where_nothing_is_lost(office: Office) -> None:
    assert [] == await told(office, Shelf({}))
