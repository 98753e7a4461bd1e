"""A fold goes on from the state that was kept of it, if the record has the same entries; and says why if not."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, MutableMapping, Sequence
from contextlib import aclosing, asynccontextmanager
from itertools import chain, repeat
from typing import Any

import pytest
from structlog.testing import capture_logs

from tacit.ids import ActId
from tacit.rules import Snapshot, State, apply_bytes, catalogue, decode_snapshot, encode_snapshot, genesis
from tacit_services.kept_fold import LAST_PASSED, Held, KeptFold, Passed
from tacit_services.kept_states import UnusableStateError
from tacit_services.last_seen import LastSeen
from tacit_services.ports import NewMessage, StoredMessage, StoreFailedError
from tacit_services.shell.event_store.faults import FAILED, HONEST
from tacit_services.shell.event_store.memory import MemoryEventStore, MemoryRecord
from tacit_services.shell.kept_state import MemoryKeptState
from tests.unit.relay.record import messages, organisation

WAIT_S = 10.0
SIZE = len(messages())
HALF = SIZE // 2


class Reader:
    """A service that folds, and notes what it was given to fold."""

    def __init__(self, *, unwilling: bool = False) -> None:
        self.state = genesis(catalogue())
        self.folded: list[int] = []
        self.passed: Passed | None = None
        self._unwilling = unwilling

    def held(self) -> Held:
        return Held(self.state, b"beside")

    def go_on(self, found: Snapshot, passed: Passed) -> None:
        if self._unwilling:
            raise UnusableStateError("not_wanted")
        assert b"beside" == found.beside
        self.state, self.passed = found.state, passed


class House:
    """A record that grows, and the place where a state is kept."""

    def __init__(self) -> None:
        self.record = MemoryRecord()
        self.kept = MemoryKeptState()
        self.organisation: ActId = organisation()
        self.last_seen = LastSeen(MemoryEventStore(self.record), "a reader")

    def put(self, said: Sequence[NewMessage]) -> None:
        """Put another record in its place."""
        self.record = MemoryRecord()
        self.record.add(list(said), 0)

    def grow(self, end: int) -> None:
        self.record.add(messages()[self.record.last : end], self.record.last)

    @asynccontextmanager
    async def reading(self, reader: Reader, entries: int = 1_000) -> AsyncIterator[None]:
        """Fold until the block is left; then stop in order."""
        self.last_seen = LastSeen(MemoryEventStore(self.record), "a reader")
        kept = KeptFold(self.kept, self.organisation, entries)

        async def follow() -> None:
            async with aclosing(kept.follow(self.last_seen, reader)) as batches:
                async for batch in batches:
                    for message in batch:
                        reader.folded.append(message.sequence)
                        apply_bytes(reader.state, message.data)

        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(follow())
            yield
            task.cancel()

    async def read(self, reader: Reader | None = None, entries: int = 1_000) -> tuple[Reader, list[Any]]:
        """Start, fold what there is, stop in order; gives the reader, and what was said."""
        reader = reader or Reader()
        with capture_logs() as logs:
            async with self.reading(reader, entries):
                await self.until(reader, self.record.last)
        return reader, logs

    async def until(self, reader: Reader, size: int) -> None:
        async with asyncio.timeout(WAIT_S):
            while reader.state.size < size:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0)

    @property
    def size_kept(self) -> int:
        return decode_snapshot(self.kept.raw or b"", catalogue()).size


@pytest.fixture
def house() -> House:
    house = House()
    house.grow(HALF)
    return house


def folded() -> State:
    state = genesis(catalogue())
    for message in messages():
        apply_bytes(state, message.data)
    return state


def ignored(logs: Sequence[MutableMapping[str, Any]]) -> list[str]:
    return [line["reason"] for line in logs if line["event"] == "state_ignored"]


async def test_a_start_folds_only_what_came_after_the_state_that_was_kept(house: House) -> None:
    first, _ = await house.read()
    house.grow(SIZE)
    second, logs = await house.read()

    assert list(range(1, HALF + 1)) == first.folded
    assert list(range(HALF + 1, SIZE + 1)) == second.folded
    assert [HALF] == [line["size"] for line in logs if line["event"] == "state_restored"]
    assert folded() == second.state
    assert SIZE == house.size_kept


async def test_what_has_passed_is_at_hand_and_remembered_for_those_who_lost_it(house: House) -> None:
    await house.read()
    house.grow(SIZE)
    reader, _ = await house.read()

    assert reader.passed is not None
    assert reader.passed.first is not None
    assert 1 == reader.passed.first.sequence
    first_kept = max(1, SIZE - LAST_PASSED + 1)
    assert list(range(first_kept, SIZE + 1)) == [each.sequence for each in reader.passed.last]
    assert list(range(1, SIZE + 1)) == [each.sequence for each in await house.last_seen.held(1, SIZE)]


async def test_the_state_is_kept_again_while_the_record_grows(house: House) -> None:
    reader = Reader()
    async with house.reading(reader, entries=5):
        for end in range(HALF, SIZE + 1):
            house.grow(end)
            await house.until(reader, end)
            await asyncio.sleep(0)
            assert end - house.size_kept < 5 + 1

    assert folded() == decode_snapshot(house.kept.raw or b"", catalogue()).state


def spoil(house: House) -> None:
    raw = bytearray(house.kept.raw or b"")
    raw[len(raw) // 2] ^= 1
    house.kept.raw = bytes(raw)


def other_digest(house: House) -> None:
    found = decode_snapshot(house.kept.raw or b"", catalogue())
    house.kept.raw = encode_snapshot(found.state, bytes(32), found.beside)


def other_data(house: House) -> None:
    said = messages()[:HALF]
    said[3] = NewMessage(said[3].subject, said[3].data.replace(b'"v":1', b'"v":2', 1))
    house.put(said)


def other_subject(house: House) -> None:
    said = messages()[:HALF]
    said[3] = NewMessage(f"{said[3].subject}x", said[3].data)
    house.put(said)


def other_order(house: House) -> None:
    said = messages()[:HALF]
    house.put([*said[:-2], said[-1], said[-2]])


def shorten(house: House) -> None:
    house.put(messages()[: HALF - 1])


def moved_between_messages(house: House) -> None:
    """The same octets in the same order, cut elsewhere."""
    said = messages()[:HALF]
    both = said[3].data + said[4].data
    house.put([*said[:3], NewMessage(said[3].subject, both[:-9]), NewMessage(said[4].subject, both[-9:]), *said[5:]])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (spoil, "damaged"),
        (other_digest, "differs"),
        (other_data, "differs"),
        (other_subject, "differs"),
        (other_order, "differs"),
        (moved_between_messages, "differs"),
        (shorten, "longer_than_the_record"),
    ],
)
async def test_a_state_that_is_not_of_this_record_is_said_and_all_is_folded(
    house: House, change: Callable[[House], None], reason: str
) -> None:
    await house.read()
    change(house)
    reader, logs = await house.read()

    assert [reason] == ignored(logs)
    assert list(range(1, house.record.last + 1)) == reader.folded
    assert house.record.last == len(await house.last_seen.held(1, SIZE)), "it still remembers all"
    assert [] == ignored((await house.read())[1]), "and what is kept now is of this record"


def test_where_a_subject_ends_and_where_a_message_ends_is_bound() -> None:
    def digest(*said: tuple[str, bytes]) -> bytes:
        passed = Passed()
        passed.add([StoredMessage(at, subject, data) for at, (subject, data) in enumerate(said, 1)])
        return passed.digest()

    assert digest(("a.b", b"c"), ("a", b"d")) == digest(("a.b", b"c"), ("a", b"d"))
    for other in [(("a.", b"bc"), ("a", b"d")), (("a.b", b"ca"), ("", b"d")), (("a.b", b"c"), ("ad", b""))]:
        assert digest(("a.b", b"c"), ("a", b"d")) != digest(*other)


async def test_a_state_of_another_organisation_or_version_is_said(house: House) -> None:
    await house.read()
    house.organisation = "0" * 64
    assert ["other_organisation"] == ignored((await house.read())[1])
    house.organisation = organisation()
    house.kept.raw = hashlib.sha256(b"\xc0").digest() + b"\xc0"
    reader, logs = await house.read()

    assert ["other_version"] == ignored(logs)
    assert 1 in reader.folded


async def test_a_state_that_other_rules_folded_is_said_and_folded_anew_and_kept_as_theirs(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.read()
    monkeypatch.setattr("tacit.rules.snapshot.rules_digest", lambda: "0" * 64)
    reader, logs = await house.read()
    again, quiet = await house.read()

    assert ["other_rules"] == ignored(logs)
    assert list(range(1, HALF + 1)) == reader.folded
    assert ([], []) == (ignored(quiet), again.folded)


@pytest.mark.parametrize(
    ("kept", "end"), [(0, HALF), (HALF, HALF + 3), (HALF, HALF)], ids=["folds all", "goes on", "has it all"]
)
async def test_it_has_caught_up_once_all_is_taken_that_was_recorded_at_the_start(
    kept: int, end: int, house: House
) -> None:
    if kept:
        await house.read()
    house.grow(end)
    following, reader = KeptFold(house.kept, house.organisation), Reader()
    said = [following.unready]
    async with asyncio.timeout(WAIT_S), aclosing(following.follow(MemoryEventStore(house.record), reader)) as batches:
        if kept < end:
            batch = await anext(batches)
            said.append(following.unready)
            for message in batch:
                apply_bytes(reader.state, message.data)
        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(taken(batches))
            while following.unready:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0)
            waiting.cancel()

    assert (["catching_up"] * (2 if kept < end else 1), None) == (said, following.unready)
    assert end == reader.state.size


async def taken(batches: AsyncIterator[Sequence[StoredMessage]]) -> None:
    """Wait for more."""
    await anext(batches)


async def test_a_record_without_entries_is_caught_up_with_as_soon_as_the_store_says_so(house: House) -> None:
    answers = chain([FAILED], repeat(HONEST))
    store = MemoryEventStore(MemoryRecord(), lambda _: next(answers))
    following = KeptFold(None, house.organisation)
    batches = following.follow(store, Reader())
    async with asyncio.timeout(WAIT_S), aclosing(batches), asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(taken(batches))
        while following.unready:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0)
        waiting.cancel()

    assert HONEST == next(answers)


async def test_the_rules_are_known_by_what_was_loaded_at_the_start(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where nothing is kept yet: what is written at the end, when other files may lie there, is by these."""
    asked: list[int] = []
    monkeypatch.setattr("tacit_services.kept_states.rules_digest", lambda: asked.append(house.record.last))
    async with asyncio.timeout(WAIT_S), house.reading(Reader()):
        while not asked:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0)

    assert [HALF] == asked


