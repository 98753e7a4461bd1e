"""A registrar on memory stores, and members who speak to it: for every test of the registrar that needs no server."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

from prometheus_client import CollectorRegistry

from tacit import envelope, subjects
from tacit.acts import ConsultationRequested, Content
from tacit.compose import Author, Composed, Link, Window, compose
from tacit.detached import Detached
from tacit.ids import ActId
from tacit.keys import Verifier
from tacit.record import Entry, Leaf, Refusal, decode_entry, encode_entry, open_receipt, open_refusal
from tacit.rules import State, Verifiers, apply_bytes, catalogue, genesis
from tacit.submission import Answer, Receipted, Refused, Submission, decode_answer, encode
from tacit.testing import COUNCIL, EAST, World, signer_for
from tacit_services.ports import Clock, NewMessage
from tacit_services.registrar import Elsewhere, Limits, Ports, Registrar, Requests, Watch, Workers
from tacit_services.settle import SettleLimits, Sleep
from tacit_services.shell.act_index import MemoryActIndex
from tacit_services.shell.clock import LoopClock
from tacit_services.shell.elsewhere import Nobody
from tacit_services.shell.event_store.faults import Call, Fault, Faults, no_faults
from tacit_services.shell.event_store.memory import MemoryBodyStore, MemoryEventStore, MemoryRecord
from tacit_services.shell.kept_state import MemoryKeptState
from tacit_services.shell.requests import NoRequests
from tacit_services.shell.threads import OnTheSpot

REGISTRAR_KEY: Final = Verifier(signer_for("ORG/registrar").keys)
QUICK: Final = Limits(
    index_pause_s=0.0,
    rebuild_pause_s=0.001,
    rebuild_pause_s_max=0.01,
    drain_s=1.0,
    mend_wait_s=0.02,
    mend_pause_s=0.005,
    settle=SettleLimits(tries_max=20, pause_first_s=0.001, pause_max_s=0.01),
)
"""Limits for a run in real time that must not dawdle."""


def message_of(entry: Entry) -> NewMessage:
    """The message that the stream holds for an entry of a world."""
    header = entry.act.header
    subject = subjects.entry(entry.leaf.organisation, header.body, header.channel)
    return NewMessage(subject, encode_entry(entry.leaf, envelope.encode(entry.envelope)))


def record_of(world: World) -> MemoryRecord:
    """A record that holds what was said in a world."""
    record = MemoryRecord()
    record.add([message_of(entry) for entry in world.entries], 0)
    return record


class Speaker:
    """A member that speaks on and on in the channel `east`, each act after the one before."""

    def __init__(self, author: Author, enrolled_by: ActId, now: Callable[[], datetime]) -> None:
        self.author = author
        self.link = Link(1, enrolled_by)
        self._now = now

    @classmethod
    def of(cls, world: World, state: str) -> "Speaker":
        """A member of a world, before its first act in the channel."""
        author = world.author(state)
        return cls(author, world.state.credentials[author.signer.credential].enrolled_by, lambda: world.now)

    def request(self, subject: str = "A matter") -> tuple[Composed, bytes]:
        """Compose the next act, a request to consult, and the submission that carries it."""
        return self.say(ConsultationRequested(basis="Article 4", threatened=("XAA",), subject=subject))

    def say(self, content: Content, *, body: Detached | None = None) -> tuple[Composed, bytes]:
        """Compose the next act, and the submission that carries it."""
        composed = self.compose(content, self.link, body=body)
        self.link = Link(self.link.number + 1, composed.act_id)
        return composed, encode(Submission(composed.envelope, body))

    def compose(self, content: Content, link: Link, *, body: Detached | None = None) -> Composed:
        """Compose an act at any place of the chain."""
        window = Window(self._now(), self._now() + timedelta(hours=12))
        digest = body.digest() if body is not None else None
        return compose(self.author, content, (COUNCIL, EAST), link, window, detached=digest)


class Office:
    """What outlives the process of a registrar: record, bodies, index; and the world that it belongs to."""

    def __init__(self, world: World | None = None) -> None:
        self.world = world or World()
        self.record = record_of(self.world)
        self.bodies: dict[str, bytes] = {}
        self.index = MemoryActIndex()
        self.kept = MemoryKeptState()
        self.faults: Faults = no_faults
        self.metrics = CollectorRegistry()

    def ports(
        self,
        *,
        clock: Clock | None = None,
        workers: Workers | None = None,
        elsewhere: Elsewhere | None = None,
        requests: Requests | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> Ports:
        """The ports of a new process."""
        return Ports(
            store=MemoryEventStore(self.record, self._fault),
            bodies=MemoryBodyStore(self.bodies, self._fault),
            clock=clock or LoopClock(self.world.now),
            workers=workers or OnTheSpot(),
            index=self.index,
            kept=self.kept,
            elsewhere=elsewhere or Nobody(),
            requests=requests or NoRequests(),
            sleep=sleep,
        )

    def _fault(self, call: Call) -> Fault:
        return self.faults(call)

    def registrar(self, ports: Ports | None = None, limits: Limits = QUICK, charter: bytes | None = None) -> Registrar:
        """A registrar that has not begun."""
        signer = signer_for("ORG/registrar", self.world.suite)
        self.metrics = CollectorRegistry()
        watch = Watch(self.metrics)
        return Registrar(ports or self.ports(), signer, watch, rulesets=catalogue(), charter=charter, limits=limits)

    @asynccontextmanager
    async def serving(
        self, ports: Ports | None = None, limits: Limits = QUICK, charter: bytes | None = None
    ) -> AsyncIterator[Registrar]:
        """A registrar that serves within the block and is stopped in order after it."""
        registrar = self.registrar(ports, limits, charter)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(registrar.run())
            await registrar.serving.wait()
            yield registrar
            await registrar.stop()

    def metric(self, name: str, **labels: str) -> float:
        """The value of a metric of the last registrar."""
        return self.metrics.get_sample_value(f"tacit_registrar_{name}", labels) or 0.0

    def entries(self) -> list[Entry]:
        """The whole record, decoded. Raises RefusedError where an entry cannot be read."""
        return [decode_entry(message.data) for message in self.record.messages()]

    def refold(self) -> State:
        """Fold the record from nothing, signatures checked; no entry of it may be void."""
        return fold_messages(message.data for message in self.record.messages())


def fold_messages(messages: Iterable[bytes], verifiers: Verifiers | None = None) -> State:
    """Fold what a stream holds from nothing, signatures checked; no entry of it may be void."""
    state, verifiers = genesis(catalogue()), verifiers or Verifiers()
    for message in messages:
        apply_bytes(state, message, verifiers)
    assert state.void == 0
    return state


def read_answer(raw: bytes) -> Leaf | Refusal | str:
    """Open an answer and check who signed it: a leaf, a refusal, or the reason of an `Unavailable`."""
    answer: Answer = decode_answer(raw)
    if isinstance(answer, Receipted):
        return open_receipt(envelope.encode(answer.receipt), REGISTRAR_KEY)
    if isinstance(answer, Refused):
        return open_refusal(envelope.encode(answer.refusal), REGISTRAR_KEY)
    return answer.reason


def refusal(raw: bytes) -> Refusal:
    """The refusal in an answer that must be one."""
    answer = read_answer(raw)
    assert isinstance(answer, Refusal), answer
    return answer


def leaf(raw: bytes) -> Leaf:
    """The leaf in an answer that must be a receipt."""
    answer = read_answer(raw)
    assert isinstance(answer, Leaf), answer
    return answer
