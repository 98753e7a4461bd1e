"""Other ways in for a member that is held back: the door of whoever lodges for others, and the gateway's open door."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from msgspec.structs import replace

from tacit.client import (
    open_door,
)
from tacit.compose import Composed
from tacit.errors import Rule
from tacit.record import decode_entry
from tacit.submission import Submission, encode
from tests.conformance.generate import watched
from tests.integration.held_back import (
    PLACE,
    Town,
    held_back,
    is_attested,
    lodged,
    standing,
)


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with held_back(tmp_path) as found:
        yield found


async def test_a_member_that_is_shut_out_breaks_the_silence_through_the_door_of_another(town: Town) -> None:
    town.clerk.holds = lambda act: act.header.state == "XAA"
    async with town.client("XBB") as another, open_door(another) as door:
        settings = replace(town.settings(), lodgers=(door,))
        async with town.client(witnesses=settings) as delegation, asyncio.TaskGroup() as tasks:
            said = tasks.create_task(delegation.say(town.content, PLACE))
            await standing(delegation, is_attested)
            town.at(5)
            leaf = await lodged(town, said)

    assert "XBB" == decode_entry(town.clerk.record.messages()[leaf.index].data).act.header.state
    assert ("BROKEN", ["XAA"]) == (town.silence.status, town.silence.breakers)


async def test_a_door_takes_evidence_as_witnesses_send_it_on_and_nothing_else(town: Town) -> None:
    town.at(5)
    town.clerk.holds = lambda _: False
    broken = watched.broken_by(town.world, "XAA", -20)
    evidence = watched.evidence(town.world, broken)
    own = town.world.compose(town.world.author("XAA"), evidence)
    async with town.client("XBB") as another, open_door(another) as door, aiohttp.ClientSession() as http:

        async def post(body: bytes) -> tuple[int, str]:
            async with http.post(door, data=body) as answer:
                return answer.status, await answer.text()

        answers = [await post(body) for body in (b"", submitted(broken), submitted(own), submitted(own))]
        often = [(await post(b""))[0] for _ in range(10)]

    assert (400, Rule.NOT_JSON) == answers[0]
    assert [202, 200, 409] == [status for status, _ in answers[1:]]
    assert Rule.SILENCE_BROKEN_TWICE == answers[3][1]
    assert 429 == often[-1]
    assert ["XAA"] == town.silence.breakers


async def test_the_open_door_takes_submissions_and_nothing_else(town: Town) -> None:
    town.clerk.holds = lambda _: False
    composed = watched.broken_by(town.world, "XAA", -20)
    raw = submitted(composed)
    async with aiohttp.ClientSession() as http:

        async def post(body: bytes) -> tuple[int, bytes]:
            async with http.post(f"{town.url}/v1/submit", data=body) as answer:
                return answer.status, await answer.read()

        first, again = await post(raw), await post(raw)
        refused = await post(submitted(watched.broken_by(town.world, "XAA", -19)))
        statuses = [(await post(body))[0] for body in (b"", b"{}", b"x" * 600_000)]

    assert (200, first) == (first[0], again)
    assert b'"receipt"' in first[1]
    assert (200, b'{"answer":"refusal"') == (refused[0], refused[1][:19])
    assert [400, 400, 413] == statuses


def submitted(composed: Composed) -> bytes:
    return encode(Submission(composed.envelope, None))
