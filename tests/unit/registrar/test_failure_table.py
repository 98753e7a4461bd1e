"""Every step that the registrar takes, broken in every way; after each the record is read again and is whole."""

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
import pytest

from tacit import envelope
from tacit.acts import MessagePosted
from tacit.detached import Detached
from tacit.record import Leaf
from tacit.testing import World
from tacit_services.ports import OutcomeUnknownError, StoreFailedError
from tacit_services.registrar import Registrar
from tacit_services.shell.act_index import MemoryActIndex
from tacit_services.shell.event_store.faults import (
    ANSWER_LOST,
    FAILED,
    HONEST,
    NOT_STORED,
    Call,
    Fault,
)
from tacit_services.shell.event_store.memory import MemoryRecord
from tests.memory_registrar import QUICK, Office, Speaker, read_answer

ALWAYS: Final = 1_000_000
PREFIX_STORED: Final = Fault(answer="lost", stored=1)
STORED_LATER: Final = Fault(answer="lost", late_s=0.02)


class Broken(NamedTuple):
    """One row: which step, how it breaks, how often; then the two columns."""

    step: str
    fault: Fault
    times: int = 1
    goes_on: bool = True
    """The same registrar serves on and everybody gets a receipt, some perhaps only when they ask again."""
    fatal: type[Exception] | None = None
    """It stops and says so; the next one to start gives the receipts."""


FAULTS: Final = (FAILED, NOT_STORED, ANSWER_LOST, STORED_LATER)
STEPS: Final = ("body", "single", "batch", "confirm", "take-over", "founding", "first term")
UNKNOWN_FOR_GOOD: Final = tuple(
    Broken(step, fault, ALWAYS, goes_on=False, fatal=OutcomeUnknownError)
    for step in ("single", "batch", "take-over", "founding", "first term")
    for fault in (NOT_STORED,)
)
TABLE: Final = (
    *(Broken(step, fault) for step in STEPS for fault in FAULTS),
    *(Broken(step, FAILED, 3) for step in STEPS),
    Broken("batch", PREFIX_STORED),
    Broken("body", PREFIX_STORED),
    # Three answers in a row are lost, each time with one more message stored.
    Broken("batch", PREFIX_STORED, 3),
    # Bodies that cannot be put for a while: nothing is in the record, so everybody is told to try again.
    Broken("body", ANSWER_LOST, 7),
    Broken("body", FAILED, 7),
    *UNKNOWN_FOR_GOOD,
)


def acts(world: World, step: str) -> list[bytes]:
    """What is handed in at once: one act, or many, with bodies where these are to break."""
    speakers = [Speaker.of(world, state) for state in world.states]
    if step == "body":
        bodies = [Detached(bytes([number]) * 32, b"A message") for number in range(9)]
        content = MessagePosted(subject="A message", in_reply_to=None)
        return [speakers[number % 3].say(content, body=body)[1] for number, body in enumerate(bodies)]
    many = 1 if step in {"single", "confirm"} else 13
    return [speaker.request()[1] for _ in range(many) for speaker in speakers[: 1 if many == 1 else 3]]


class Saboteur:
    """Breaks the calls of one step, as often as told, once it is armed."""

    def __init__(self, row: Broken) -> None:
        self._row = row
        self.left = 0

    def arm(self) -> None:
        self.left = self._row.times

    def disarm(self) -> None:
        self.left = 0

    def __call__(self, call: Call) -> Fault:
        if self.left and self._fits(call):
            self.left -= 1
            return self._row.fault
        return HONEST

    def _fits(self, call: Call) -> bool:
        match self._row.step:
            case "body":
                return call.operation == "put"
            case "confirm":
                return call.operation == "last_sequence"
            case "founding":
                return call.operation == "append" and call.expected_last == 0
            case "first term":
                return call.operation == "append" and call.expected_last == 1
            case _:
                return call.operation == "append"


async def run_to_the_end(registrar: Registrar, ends: list[Exception]) -> None:
    try:
        await registrar.run()
    except (OutcomeUnknownError, StoreFailedError) as error:
        ends.append(error)


