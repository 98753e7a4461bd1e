"""A gateway that stalls, or lets everybody in and drops them: the line is given up, and no storm comes of it."""

import asyncio
from typing import Final, cast

import aiohttp
import pytest

from tacit.acts import ConsultationRequested
from tacit.client import Memory, MemoryStore
from tacit.client import conversation as conversing
from tacit.client.conversation import STEADY_S, Conversation
from tacit.client.delegation import Delegation
from tacit.client.desk import Desk
from tacit.client.line import Endpoint, Line, LineLostError
from tacit.session import ErrorFrame, Fault, SessionError
from tacit.submission import Submission
from tacit.testing import World
from tests.simulation.loop import run
from tests.unit.wired import Wired, wired

SHORT_S: Final = 0.05
MINUTE_S: Final = 60.0


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversing, "ANSWER_WAIT_S", SHORT_S)


@pytest.mark.usefixtures("short")
async def test_a_gateway_that_lets_nobody_in_is_given_up() -> None:
    with pytest.raises(ExceptionGroup) as found:
        async with asyncio.timeout(20 * SHORT_S):
            await Wired().conversation.hold()

    assert found.group_contains(LineLostError)


@pytest.mark.usefixtures("short")
async def test_a_gateway_that_owes_an_answer_is_given_up_though_its_line_lives() -> None:
    with pytest.raises(ExceptionGroup) as found:
        await owed_an_answer()

    assert found.group_contains(LineLostError)


async def owed_an_answer() -> None:
    async with wired() as line:
        await line.hands_in()
        await asyncio.sleep(20 * SHORT_S)


@pytest.mark.usefixtures("short")
async def test_a_gateway_that_owes_nothing_may_be_silent() -> None:
    async with wired() as line:
        _, submit = await line.hands_in()
        line.tells(line.gateway.send(ErrorFrame(Fault.NO_ENTRY, "", submit.ref, ends=False)))
        await asyncio.sleep(10 * SHORT_S)

        assert line.conversation.is_open


async def test_nothing_is_said_on_a_session_that_ended_while_a_frame_was_leaving() -> None:
    with pytest.raises(ExceptionGroup) as found:
        await ended_meanwhile()

    assert found.group_contains(LineLostError)
    assert not found.group_contains(SessionError)


async def ended_meanwhile() -> None:
    async with wired() as line:
        say = line.send

        async def slowly(raw: bytes) -> None:
            await say(raw)
            line.tells(line.gateway.goodbye("going_away"))
            while line.conversation.is_open:  # noqa: ASYNC110 - a conversation tells nobody
                await asyncio.sleep(0)

        line.send = slowly  # type: ignore[method-assign]  # a socket that takes its time
        for _ in range(2):
            content = ConsultationRequested(basis="Article 4", threatened=("XAA",), subject="A matter")
            composed = line.world.compose(line.world.author("XAA"), content)
            line.desk.outbox.add(composed.act_id, Submission(composed.envelope, None))
            line.world.wait(1)
        line.conversation._add_ready()
        # It is whoever says something that sends, not the task that hears the gateway.
        await asyncio.shield(line.conversation._send())
        assert [1, 0] == [kept.sent for kept in line.desk.outbox.waiting()]


async def test_a_connection_is_of_use_that_brought_something_new_however_short_it_was() -> None:
    line, before = Wired(), list[bool]()

    async def bring() -> None:
        await line.welcomes()
        before.append(line.conversation.was_of_use)
        line.enters(line.world.entries[0])
        line.tells(b"")

    with pytest.raises(ExceptionGroup):
        await asyncio.gather(line.conversation.hold(), bring())

    assert [False] == before
    assert line.conversation.was_of_use


class Dropped(Delegation):
    """Each of its connections is opened, and lost after a while."""

    def __init__(self, open_s: float) -> None:
        world = World()
        author = world.author("XAA")
        desk = Desk(Memory(author), None, MemoryStore(), lambda: world.now)
        super().__init__(Endpoint("http://gateway.example"), author, desk, lambda: world.now)
        self._open_s = open_s
        self.connections = 0

    async def _converse(self, http: aiohttp.ClientSession) -> None:
        self.connections += 1
        self._conversation = Conversation(self._desk, cast("Line", None), 1)
        self._conversation._opened_s = asyncio.get_running_loop().time()
        await asyncio.sleep(self._open_s)
        raise LineLostError


@pytest.mark.parametrize(("open_s", "at_least", "at_most"), [(0.0, 12, 40), (STEADY_S, 11, 13)])
def test_connections_that_are_lost_at_once_come_ever_more_slowly(open_s: float, at_least: int, at_most: int) -> None:
    dropped = Dropped(open_s)

    async def minute() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(MINUTE_S):
                await dropped.stay_connected(cast("aiohttp.ClientSession", None))

    run(minute())
    assert at_least <= dropped.connections <= at_most