async def test_a_service_that_cannot_go_on_from_a_state_folds_all(house: House) -> None:
    await house.read()
    reader, logs = await house.read(Reader(unwilling=True))

    assert ["not_wanted"] == ignored(logs)
    assert list(range(1, HALF + 1)) == reader.folded


async def test_a_state_that_cannot_be_read_or_kept_stops_nobody(house: House) -> None:
    house.kept = MemoryKeptState(lambda _: StoreFailedError("disk_full"))
    reader, logs = await house.read(entries=1)

    assert {"unreadable", "disk_full"} == set(ignored(logs))
    assert HALF == reader.state.size


async def test_what_is_only_half_taken_is_not_kept(house: House) -> None:
    kept, reader = KeptFold(house.kept, house.organisation), Reader()
    async with aclosing(kept.follow(MemoryEventStore(house.record), reader)) as batches:
        batch = await anext(batches)
        for message in batch[:-1]:
            apply_bytes(reader.state, message.data)

    assert len(batch) > 1
    assert house.kept.raw is None


async def test_a_record_that_is_not_founded_leaves_nothing(house: House) -> None:
    house.put([NewMessage("tacit.test.record.x", b"no entry")])
    reader, _ = await house.read()

    assert (1, None) == (reader.state.size, house.kept.raw)
