"""Hundreds of plays in which relays are killed, doubled and let down, and the proof that a missing fence is noticed."""

import asyncio
import random
from collections.abc import Sequence
from typing import Final

from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from tacit.rules import catalogue, genesis
from tacit_services.kept_fold import KeptFold
from tacit_services.ports import NewMessage, StoredMessage
from tacit_services.relay import Ports, Relay, Telling, Told, Watch
from tacit_services.shell.clock import SystemClock
from tacit_services.shell.event_store.faults import HONEST, Call, Fault
from tacit_services.shell.event_store.memory import MemoryEventStore, MemoryRecord
from tests.scale import seeds
from tests.simulation.loop import run
from tests.unit.relay.record import messages, organisation, tell

LIVES: Final = 8
"""How many relays begin in one play; up to three of them live at once."""
QUIET_S: Final = 600.0
"""After the last fault: more than any of them keeps a call or an answer back."""
TOLD: Final = tell()
EXPECTED: Final = [each.message for each in TOLD]
BUG_SEEDS: Final = range(12)


class Recital(Telling):
    """Knows by heart what the fold says: thousands of lives would fold the same entries again."""

    def tell(self, stored: StoredMessage) -> Told:
        return TOLD[stored.sequence - 1]


RECITAL: Final = Recital(organisation(), genesis(catalogue()))


class Play:
    """One record that grows, one stream of events, relays that come and go."""

    def __init__(self, seed: int, events: type[MemoryRecord]) -> None:
        self._chance = random.Random(seed)
        self._record = MemoryRecord()
        self._events = events(f"tacit.{organisation()[:12]}.events.>")
        self._faulty = True

    async def play(self) -> list[NewMessage]:
        """Everything that was published in the end."""
        async with asyncio.TaskGroup() as tasks:
            growing = tasks.create_task(self._grow())
            for _ in range(LIVES):
                tasks.create_task(self._live(self._chance.uniform(0, 60), self._chance.uniform(0, 60)))
            await growing
        self._faulty = False
        await self._live(0, QUIET_S)
        return [NewMessage(each.subject, each.data) for each in self._events.messages()]

    async def _grow(self) -> None:
        rest = messages()
        while rest:
            await asyncio.sleep(self._chance.expovariate(0.3))
            count = self._chance.randint(1, 6)
            self._record.add(rest[:count], self._record.last)
            rest = rest[count:]

    async def _live(self, begin_s: float, life_s: float) -> None:
        await asyncio.sleep(begin_s)
        store = MemoryEventStore(self._events, self._fault)
        ports = Ports(MemoryEventStore(self._record), store, SystemClock(), asyncio.sleep)
        relay = Relay(ports, RECITAL, Watch(CollectorRegistry()), KeptFold(None, organisation()))
        try:
            async with asyncio.timeout(life_s):
                await relay.run()
        except TimeoutError:
            pass  # killed

    def _fault(self, call: Call) -> Fault:
        chance = self._chance
        if not self._faulty or chance.random() < 0.5:
            return HONEST
        if chance.random() < 0.3:
            return Fault(answer="failed", before_s=chance.expovariate(2))
        stored = chance.randint(0, call.count) if call.operation == "append" else None
        late_s = chance.choice((0.0, chance.expovariate(0.2)))
        return Fault(answer="lost", stored=stored, late_s=late_s, after_s=chance.expovariate(2))


def test_every_play_ends_with_one_event_for_each_entry_in_the_order_of_the_record() -> None:
    with capture_logs():
        for seed in seeds()[::4]:
            assert EXPECTED == run(Play(seed, MemoryRecord).play()), f"make sim SEEDS=1 SEED_FIRST={seed}"


class Unfenced(MemoryRecord):
    """Planted bug: the store takes whatever comes, wherever the relay believes the end to be."""

    def add(self, messages: Sequence[NewMessage], expected_last: int) -> int:
        return super().add(messages, self.last)


def test_a_missing_fence_is_noticed() -> None:
    with capture_logs():
        noticed = [seed for seed in BUG_SEEDS if differs(seed)]

    assert len(noticed) >= len(BUG_SEEDS) // 2


def differs(seed: int) -> bool:
    try:
        return EXPECTED != run(Play(seed, Unfenced).play())
    except Exception:  # noqa: BLE001 - whatever shows it is good enough
        return True
