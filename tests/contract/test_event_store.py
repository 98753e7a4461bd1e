"""The contract of an event store, held by the fake and by JetStream alike."""

import asyncio
import statistics
import time
from contextlib import aclosing

import pytest

from tacit_services.ports import (
    APPEND_MESSAGES_MAX,
    FOLLOW_MESSAGES_MAX,
    MESSAGE_BYTES_MAX,
    READ_BYTES_MAX,
    READ_MESSAGES_MAX,
    CallRefusedError,
    EventStore,
    FencedError,
    NewMessage,
    RecordGapError,
    StoredMessage,
    WrongLastSequenceError,
)
from tacit_services.settle import append_settled
from tests.contract.conftest import BREAK_DATA_BYTES, Break, World, appended_at_last, messages_for

WAIT_S = 30.0


async def whole(store: EventStore) -> list[StoredMessage]:
    found: list[StoredMessage] = []
    while part := await store.read(len(found) + 1, READ_MESSAGES_MAX):
        found += part
    return found


def stored(messages: list[NewMessage], first: int = 1) -> list[StoredMessage]:
    return [StoredMessage(number, each.subject, each.data) for number, each in enumerate(messages, first)]


async def followed(store: EventStore, after: int, count: int) -> list[StoredMessage]:
    found: list[StoredMessage] = []
    async with asyncio.timeout(WAIT_S), aclosing(store.follow(after)) as batches:
        async for batch in batches:
            assert 1 <= len(batch) <= FOLLOW_MESSAGES_MAX
            found += batch
            if len(found) >= count:
                break
    return found


# One message, one by one, an atomic batch, several batches; and both sides of each limit between them.
SIZES = [1, 2, 6, 7, 40, 500, 501]


@pytest.mark.parametrize("count", SIZES)
async def test_what_is_appended_is_read_back_in_its_place(world: World, count: int) -> None:
    before, messages = messages_for(world, 5), messages_for(world, count, first=6)
    await world.store.append(before, 0)

    last = await world.store.append(messages, 5)

    assert last == 5 + count
    assert await world.store.last_sequence() == last
    assert await whole(world.store) == stored(before + messages)


async def test_a_new_store_is_empty(world: World) -> None:
    assert await world.store.last_sequence() == 0
    assert await world.store.read(1, 10) == []


@pytest.mark.parametrize("count", SIZES)
async def test_a_second_writer_gets_the_conflict_and_leaves_nothing(world: World, count: int) -> None:
    first, second = messages_for(world, 1), messages_for(world, count, first=2)
    await world.store.append(first, 0)
    other = await world.another()

    with pytest.raises(WrongLastSequenceError):
        await other.append(second, 0)

    assert await whole(other) == stored(first)


@pytest.mark.parametrize("ahead", [1, 2, 11])
async def test_no_part_of_a_call_slips_in_behind_another_writer(world: World, ahead: int) -> None:
    # Another writer has filled exactly so many places that a later message of ours would find its number.
    theirs, ours = messages_for(world, ahead), messages_for(world, 12, first=100)
    await world.store.append(theirs, 0)
    other = await world.another()

    with pytest.raises(WrongLastSequenceError):
        await other.append(ours, 0)

    assert await whole(other) == stored(theirs)


@pytest.mark.parametrize("count", SIZES)
async def test_of_writers_that_race_for_a_place_one_wins(world: World, count: int) -> None:
    others = [world.store, await world.another(), await world.another()]
    calls = [messages_for(world, count, first=1_000 * number) for number in range(3)]

    results = await asyncio.gather(
        *(other.append(call, 0) for other, call in zip(others, calls, strict=True)), return_exceptions=True
    )

    winner = results.index(count)
    assert [isinstance(result, WrongLastSequenceError) for result in results].count(True) == 2
    assert await whole(world.store) == stored(calls[winner])


async def test_a_place_that_is_not_reached_yet_is_a_conflict(world: World) -> None:
    for count in (1, 3, 40):
        with pytest.raises(WrongLastSequenceError):
            await world.store.append(messages_for(world, count), 7)

    assert await world.store.last_sequence() == 0


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("empty", lambda world: []),
        ("too_many", lambda world: messages_for(world, APPEND_MESSAGES_MAX + 1)),
        ("message_too_large", lambda world: messages_for(world, 1, data_bytes=MESSAGE_BYTES_MAX + 1)),
        ("subject_not_accepted", lambda world: [NewMessage("tacit.other.record.a.b", b"")]),
        ("subject_not_accepted", lambda world: [NewMessage(world.subject + ".*", b"")]),
        ("subject_not_accepted", lambda world: [NewMessage(world.subject + " x", b"")]),
        ("subject_not_accepted", lambda world: [NewMessage(world.subject + "..x", b"")]),
    ],
)
async def test_a_call_beyond_the_limits_is_refused_with_its_reason(world: World, reason: str, change: object) -> None:
    assert callable(change)
    good = messages_for(world, 2)

    with pytest.raises(CallRefusedError) as refused:
        await world.store.append(change(world), 0)
    assert refused.value.reason == reason

    if reason not in {"empty", "too_many"}:
        with pytest.raises(CallRefusedError):
            await world.store.append([*good, *change(world)], 0)
    assert await world.store.last_sequence() == 0


