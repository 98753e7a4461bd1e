"""One play: clients, a bus, two machines that run registrars, a store; all the chance in it comes from one seed.

Requests and answers are late, lost or doubled; the store fails, forgets to answer, or does later what it was asked;
processes die at any moment and start again; the second machine starts at some moment and takes over. After a while the
weather clears, and then everybody must have been answered and the record must be whole.
"""

import asyncio
import functools
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final, TypeVar

import msgspec
from prometheus_client import CollectorRegistry

from tacit import envelope, submission
from tacit.acts import MessagePosted
from tacit.compose import Composed, Link, sign
from tacit.detached import Detached
from tacit.envelope import Envelope, Signature
from tacit.record import Leaf, Refusal, decode_entry
from tacit.rules import State, catalogue
from tacit.submission import Submission
from tacit.testing import World, signer_for
from tacit_services.ports import FencedError, OutcomeUnknownError, StoreFailedError
from tacit_services.registrar import Limits, Ports, Registrar, Watch
from tacit_services.registrar.ports import Take
from tacit_services.settle import SettleLimits
from tacit_services.shell.act_index import MemoryActIndex
from tacit_services.shell.clock import LoopClock
from tacit_services.shell.elsewhere import Nobody
from tacit_services.shell.event_store.faults import HONEST, Call, Fault
from tacit_services.shell.event_store.memory import MemoryBodyStore, MemoryEventStore, MemoryRecord
from tacit_services.shell.kept_state import MemoryKeptState
from tests.memory_registrar import Speaker, fold_messages, message_of, read_answer
from tests.simulation.remembering import RememberingVerifiers

T = TypeVar("T")

ACTS_EACH: Final = 5
ANSWER_WAIT_S: Final = 1.0
STORM_S: Final = 8.0
"""After so long the weather clears: nothing breaks any more, so that everybody can be answered."""
PLAY_S_MAX: Final = 120.0
SKEW_S_MAX: Final = 0.4

LIMITS: Final = Limits(
    chunk_acts_max=3,
    batch_acts_max=4,
    recent_acts_max=4,
    index_pause_s=0.2,
    body_tries_max=2,
    rebuild_pause_s=0.05,
    rebuild_pause_s_max=0.5,
    drain_s=5.0,
    state_entries=7,
    settle=SettleLimits(tries_max=6, pause_first_s=0.02, pause_max_s=0.2),
)


@functools.cache
def founded() -> World:
    """The organisation of every play. Nobody changes it."""
    return World(("XAA", "XBB", "XCC"))


class Play:
    """The stage, and what must be true when the play is over."""

    def __init__(self, seed: int, record: MemoryRecord, make: "Make") -> None:
        self.chance = random.Random(seed)
        self.world = founded()
        self.record = record
        self.record.add([message_of(entry) for entry in self.world.entries], 0)
        self.bodies: dict[str, bytes] = {}
        self.trace: list[str] = []
        self.listening: list[tuple[Machine, Take]] = []
        self.over = False
        self.make = make
        self.loop = asyncio.get_running_loop()
        self.begun_s = self.loop.time()
        self.receipts: list[Leaf] = []

    @property
    def stormy(self) -> bool:
        """Whether things still break."""
        return self.loop.time() - self.begun_s < STORM_S

    def note(self, event: str, **values: object) -> None:
        """Add a line to the trace: the same seed gives the same lines."""
        told = " ".join(f"{name}={value}" for name, value in values.items())
        self.trace.append(f"{self.loop.time() - self.begun_s:.6f} {event} {told}")

    def happens(self, probability: float) -> bool:
        """Whether something with this probability happens now; nothing does once the weather is clear."""
        return self.chance.random() < probability and self.stormy

    async def perform(self) -> None:
        """From the first request to the last answer."""
        machines = [Machine(self, "first", 0.0), Machine(self, "second", self.chance.uniform(0.0, STORM_S))]
        async with asyncio.timeout(PLAY_S_MAX), asyncio.TaskGroup() as tasks:
            for machine in machines:
                tasks.create_task(machine.live())
            async with asyncio.TaskGroup() as clients:
                for number, state in enumerate(self.world.states):
                    clients.create_task(Client(self, state, number).speak())
            self.over = True
            for machine in machines:
                await machine.stop()
        self._check(machines)

    def _check(self, machines: "list[Machine]") -> None:
        messages = [message.data for message in self.record.messages()]
        entries = [decode_entry(data) for data in messages]
        leaves = [entry.leaf for entry in entries]
        state = fold_messages(messages, RememberingVerifiers())
        terms = [leaf.term for leaf in leaves]
        acts = [leaf.act for leaf in leaves]
        times = [leaf.received_at for leaf in leaves]

        assert len(acts) == len(set(acts)), "an act stands twice"
        assert [leaves[receipt.index] for receipt in self.receipts] == self.receipts, "a receipt is not kept"
        assert sorted(times) == times, "time went back"
        assert sorted(terms) == terms, "an entry of a term that was over"
        assert set(terms) == set(range(state.term + 1)), "a term is missing"
        assert len(self.receipts) == len(self.world.states) * ACTS_EACH
        for entry in entries:
            if entry.act.header.detached is not None:
                assert entry.act.header.detached in self.bodies, "an entry came before its body"
        live = [machine.last_state for machine in machines if machine.last_state is not None]
        assert not live or state in live, "the registrar that served last has another state than the record"
        self.note("ended", size=state.size, term=state.term)


