"""A client that connects again: to the record that it heard, to one restored from before, to one that nobody signed."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from copy import deepcopy
from typing import Final

import pytest

from tacit.acts import MessagePosted
from tacit.client import Memory, MemoryStore, Stage
from tacit.client import conversation as conversing
from tacit.client.desk import Desk
from tacit.client.inbox import Followed
from tacit.client.line import LineLostError
from tacit.record import sign_receipt
from tacit.session import Difference, Fault, OtherRecordError
from tacit.submission import Submission
from tacit.testing import World
from tests.ledger import Ledger
from tests.unit.session_pair import REGISTRAR
from tests.unit.wired import Wired

HELLO: Final = MessagePosted(subject="hello", in_reply_to=None)
CONNECTIONS_MAX: Final = 4


class Follower:
    """A delegation that follows, and the record as the gateway has it, which a test may put another in the place of."""

    def __init__(self, *, follows: bool = True) -> None:
        self.world = World(witnessed=True)
        self.memory = Memory(self.world.author("XAA"))
        self.store = MemoryStore()
        self.desk = Desk(self.memory, self.memory.listen(follows=follows), self.store, lambda: self.world.now)
        self.asked: list[int] = []

    def says(self, *subjects: str) -> None:
        for subject in subjects:
            self.world.say("XBB", MessagePosted(subject=subject, in_reply_to=None), text=b"text")

    async def connects(
        self, signed: int | None = None, *, late: int = 0, idle_s: float = 0.0, of: World | None = None
    ) -> None:
        """One connection, on which all but the `late` last entries come. Raises what it ends with, unless it is cut.

        `signed`: the size of a checkpoint that comes at the end, of this record or that of another world. Then the line
        idles for so long.
        """
        line = Wired(self.desk, self.world)
        with suppress(LineLostError):
            await _first_error(self._play(line, signed, late, idle_s, of or self.world))

    async def _play(self, line: Wired, signed: int | None, late: int, idle_s: float, signed_of: World) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(line.conversation.hold())
            await line.welcomes()
            self.asked.append(line.gateway.after)
            for entry in self.world.entries[line.gateway.after + 1 : len(self.world.entries) - late]:
                line.enters(entry)
            line.tells(line.gateway.caught_up())
            if signed is not None:
                line.ledger = Ledger.of(signed_of)
                proof = line.ledger.consistency(line.gateway.shown, signed)
                line.tells(line.gateway.checkpoint(signed, proof, line.ledger.signed(signed, "XAA", "XBB")))
            if idle_s:
                await asyncio.sleep(idle_s)
            line.tells(b"")

    async def reads(self, signed: int | None = None) -> None:
        """Connect until the record was heard to its end."""
        for _ in range(CONNECTIONS_MAX):
            await self.connects(signed)
            if self.desk.caught_up.is_set():
                return
        raise AssertionError("the record was not read to its end")

    async def handed(self) -> list[Followed | Difference]:
        """What whoever follows is handed now."""
        found: list[Followed | Difference] = []
        inbox = self.memory.inbox
        assert inbox is not None
        with suppress(TimeoutError):
            while True:
                async with asyncio.timeout(0.01):
                    found.append(await inbox.take())
        return found

    async def indices(self) -> list[int]:
        return [-1 if isinstance(each, Difference) else each.index for each in await self.handed()]


async def _first_error(work: Awaitable[None]) -> None:
    """Do it, and raise the error that it ends with without the groups around it."""
    try:
        await work
    except ExceptionGroup as group:
        error: Exception = group
        while isinstance(error, ExceptionGroup):
            error = error.exceptions[0]
        raise error from group


@pytest.fixture
def follower() -> Follower:
    return Follower()


async def test_where_the_last_entry_stands_still_the_record_goes_on(follower: Follower) -> None:
    await follower.reads()
    size = len(follower.world.entries)
    follower.says("more")
    await follower.connects()

    assert [-1, size - 2] == follower.asked
    assert [*range(size + 1)] == await follower.indices()
    assert [] == follower.store.differences()
    assert size == follower.memory.after


async def test_a_restored_record_is_read_again_and_only_what_is_another_is_handed_on(follower: Follower) -> None:
    backup, size = deepcopy(follower.world), len(follower.world.entries)
    follower.says("lost", "lost too")
    await follower.reads(size)
    assert [*range(size + 2)] == await follower.indices()
    follower.world = backup
    follower.world.wait(1)
    follower.says("another", "one more", "and more")
    await follower.reads()

    told = await follower.handed()
    assert isinstance(told[0], Difference)
    assert (size, False) == (told[0].first, told[0].is_signed)
    assert [size, size + 1, size + 2] == [each.index for each in told[1:] if not isinstance(each, Difference)]
    assert [told[0]] == follower.store.differences()
    assert [-1, size, -1] == follower.asked


async def test_what_nobody_has_read_is_taken_back_without_a_word(follower: Follower) -> None:
    backup, size = deepcopy(follower.world), len(follower.world.entries)
    follower.says("lost", "lost too")
    await follower.reads()
    follower.world = backup
    follower.world.wait(1)
    follower.says("another", "one more")
    await follower.reads()

    handed = await follower.handed()
    assert [*range(size + 2)] == [each.index for each in handed if not isinstance(each, Difference)]
    assert size + 2 == len(handed)
    assert 1 == len(follower.store.differences())


async def test_a_shorter_record_is_read_again_and_nothing_is_said_before_something_differs(
    follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversing, "LAST_WAIT_S", 0.01)
    backup, size = deepcopy(follower.world), len(follower.world.entries)
    follower.says("lost")
    await follower.reads(size)
    await follower.handed()
    follower.world = backup
    await follower.connects(idle_s=0.1)
    await follower.reads()
    assert [-1, size - 1, -1] == follower.asked
    assert [] == await follower.handed()
    follower.world.wait(1)
    follower.says("another")
    await follower.reads()

    assert [-1, size] == await follower.indices()


async def test_a_gateway_that_is_a_moment_late_is_waited_for(follower: Follower) -> None:
    await follower.reads()
    await follower.connects(late=1, idle_s=0.1)
    follower.says("more")
    await follower.connects()

    size = len(follower.world.entries)
    assert [-1, size - 3, size - 3] == follower.asked
    assert [*range(size)] == await follower.indices()


async def test_what_is_not_what_the_log_has_signed_is_kept_and_nothing_more_is_heard(follower: Follower) -> None:
    honest, size = deepcopy(follower.world), len(follower.world.entries)
    honest.say("XBB", HELLO, text=b"text")
    follower.says("another")
    await follower.reads()
    with pytest.raises(OtherRecordError) as found:
        await follower.connects(size + 1, of=honest)

    assert Fault.OTHER_RECORD == found.value.rule
    (difference,) = follower.store.differences()
    assert (None, size + 1, True) == (difference.first, difference.size, difference.is_signed)


async def test_a_new_process_is_shown_no_other_record_than_the_one_that_was_signed(follower: Follower) -> None:
    backup, size = deepcopy(follower.world), len(follower.world.entries)
    follower.says("signed")
    await follower.reads(size + 1)
    follower.world = backup
    follower.says("another")
    follower.memory = Memory(follower.world.author("XAA"))
    follower.desk = Desk(follower.memory, None, follower.store, lambda: follower.world.now)
    with pytest.raises(OtherRecordError):
        await follower.connects()

    assert 1 == len(follower.store.differences())


async def test_an_act_of_ours_that_the_restored_record_lacks_is_found_without_a_new_process(follower: Follower) -> None:
    await follower.reads()
    backup = deepcopy(follower.world)
    composed = follower.world.compose(follower.world.author("XAA"), HELLO, text=b"text")
    follower.desk.outbox.add(composed.act_id, Submission(composed.envelope, None))
    follower.desk.outbox.to_send(composed.act_id)
    follower.desk.outbox.sent(1, composed.act_id)
    leaf = follower.world.record(composed).leaf
    follower.desk.outbox.recorded(1, leaf, sign_receipt(leaf, REGISTRAR))
    await follower.reads()
    follower.world = backup
    follower.world.wait(1)
    follower.says("another")
    await follower.reads()

    kept = follower.desk.outbox.kept(composed.act_id)
    assert kept is not None
    assert (Stage.LOST, 1, 2) == (kept.stage, len(kept.receipts), kept.sent)


async def test_whoever_does_not_follow_reads_it_again_just_so() -> None:
    follower = Follower(follows=False)
    backup, size = deepcopy(follower.world), len(follower.world.entries)
    follower.says("lost")
    await follower.reads()
    follower.world = backup
    follower.world.wait(1)
    follower.says("another")
    await follower.reads()

    assert [size] == [each.first for each in follower.store.differences()]


async def test_what_was_heard_and_not_read_is_handed_to_the_next_who_follows(follower: Follower) -> None:
    await follower.reads()
    again = Desk(follower.memory, follower.memory.listen(follows=True), follower.store, lambda: follower.world.now)
    follower.says("more")
    follower.desk = again
    await follower.connects()

    assert [*range(len(follower.world.entries))] == await follower.indices()