async def test_a_place_before_the_beginning_is_refused(world: World) -> None:
    with pytest.raises(CallRefusedError):
        await world.store.append(messages_for(world, 1), -1)
    with pytest.raises(CallRefusedError):
        await anext(world.store.follow(-1))


async def test_a_message_of_the_largest_size_is_stored(world: World) -> None:
    messages = messages_for(world, 2, data_bytes=MESSAGE_BYTES_MAX)

    await world.store.append(messages, 0)

    assert await whole(world.store) == stored(messages)
    assert await followed(world.store, 0, 2) == stored(messages)


async def test_empty_data_is_a_message_too(world: World) -> None:
    await world.store.append([NewMessage(world.subject, b"")], 0)

    assert await world.store.read(1, 1) == [StoredMessage(1, world.subject, b"")]
    assert await followed(world.store, 0, 1) == [StoredMessage(1, world.subject, b"")]


@pytest.mark.parametrize(("first", "limit"), [(0, 1), (-3, 1), (1, 0), (1, READ_MESSAGES_MAX + 1)])
async def test_a_read_beyond_the_limits_is_refused(world: World, first: int, limit: int) -> None:
    with pytest.raises(CallRefusedError):
        await world.store.read(first, limit)


async def test_a_read_ends_where_the_store_ends(world: World) -> None:
    messages = messages_for(world, 300)
    await world.store.append(messages, 0)

    assert await world.store.read(1, 1) == stored(messages)[:1]
    assert await world.store.read(120, 150) == stored(messages)[119:269]
    assert await world.store.read(299, 1_000) == stored(messages)[298:]
    assert await world.store.read(301, 1_000) == []


async def test_a_read_of_large_messages_comes_in_parts(world: World) -> None:
    count = 2 * READ_BYTES_MAX // 100_000
    messages = messages_for(world, count, data_bytes=100_000)
    await world.store.append(messages, 0)

    part = await world.store.read(1, count)

    assert 1 <= len(part) < count
    assert await whole(world.store) == stored(messages)


async def test_a_follower_gets_what_is_there_and_what_comes(world: World) -> None:
    old, new = messages_for(world, 30), messages_for(world, 40, first=31)
    await world.store.append(old, 0)

    async with asyncio.TaskGroup() as tasks:
        from_start = tasks.create_task(followed(world.store, 0, 70))
        from_within = tasks.create_task(followed(world.store, 25, 45))
        from_end = tasks.create_task(followed(world.store, 30, 40))
        await asyncio.sleep(0.05)
        for number, message in enumerate(new):
            await world.store.append([message], 30 + number)

    assert from_start.result() == stored(old + new)
    assert from_within.result() == stored(old + new)[25:]
    assert from_end.result() == stored(new, first=31)


async def test_a_live_message_comes_without_delay(world: World) -> None:
    delays_s = []
    async with asyncio.timeout(WAIT_S), aclosing(world.store.follow(0)) as batches:
        for number, message in enumerate(messages_for(world, 20)):
            async with asyncio.TaskGroup() as tasks:
                waiting = tasks.create_task(anext(batches))
                await asyncio.sleep(0.01)
                await world.store.append([message], number)
                began_s = time.perf_counter()
                await waiting
                delays_s.append(time.perf_counter() - began_s)

    assert statistics.median(delays_s) < 0.1, "not by polling"


async def test_a_slow_follower_loses_nothing(world: World) -> None:
    count = 6_000
    messages = messages_for(world, count, data_bytes=2_000)
    for start in range(0, count, 500):
        await world.store.append(messages[start : start + 500], start)
    found: list[StoredMessage] = []

    async with asyncio.timeout(WAIT_S), aclosing(world.store.follow(0)) as batches:
        async for batch in batches:
            found += batch
            if len(found) >= count:
                break
            await asyncio.sleep(0.1)

    assert found == stored(messages)


async def test_a_follower_that_stands_still_longer_than_a_heartbeat_goes_on(world: World) -> None:
    count = 3_000
    messages = messages_for(world, count)
    await world.store.append(messages, 0)
    found: list[StoredMessage] = []

    async with asyncio.timeout(WAIT_S), aclosing(world.store.follow(0)) as batches:
        async for batch in batches:
            if not found:
                await asyncio.sleep(2)
            found += batch
            if len(found) >= count:
                break

    assert found == stored(messages)


