"""A gateway that went on from what it kept shows what one shows that has folded the whole record."""

import asyncio

import msgspec
import pytest
from structlog.testing import capture_logs

from tacit.rules import catalogue, decode_snapshot, encode_snapshot, genesis
from tacit.session import JSON
from tacit_services.gateway.board import ACTS_SHOWN_MAX, Board
from tacit_services.gateway.going_on import Charter, GatewayFold
from tacit_services.gateway.recent import Ring
from tacit_services.gateway.tail import Tail
from tacit_services.kept_fold import KeptFold
from tacit_services.shell.event_store.memory import MemoryEventStore, MemoryRecord
from tacit_services.shell.kept_state import MemoryKeptState
from tests.unit.relay.record import messages, organisation

WAIT_S = 10.0
SIZE = len(messages())


class Gateway:
    """The parts of one that have to do with the fold."""

    def __init__(self, record: MemoryRecord) -> None:
        state = genesis(catalogue())
        self.charter, self.board = Charter(), Board(state)
        self.tail = Tail(MemoryEventStore(record), state, Ring(8, 1_000_000), (self.charter.watch, self.board.watch))

    async def follow(self, kept: MemoryKeptState | None, size: int) -> None:
        """Follow until so many entries are folded; then stop in order."""
        fold = GatewayFold(self.tail, self.charter, self.board)
        async with asyncio.timeout(WAIT_S), asyncio.TaskGroup() as tasks:
            task = tasks.create_task(self.tail.follow(KeptFold(kept, organisation()), fold))
            await self.tail.beyond(size - 1)
            task.cancel()


def recorded(size: int) -> MemoryRecord:
    record = MemoryRecord()
    record.add(messages()[:size], 0)
    return record


async def frames(tail: Tail) -> list[tuple[bytes, bytes]]:
    """What a reader from the first entry on is sent: what may be read, and what is withheld."""
    found: list[tuple[bytes, bytes]] = []
    while len(found) < tail.size:
        found += [
            (each.frame(JSON, shown=True), each.frame(JSON, shown=False))
            for each in await tail.entries(len(found), SIZE)
        ]
    return found


@pytest.mark.parametrize("cut", [2, 3, ACTS_SHOWN_MAX, SIZE // 2, SIZE - 1, SIZE])
async def test_it_shows_what_one_shows_that_has_folded_everything(cut: int) -> None:
    kept, whole, first = MemoryKeptState(), Gateway(recorded(SIZE)), Gateway(recorded(cut))
    await whole.follow(None, SIZE)
    await first.follow(kept, cut)
    second = Gateway(recorded(SIZE))
    with capture_logs() as logs:
        await second.follow(kept, SIZE)

    assert [cut] == [line["size"] for line in logs if line["event"] == "state_restored"]
    assert whole.tail.state == second.tail.state
    assert whole.tail.void == second.tail.void
    assert whole.board.sections() == second.board.sections()
    assert whole.charter.envelope() == second.charter.envelope()
    assert await frames(whole.tail) == await frames(second.tail)


async def test_there_are_moves_void_entries_and_effects_to_be_kept() -> None:
    """Or the test above would prove nothing of them."""
    whole = Gateway(recorded(SIZE))
    await whole.follow(None, SIZE)
    noted = whole.board.noted()

    assert noted.moves
    assert any(noted.effects)
    assert whole.tail.void


@pytest.mark.parametrize("beside", [b"", b"\xc1", msgspec.msgpack.encode([[], [[], [[]] * 65]])])
async def test_notes_that_are_of_no_use_are_said_and_all_is_folded(beside: bytes) -> None:
    kept, gateway = MemoryKeptState(), Gateway(recorded(SIZE))
    await Gateway(recorded(SIZE)).follow(kept, SIZE)
    found = decode_snapshot(kept.raw or b"", catalogue())
    kept.raw = encode_snapshot(found.state, bytes.fromhex(found.digest), beside)
    with capture_logs() as logs:
        await gateway.follow(kept, SIZE)

    assert ["other_version"] == [line["reason"] for line in logs if line["event"] == "state_ignored"]
    assert SIZE == gateway.tail.size
    assert gateway.board.sections()["head"] != Gateway(recorded(0)).board.sections()["head"]
