"""A witness under any interleaving: it never cosigns two checkpoints that contradict one another. And its parser."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from tacit.errors import RefusedError, Rule
from tacit.record.add_checkpoint import AddCheckpoint, parse_add_checkpoint
from tacit.record.equivocation import (
    Equivocation,
    check_equivocation,
    decode_equivocation,
    encode_equivocation,
    shown_by_tree,
)
from tacit.witness.cosigning import Answer
from tacit.witness.memory import MemoryWitnessStore
from tests.unit.witness.forking import KEYS, ORIGIN, TRUE, History, cosigner

HISTORIES: Final = (TRUE, History("fork ", 2), History("fork ", 5))
SIZES: Final = st.integers(0, 9)
ASKED: Final = st.lists(st.tuples(st.sampled_from(HISTORIES), SIZES, SIZES), min_size=2, max_size=6)
PLAYS: Final = settings(max_examples=max(60, settings.default.max_examples) if settings.default else 60)


Asked = tuple[History, int, int]


class Scheduler:
    """Lets tasks go on one at a time, in the order that is drawn, from one call of the store to the next."""

    def __init__(self, data: DataObject) -> None:
        self._data = data
        self._waiting: list[asyncio.Future[None]] = []

    async def pause(self) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        await turn

    async def run(self, works: list[Coroutine[Any, Any, Answer]]) -> list[Answer]:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in works]
            while not all(task.done() for task in tasks):
                await asyncio.sleep(0)
                while self._waiting:
                    chosen = self._data.draw(st.integers(0, len(self._waiting) - 1))
                    self._waiting.pop(chosen).set_result(None)
                    await asyncio.sleep(0)
                    await asyncio.sleep(0)
        return [task.result() for task in tasks]


def requests(asked: list[Asked]) -> list[tuple[History, int, bytes]]:
    return [(history, max(pair), history.asks(min(pair), max(pair))) for history, *pair in asked]


@PLAYS
@given(data=st.data(), asked=ASKED)
def test_no_two_cosigned_checkpoints_contradict_one_another(data: DataObject, asked: list[Asked]) -> None:
    made = requests(asked)

    async def play() -> list[Answer]:
        scheduler = Scheduler(data)
        witness = cosigner(MemoryWitnessStore(scheduler.pause))
        return await scheduler.run([witness.add_checkpoint(raw) for _, _, raw in made])

    answers = asyncio.run(play())
    cosigned = [
        (history, size) for (history, size, _), answer in zip(made, answers, strict=True) if answer.status == 200
    ]
    for one, size in cosigned:
        for other, larger in cosigned:
            assert size > larger or one.root(size) == other.root(size)


@PLAYS
@given(asked=ASKED)
def test_whatever_is_kept_as_evidence_is_evidence(asked: list[Asked]) -> None:
    async def play() -> tuple[bytes, ...]:
        store = MemoryWitnessStore()
        witness = cosigner(store)
        for _, _, raw in requests(asked):
            await witness.add_checkpoint(raw)
        return await store.evidence()

    for raw in asyncio.run(play()):
        first, second = check_equivocation(decode_equivocation(raw), KEYS)
        assert first.size <= second.size
        assert not any(
            (history.root(first.size), history.root(second.size)) == (first.root, second.root) for history in HISTORIES
        )


@PLAYS
@given(history=st.sampled_from(HISTORIES), first=st.integers(1, 9), second=st.integers(1, 9), low=SIZES, high=SIZES)
def test_an_honest_log_is_never_convicted(history: History, first: int, second: int, low: int, high: int) -> None:
    small, large = sorted((first, second))
    notes = [history.signed(size).encode().decode() for size in (small, large)]
    proof = history.proof(*sorted((low, high)))
    for prefix in (None, history.root(small), history.root(low), TRUE.root(small)):
        claimed = Equivocation(1, notes[0], notes[1], prefix, proof)
        with pytest.raises(RefusedError):
            check_equivocation(claimed, KEYS)


@PLAYS
@given(
    old=st.sampled_from(HISTORIES),
    new=st.sampled_from(HISTORIES),
    served=st.sampled_from(HISTORIES),
    low=SIZES,
    high=SIZES,
)
def test_tiles_convict_a_log_that_has_forked_and_no_other_whatever_is_served(
    old: History, new: History, served: History, low: int, high: int
) -> None:
    notes = [history.signed(size).encode().decode() for history, size in ((old, low), (new, high))]
    try:
        found = shown_by_tree(notes[0], notes[1], served.node)
    except RefusedError:
        assert not 0 < low < high or served.root(high) != new.root(high)
        return

    assert served.root(high) == new.root(high)
    assert (found is None) is (old.root(low) == new.root(low))
    if found is not None:
        assert [old.checkpoint(low), new.checkpoint(high)] == list(check_equivocation(found, KEYS))


def test_evidence_is_read_as_it_was_written_and_by_the_right_keys_alone() -> None:
    fork = HISTORIES[1]
    notes = [history.signed(5).encode().decode() for history in (TRUE, fork)]
    found = Equivocation(1, notes[0], notes[1], None, ())

    assert found == decode_equivocation(encode_equivocation(found))
    assert [TRUE.checkpoint(5), fork.checkpoint(5)] == list(check_equivocation(found, KEYS))
    with pytest.raises(RefusedError, match=Rule.LOG_SIGNATURE):
        check_equivocation(found, ())


@given(raw=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_noise_is_no_request_and_gives_the_one_error(raw: bytes) -> None:
    with pytest.raises(RefusedError) as caught:
        parse_add_checkpoint(b"old 0\n" + raw)

    assert caught.value.rule in {Rule.LOG_NOTE, Rule.LOG_REQUEST}


@given(old=SIZES, new=SIZES, at=st.integers(0, 400), octet=st.integers(0, 255))
def test_a_request_with_one_octet_changed_is_another_request_or_none(old: int, new: int, at: int, octet: int) -> None:
    raw = TRUE.asks(min(old, new), max(old, new))
    bent = raw[: at % len(raw)] + bytes([octet]) + raw[at % len(raw) + 1 :]
    with suppress(RefusedError):
        assert bent == parse_add_checkpoint(bent).encode()


@given(old=SIZES, new=SIZES)
def test_a_request_is_read_as_it_was_written(old: int, new: int) -> None:
    low, high = sorted((old, new))
    request = AddCheckpoint(low, TRUE.proof(low, high), TRUE.signed(high))

    assert request == parse_add_checkpoint(request.encode())
    assert ORIGIN == TRUE.checkpoint(high).origin