async def test_a_follower_of_large_messages_gets_all(world: World) -> None:
    messages = messages_for(world, 60, data_bytes=500_000)
    await world.store.append(messages, 0)

    assert await followed(world.store, 0, 60) == stored(messages)


async def test_a_follower_survives_the_death_of_the_store(world: World) -> None:
    messages = messages_for(world, 60)
    last = 0

    async with asyncio.TaskGroup() as tasks:
        follower = tasks.create_task(followed(world.store, 0, 60))
        for number in range(0, 60, 20):
            last = await appended_at_last(world.store, messages[number : number + 20], last)
            world.kill()

    assert follower.result() == stored(messages)
    assert await whole(await world.another()) == stored(messages)


async def test_a_message_that_was_lost_is_a_gap_and_never_skipped(losing_world: World) -> None:
    world = losing_world
    messages = messages_for(world, 30)
    await world.store.append(messages, 0)
    await world.lose(20)

    with pytest.raises(RecordGapError) as read_gap:
        await world.store.read(1, 30)
    assert read_gap.value.sequence == 20
    assert await world.store.read(21, 30) == stored(messages)[20:]

    with pytest.raises(RecordGapError) as follow_gap:
        await followed(world.store, 0, 30)
    assert follow_gap.value.sequence == 20
    assert await followed(world.store, 20, 10) == stored(messages)[20:]


async def test_a_message_that_is_lost_before_a_live_follower_has_it_is_a_gap(losing_world: World) -> None:
    world = losing_world
    messages = messages_for(world, 3_000)
    await world.store.append(messages, 0)
    found: list[StoredMessage] = []

    async def follow_while_it_is_lost() -> None:
        async with asyncio.timeout(WAIT_S), aclosing(world.store.follow(0)) as batches:
            async for batch in batches:
                if not found:
                    await world.lose(2_900)
                found.extend(batch)

    with pytest.raises(RecordGapError) as gap:
        await follow_while_it_is_lost()

    assert gap.value.sequence == 2_900
    assert found == stored(messages)[:2_899]


async def test_a_store_that_ends_before_the_follower_is_a_gap(world: World) -> None:
    await world.store.append(messages_for(world, 3), 0)

    with pytest.raises(RecordGapError) as gap:
        await followed(world.store, 10, 1)

    assert gap.value.sequence == 4


# The failure table: each step of an append broken as "not stored" and as "stored, but the answer was lost".
FAILURES = [
    Break(size, reached, answer_lost)
    for size, reached, answer_lost in [
        (1, 0, False),
        (1, 1, True),
        (3, 0, False),
        (3, 1, True),
        (3, 1, False),
        (3, 2, True),
        (3, 2, False),
        (3, 3, True),
        (40, 0, False),
        (40, 1, False),
        (40, 25, False),
        (40, 39, False),
        (40, 40, True),
    ]
]


@pytest.mark.parametrize("broken", FAILURES, ids=str)
async def test_a_broken_append_is_settled_complete_and_once(fragile_world: World, broken: Break) -> None:
    world = fragile_world
    before = messages_for(world, 4)
    messages = messages_for(world, broken.size, first=5, data_bytes=BREAK_DATA_BYTES)
    await world.store.append(before, 0)
    world.break_next(broken)

    last = await append_settled(world.store, messages, 4, sleep=asyncio.sleep)

    assert last == 4 + broken.size
    assert await whole(await world.another()) == stored(before + messages)
    after = messages_for(world, 1, first=1_000)
    assert await world.store.append(after, last) == last + 1


@pytest.mark.parametrize("broken", FAILURES, ids=str)
async def test_a_writer_that_was_overtaken_while_it_knew_nothing_is_fenced(fragile_world: World, broken: Break) -> None:
    world = fragile_world
    messages = messages_for(world, broken.size, data_bytes=BREAK_DATA_BYTES)
    theirs = messages_for(world, 1, first=1_000)
    other = await world.another()
    overtook = False

    async def overtaken(seconds: float) -> None:
        # The other writer takes over where the record ends, while the first one waits to try again.
        nonlocal overtook
        if not overtook:
            await other.append(theirs, await other.last_sequence())
            overtook = True
        await asyncio.sleep(seconds)

    world.break_next(broken)
    try:
        last = await append_settled(world.store, messages, 0, sleep=overtaken)
    except FencedError as fenced:
        ours, last = messages[: fenced.sequence - 1], fenced.sequence
        assert len(ours) < broken.size
    else:
        ours = messages
        assert last == broken.size

    assert overtook
    assert await whole(other) == stored(ours + theirs)