Make = Callable[[Ports], Registrar]


def sound(ports: Ports) -> Registrar:
    """The registrar as it is shipped."""
    watch = Watch(CollectorRegistry())
    charter, signer = envelope.encode(founded().entries[0].envelope), signer_for("ORG/registrar")
    registrar = Registrar(ports, signer, watch, rulesets=catalogue(), charter=charter, limits=LIMITS)
    registrar._claimant._folding.verifiers = RememberingVerifiers()
    return registrar


class Machine:
    """Runs one registrar after another: each dies of a crash or of not knowing, or steps down for good."""

    def __init__(self, play: Play, name: str, start_s: float) -> None:
        self._play = play
        self.name = name
        self._start_s = start_s
        self._index = MemoryActIndex(self._index_breaks)
        self._kept = MemoryKeptState()
        self._process: asyncio.Task[bool] | None = None
        self._registrar: Registrar | None = None
        self.last_state: State | None = None
        """What the registrar knew that was stopped in order."""

    async def live(self) -> None:
        """Start, and start again after each death, until superseded or the play is over."""
        await asyncio.sleep(self._start_s)
        superseded = False
        while not (superseded or self._play.over):
            async with asyncio.TaskGroup() as tasks:
                self._process = tasks.create_task(self._run())
            superseded = not self._process.cancelled() and self._process.result()
            await asyncio.sleep(self._play.chance.uniform(0.0, 1.0))

    async def stop(self) -> None:
        """Stop in order; the play is over."""
        if self._registrar is not None:
            await self._registrar.stop()

    async def _run(self) -> bool:
        """One process. Returns whether it was superseded."""
        self._registrar = registrar = self._play.make(self._ports())
        self._play.note("started", machine=self.name)
        try:
            await registrar.run()
        except FencedError:
            self._play.note("superseded", machine=self.name)
            return True
        except OutcomeUnknownError:
            self._play.note("gave_up", machine=self.name)
            return False
        else:
            self.last_state = registrar._claimant.state
            return False
        finally:
            self._registrar = None

    def crash(self) -> None:
        """Die, in the middle of whatever it is."""
        if self._process is not None and not self._process.done() and self._play.stormy:
            self._play.note("crashed", machine=self.name)
            self._process.cancel()

    def _ports(self) -> Ports:
        play = self._play
        skew = timedelta(seconds=play.chance.uniform(-SKEW_S_MAX, SKEW_S_MAX))
        now = timedelta(seconds=play.loop.time() - play.begun_s)
        return Ports(
            store=MemoryEventStore(play.record, self._fault),
            bodies=MemoryBodyStore(play.bodies, self._fault),
            clock=LoopClock(play.world.now + now + skew),
            workers=self,
            index=self._index,
            kept=self._kept,
            elsewhere=Nobody(),
            requests=self,
            sleep=asyncio.sleep,
        )

    def start(self, work: Callable[[], T], /) -> Awaitable[T]:
        """`Workers` that take a while, each piece another."""
        done: asyncio.Future[T] = self._play.loop.create_future()

        def finish() -> None:
            if not done.done():
                done.set_result(work())

        self._play.loop.call_later(self._play.chance.uniform(0.0, 0.01), finish)
        return done

    @asynccontextmanager
    async def listening(self, subject: str, take: Take) -> AsyncIterator[None]:
        """`Requests` on the bus of the play."""
        door = (self, take)
        self._play.listening.append(door)
        self._play.note("serving", machine=self.name, size=self._play.record.last)
        try:
            yield
        finally:
            self._play.listening.remove(door)

    def _fault(self, call: Call) -> Fault:
        play = self._play
        if play.happens(0.04):
            play.loop.call_later(play.chance.uniform(0.0, 0.05), self.crash)
        # Now and then a pause of the whole server, or of this machine on its way to it.
        before_s = play.chance.uniform(0.1, 5.0) if play.happens(0.05) else play.chance.uniform(0.0, 0.02)
        after_s = play.chance.uniform(0.0, 0.02)
        fault = self._breaks(call) if play.happens(0.25) else HONEST
        return msgspec.structs.replace(fault, before_s=before_s, after_s=after_s)

    def _breaks(self, call: Call) -> Fault:
        chance = self._play.chance
        if call.operation not in {"append", "put"}:
            return Fault(answer="failed")
        match chance.randrange(5):
            case 0:
                return Fault(answer="failed")
            case 1:
                return Fault(answer="lost", stored=chance.randint(0, call.count))
            case 2:
                return Fault(answer="lost", late_s=chance.uniform(0.0, 3.0) if call.operation == "append" else 0.0)
            case 3:
                return Fault(twice=True)
            case _:
                return Fault(answer="lost")

    def _index_breaks(self, _: str) -> Exception | None:
        return StoreFailedError("store_error") if self._play.happens(0.1) else None