async def ask_until_receipted(registrar: Registrar, raw: bytes) -> Leaf:
    """What a client does: hand in the same bytes until there is an answer that says something."""
    for _ in range(200):
        answer = read_answer(await registrar.submit(raw))
        if isinstance(answer, Leaf):
            return answer
        assert isinstance(answer, str), answer
        await asyncio.sleep(0.005)
    raise AssertionError("never answered")


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.step}-{row.fault.answer}-{row.fault.stored}-{row.times}")
async def test_after_every_breakage_the_record_is_whole(row: Broken) -> None:
    office = Office()
    founding = row.step in {"founding", "first term"}
    if founding:
        office.record = MemoryRecord()
    charter = envelope.encode(office.world.entries[0].envelope)
    office.faults = saboteur = Saboteur(row)
    if founding or row.step == "take-over":
        saboteur.arm()
    said = [] if founding else acts(office.world, row.step)

    first, ends = office.registrar(charter=charter), list[Exception]()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(run_to_the_end(first, ends))
        await serving_or_ended(first, running)
        saboteur.arm()
        if row.step == "confirm":
            # A refusal has no append that could show who serves, so the end of the record is looked at.
            await first.submit(b"{}")
        answers = [read_answer(raw) for raw in await asyncio.gather(*(first.submit(raw) for raw in said))]
        if row.goes_on:
            leaves = [await ask_until_receipted(first, raw) for raw in said]
            await first.stop()
        else:
            await running
            leaves = []
    saboteur.disarm()
    if not row.goes_on:
        leaves = await let_another_finish(office, charter, said)

    assert [row.fatal] == [type(end) for end in ends] or (row.fatal is None and not ends)
    assert_whole(office, leaves)
    receipted = [answer for answer in answers if isinstance(answer, Leaf)]
    assert set(map(str, receipted)) <= set(map(str, leaves))


async def serving_or_ended(registrar: Registrar, running: asyncio.Task[None]) -> None:
    serving = asyncio.Event()
    running.add_done_callback(lambda _: serving.set())
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(registrar.serving.wait())
        waiting.add_done_callback(lambda _: serving.set())
        await serving.wait()
        waiting.cancel()


async def let_another_finish(office: Office, charter: bytes, said: Sequence[bytes]) -> list[Leaf]:
    second = office.registrar(charter=charter)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(second.run())
        await second.serving.wait()
        leaves = [await ask_until_receipted(second, raw) for raw in said]
        await second.stop()
    return leaves


def assert_whole(office: Office, leaves: Sequence[Leaf]) -> None:
    """Every receipted act stands exactly once, at its index; nothing is void; times and terms rise."""
    entries = office.entries()
    state = office.refold()
    ids = [entry.leaf.act for entry in entries]

    assert len(ids) == len(set(ids))
    assert [entries[leaf.index].leaf for leaf in leaves] == list(leaves)
    assert [entry.leaf.index for entry in entries] == list(range(state.size))
    assert sorted(entry.leaf.received_at for entry in entries) == [entry.leaf.received_at for entry in entries]
    assert sorted(entry.leaf.term for entry in entries) == [entry.leaf.term for entry in entries]


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("operation", ["write", "find", "begin"])
async def test_an_index_that_fails_stops_nobody_for_good(operation: str, times: int) -> None:
    left = [times]

    def breaks(asked: str) -> Exception | None:
        if asked != operation or not left[0]:
            return None
        left[0] -= 1
        return StoreFailedError("store_error")

    office = Office()
    office.index = MemoryActIndex(breaks)
    said = acts(office.world, "batch")

    async with office.serving() as registrar:
        leaves = [await ask_until_receipted(registrar, raw) for raw in said]
        again = [await ask_until_receipted(registrar, raw) for raw in said]

    assert leaves == again
    assert 0 == left[0] or operation == "find"
    assert_whole(office, leaves)


async def test_an_index_with_a_hole_leaves_a_repeat_open_instead_of_refusing_it() -> None:
    office = Office()
    said = acts(office.world, "batch")
    async with office.serving() as registrar:
        leaves = [await ask_until_receipted(registrar, raw) for raw in said]
    async with office.serving() as registrar:
        office.index.rows.clear()
        answers = [read_answer(await registrar.submit(raw)) for raw in said]

    assert ["index"] * len(said) == answers
    assert_whole(office, leaves)


async def test_an_index_that_stays_behind_stops_the_recording_until_it_works_again() -> None:
    office = Office()
    broken = [False]

    def breaks(asked: str) -> Exception | None:
        return StoreFailedError("store_error") if broken[0] and asked in {"write", "begin"} else None

    office.index = MemoryActIndex(breaks)
    said = acts(office.world, "batch")
    limits = msgspec.structs.replace(QUICK, index_behind_max=5)

    async with office.serving(limits=limits) as registrar:
        broken[0] = True
        answers = [read_answer(await registrar.submit(raw)) for raw in said[:10]]
        broken[0] = False
        leaves = [await ask_until_receipted(registrar, raw) for raw in said]

    assert 5 == sum(isinstance(answer, Leaf) for answer in answers)
    assert_whole(office, leaves)
    assert office.record.last == office.index.size
