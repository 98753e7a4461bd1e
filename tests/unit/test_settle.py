"""An unknown outcome becomes a known one, whatever became of the tries before; and nothing is ever guessed."""

import pytest

from tacit_services.ports import (
    FencedError,
    NewMessage,
    OutcomeUnknownError,
    RecordGapError,
    StoreFailedError,
)
from tacit_services.settle import SettleLimits, append_settled
from tacit_services.shell.event_store.faults import ANSWER_LOST, FAILED, HONEST, NOT_STORED, Call, Fault
from tacit_services.shell.event_store.memory import MemoryEventStore, MemoryRecord

MESSAGES = [NewMessage("tacit.a.b", b"%d" % number) for number in range(3)]
OTHERS = [NewMessage("tacit.a.b", b"other")]


class Script:
    """Faults in the order in which the calls come, then none; and what was called."""

    def __init__(self, *faults: Fault) -> None:
        self._faults = list(faults)
        self.calls: list[Call] = []

    def __call__(self, call: Call) -> Fault:
        self.calls.append(call)
        return self._faults.pop(0) if self._faults else HONEST


class Sleeps:
    """Sleeps not, and says how long it would have been."""

    def __init__(self) -> None:
        self.slept_s: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.slept_s.append(seconds)


def data(record: MemoryRecord) -> list[bytes]:
    return [message.data for message in record.messages()]


async def test_an_append_that_is_answered_is_done_once() -> None:
    record, script, sleep = MemoryRecord(), Script(), Sleeps()

    assert await append_settled(MemoryEventStore(record, script), MESSAGES, 0, sleep=sleep) == 3

    assert (len(script.calls), sleep.slept_s, data(record)) == (1, [], [b"0", b"1", b"2"])


@pytest.mark.parametrize(
    "faults",
    [
        [NOT_STORED],
        [ANSWER_LOST],
        [Fault(answer="lost", stored=1)],
        [Fault(answer="lost", stored=2)],
        [Fault(answer="lost", stored=1), Fault(answer="failed")],
        [NOT_STORED, NOT_STORED, ANSWER_LOST],
        [NOT_STORED, FAILED, HONEST],
        [ANSWER_LOST, HONEST, FAILED],
        [Fault(twice=True)],
    ],
)
async def test_whatever_breaks_the_record_is_complete_and_once(faults: list[Fault]) -> None:
    record = MemoryRecord()

    last = await append_settled(MemoryEventStore(record, Script(*faults)), MESSAGES, 0, sleep=Sleeps())

    assert (last, data(record)) == (3, [b"0", b"1", b"2"])


async def test_a_failure_with_nothing_on_its_way_is_the_callers() -> None:
    record = MemoryRecord()

    with pytest.raises(StoreFailedError):
        await append_settled(MemoryEventStore(record, Script(FAILED)), MESSAGES, 0, sleep=Sleeps())

    assert data(record) == []


async def test_another_writer_in_our_place_fences_us() -> None:
    record = MemoryRecord()
    record.add(OTHERS, 0)

    with pytest.raises(FencedError) as fenced:
        await append_settled(MemoryEventStore(record), MESSAGES, 0, sleep=Sleeps())

    assert (fenced.value.sequence, data(record)) == (1, [b"other"])


async def test_another_writer_behind_our_prefix_fences_us() -> None:
    record = MemoryRecord()
    record.add([*MESSAGES[:2], *OTHERS], 0)

    with pytest.raises(FencedError) as fenced:
        await append_settled(MemoryEventStore(record), MESSAGES, 0, sleep=Sleeps())

    assert fenced.value.sequence == 3


async def test_what_stands_there_already_is_ours_if_the_bytes_are() -> None:
    record = MemoryRecord()
    record.add([*MESSAGES, *OTHERS], 0)

    assert await append_settled(MemoryEventStore(record), MESSAGES, 0, sleep=Sleeps()) == 3

    assert data(record) == [b"0", b"1", b"2", b"other"]


async def test_the_same_bytes_on_another_subject_are_not_ours() -> None:
    record = MemoryRecord()
    record.add([NewMessage("tacit.a.c", message.data) for message in MESSAGES], 0)

    with pytest.raises(FencedError):
        await append_settled(MemoryEventStore(record), MESSAGES, 0, sleep=Sleeps())


async def test_a_record_shorter_than_we_know_is_a_gap() -> None:
    record = MemoryRecord()
    record.add(OTHERS, 0)

    with pytest.raises(RecordGapError) as gap:
        await append_settled(MemoryEventStore(record), MESSAGES, 5, sleep=Sleeps())

    assert gap.value.sequence == 2


async def test_what_stays_unknown_is_given_up_within_the_limits() -> None:
    record, script, sleep = MemoryRecord(), Script(*[NOT_STORED] * 100), Sleeps()
    limits = SettleLimits(tries_max=5, pause_first_s=0.1, pause_max_s=0.5)

    with pytest.raises(OutcomeUnknownError):
        await append_settled(MemoryEventStore(record, script), MESSAGES, 0, sleep=sleep, limits=limits)

    assert len(script.calls) == 5
    assert sleep.slept_s == [0.1, 0.2, 0.4, 0.5, 0.5]
    assert {call.expected_last for call in script.calls} == {0}


async def test_a_failure_after_an_unknown_outcome_is_not_a_failure() -> None:
    script = Script(NOT_STORED, *[FAILED] * 100)

    with pytest.raises(OutcomeUnknownError):
        await append_settled(MemoryEventStore(MemoryRecord(), script), MESSAGES, 0, sleep=Sleeps())


async def test_a_read_that_fails_leaves_it_unknown_for_another_try() -> None:
    record, sleep = MemoryRecord(), Sleeps()
    script = Script(ANSWER_LOST, HONEST, FAILED, HONEST, HONEST)

    assert await append_settled(MemoryEventStore(record, script), MESSAGES, 0, sleep=sleep) == 3

    assert [call.operation for call in script.calls] == ["append", "append", "read", "append", "read"]
    assert data(record) == [b"0", b"1", b"2"]
