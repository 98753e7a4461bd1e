"""Who follows a record remembers its end, waits for a record that lost it, and does not follow another one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager

import pytest

from tacit_services.last_seen import KEPT_MESSAGES_MAX, LastSeen
from tacit_services.ports import NewMessage, RecordChangedError, RecordGapError, StoredMessage
from tacit_services.shell.event_store.memory import MemoryEventStore, MemoryRecord


def messages(count: int, mark: str = "m") -> list[NewMessage]:
    return [NewMessage("tacit.x.record.a", f"{mark}{number}".encode()) for number in range(count)]


class Follower:
    """Follows on and on."""

    def __init__(self, record: MemoryRecord, wait_s: float = 60.0) -> None:
        self.record = record
        self.store = LastSeen(MemoryEventStore(record), "a gateway", wait_s)
        self.got: list[StoredMessage] = []

    async def run(self) -> None:
        async with aclosing(self.store.follow(0)) as batches:
            async for batch in batches:
                self.got += batch

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow within the block; what ends it is raised."""
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(self.run())
            yield
            task.cancel()

    async def ended_by(self, work: Callable[[], Awaitable[None]]) -> None:
        """Follow until what is done to the record ends it."""
        async with self.running():
            await self.until(20)
            await work()
            await asyncio.sleep(30)

    async def until(self, count: int) -> None:
        async with asyncio.timeout(30):
            while len(self.got) < count:  # noqa: ASYNC110 - what is waited for is a list
                await asyncio.sleep(0.001)


@pytest.fixture
def follower() -> Follower:
    record = MemoryRecord()
    record.add(messages(20), 0)
    return Follower(record)


async def test_it_gives_back_what_it_followed(follower: Follower) -> None:
    async with follower.running():
        await follower.until(20)

        seen = await follower.store.seen()
        assert seen is not None
        assert ("a gateway", 20) == (seen.name, seen.size)
        assert follower.got[14:] == await follower.store.held(15, 100)
        assert follower.got[14:17] == await follower.store.held(15, 3)
        assert [] == await follower.store.held(21, 1)


async def test_a_record_that_comes_back_is_followed_on(follower: Follower) -> None:
    async with follower.running():
        await follower.until(20)
        follower.record.truncate(0)
        follower.record.add(messages(3), 0)  # whoever follows is woken by this
        await asyncio.sleep(0.3)
        assert await follower.store.seen()
        follower.record.add(messages(25)[3:], 3)
        await follower.until(25)

        assert [each.data for each in messages(25)] == [each.data for each in follower.got]


async def test_another_record_in_its_place_is_not_followed(follower: Follower) -> None:
    async def replace() -> None:
        follower.record.truncate(0)
        follower.record.add(messages(3, "other"), 0)
        await asyncio.sleep(0.05)
        follower.record.add(messages(30, "other")[3:], 3)

    with pytest.raises(BaseExceptionGroup) as caught:
        await follower.ended_by(replace)

    [error] = caught.value.exceptions
    assert isinstance(error, RecordChangedError)
    assert 20 == error.sequence


async def test_a_record_that_stays_short_is_given_up() -> None:
    record = MemoryRecord()
    record.add(messages(20), 0)
    follower = Follower(record, wait_s=0.3)

    async def shorten() -> None:
        record.truncate(0)
        record.add(messages(3), 0)

    with pytest.raises(BaseExceptionGroup) as caught:
        await follower.ended_by(shorten)

    [error] = caught.value.exceptions
    assert isinstance(error, RecordGapError)


async def test_what_it_remembers_is_bounded() -> None:
    record = MemoryRecord()
    record.add(messages(KEPT_MESSAGES_MAX + 50), 0)
    follower = Follower(record)
    async with follower.running():
        await follower.until(KEPT_MESSAGES_MAX + 50)

        assert [] == await follower.store.held(50, 1)
        assert follower.got[50:51] == await follower.store.held(51, 1)