class Client:
    """A member with one chain. It hands in the same bytes until it is answered, and now and then something wrong."""

    def __init__(self, play: Play, state: str, number: int) -> None:
        self._play = play
        self._state = state
        self._number = number
        self._speaker = Speaker.of(play.world, state)
        self._said: list[bytes] = []

    async def speak(self) -> None:
        """Say everything there is to say."""
        for number in range(ACTS_EACH):
            await asyncio.sleep(self._play.chance.uniform(0.0, 3.0))
            if self._play.chance.random() < 0.3:
                await self._say_something_wrong()
            composed, raw = self._next(number)
            self._said.append(raw)
            answer = await self._ask(raw)
            assert isinstance(answer, Leaf), f"a sound act was refused: {answer}"
            assert composed.act_id == answer.act
            self._play.receipts.append(answer)
            if self._play.chance.random() < 0.2:
                again = await self._ask(self._play.chance.choice(self._said))
                assert again in self._play.receipts, f"a repeat got another answer: {again}"

    def _next(self, number: int) -> tuple[Composed, bytes]:
        if self._play.chance.random() < 0.7:
            return self._speaker.request(f"Matter {number}")
        body = Detached(bytes([self._number, number]) * 16, b"A message.")
        return self._speaker.say(MessagePosted(subject="A message", in_reply_to=None), body=body)

    async def _say_something_wrong(self) -> None:
        answer = await self._ask(self._wrong())
        assert isinstance(answer, Refusal), f"a wrong act was accepted: {answer}"

    def _wrong(self) -> bytes:
        link, chance = self._speaker.link, self._play.chance
        composed, raw = self._speaker.request("Wrong")
        self._speaker.link = link
        content = composed.act.content
        match chance.randrange(5):
            case 0:
                return raw[: chance.randrange(1, len(raw))]
            case 1:
                bad = (Signature(composed.envelope.signatures[0].keyid, bytes(64)),)
                return _submission(Envelope(composed.envelope.payload, composed.envelope.payload_type, bad))
            case 2:
                gap = self._speaker.compose(content, Link(link.number + 1, link.previous))
                return _submission(gap.envelope)
            case 3:
                stray = self._speaker.compose(content, Link(link.number, "f" * 64))
                return _submission(stray.envelope)
            case _:
                header = msgspec.structs.replace(composed.act.header, state="XZZ")
                return _submission(sign(msgspec.structs.replace(composed.act, header=header), signer_for("x")).envelope)

    async def _ask(self, raw: bytes) -> Leaf | Refusal:
        while True:
            answer = await self._ask_once(raw)
            if answer is not None:
                return answer
            await asyncio.sleep(self._play.chance.uniform(0.01, 0.5))

    async def _ask_once(self, raw: bytes) -> Leaf | Refusal | None:
        """The first answer that comes within the wait, as core NATS delivers them; None if it says nothing."""
        heard: asyncio.Future[bytes] = self._play.loop.create_future()

        def hear(data: bytes) -> None:
            if not heard.done():
                heard.set_result(data)

        for _ in range(2 if self._play.happens(0.1) else 1):
            for door in tuple(self._play.listening):
                self._deliver(door, raw, hear)
        try:
            async with asyncio.timeout(ANSWER_WAIT_S):
                answer = read_answer(await heard)
        except TimeoutError:
            return None
        kind = answer if isinstance(answer, str) else type(answer).__name__
        self._play.note("answered", state=self._state, answer=kind)
        return None if isinstance(answer, str) else answer

    def _deliver(self, door: tuple[Machine, Take], raw: bytes, hear: Callable[[bytes], None]) -> None:
        play = self._play

        def answer(data: bytes) -> None:
            if not play.happens(0.15):
                play.loop.call_later(play.chance.uniform(0.0, 0.05), hear, data)

        def arrive() -> None:
            if door in play.listening:
                door[1](raw, answer, None)

        if not play.happens(0.1):
            play.loop.call_later(play.chance.uniform(0.0, 0.05), arrive)


def _submission(envelope: Envelope) -> bytes:
    return submission.encode(Submission(envelope, None))


async def play(seed: int, record: MemoryRecord | None = None, make: Make = sound) -> list[str]:
    """Play one seed and return its trace. Raises AssertionError, or whatever else went wrong, with the seed."""
    stage = Play(seed, record or MemoryRecord(), make)
    try:
        await stage.perform()
    except BaseException as error:
        error.add_note(f"seed {seed}; play it again: make sim SEEDS=1 SEED_FIRST={seed}")
        error.add_note("\n".join(stage.trace[-40:]))
        raise
    return stage.trace
