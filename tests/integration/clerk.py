"""A registrar of a few lines, for tests of what stands before it: the rules are the real ones."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from tacit import acts, envelope, profile, subjects
from tacit.detached import check_detached
from tacit.envelope import act_id
from tacit.errors import RefusedError
from tacit.ids import ORGANISATION, ActId
from tacit.record import Entry, Leaf, Refusal, decode_entry, encode_entry, sign_receipt, sign_refusal
from tacit.rules import Verifiers, admit, check_signatures, enact, signing_keys
from tacit.submission import Answer, Receipted, Refused, Submission, Unavailable
from tacit.testing import World, signer_for
from tacit_services.ports import NewMessage
from tacit_services.shell.event_store.memory import MemoryBodyStore, MemoryEventStore, MemoryRecord


class HandClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def move(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)

    async def sleep_until(self, instant: datetime) -> None:
        self._now = max(self._now, instant)


def message(organisation: ActId, entry: Entry) -> NewMessage:
    """An entry as the record's stream holds it."""
    header = entry.act.header
    subject = subjects.entry(organisation, header.body, header.channel)
    return NewMessage(subject, encode_entry(entry.leaf, envelope.encode(entry.envelope)))


class Clerk:
    """Admits, records and answers at once. `unavailable` makes it say nothing; `before` runs before each answer."""

    def __init__(self, world: World) -> None:
        self.record = MemoryRecord()
        self.store = MemoryEventStore(self.record)
        self.bodies = MemoryBodyStore({})
        self.clock = HandClock(world.now)
        self.state = world.refold()
        self.organisation = world.organisation
        self.taken: list[Submission] = []
        self.unavailable: str | None = None
        self.before: Callable[[], None] = lambda: None
        self._signer = signer_for(f"{ORGANISATION}/registrar", world.suite)
        self._receipts: dict[ActId, Answer] = {}
        self._turn = asyncio.Lock()
        self.record.add([message(world.organisation, entry) for entry in world.entries], 0)

    def restored(self, world: World, size: int) -> "Clerk":
        """Another registrar, on the clock of this one, over as many of its entries."""
        found = type(self)(world)
        found.clock = self.clock
        for stored in self.record.messages()[found.state.size : size]:
            entry = decode_entry(stored.data)
            found.record.add([message(self.organisation, entry)], found.state.size)
            enact(found.state, entry.act, entry.leaf)
            found._receipts[entry.leaf.act] = Receipted(sign_receipt(entry.leaf, self._signer))
        return found

    async def unready(self) -> str | None:
        return self.unavailable

    async def submit(self, submission: Submission) -> Answer:
        self.before()
        self.taken.append(submission)
        if self.unavailable is not None:
            return Unavailable(self.unavailable)
        async with self._turn:
            found = self._receipts.get(act_id(submission.envelope.payload))
            if found is not None:
                return found
            try:
                return await self._record(submission)
            except RefusedError as error:
                return self._refuse(submission, error)

    async def _record(self, submission: Submission) -> Answer:
        now, raw = self.clock.now(), envelope.encode(submission.envelope)
        read = envelope.decode(raw)
        act = acts.decode(read.payload)
        check_signatures(signing_keys(self.state, act, Verifiers()), read)
        check_detached(act.header.detached, submission.detached)
        act_named = act_id(read.payload)
        admit(self.state, act, act_named, now)
        term = act.content.term if isinstance(act.content, acts.RegistrarTerm) else self.state.term
        leaf = Leaf(1, self.organisation, self.state.size, term, now, act_named, envelope.digest(raw))
        if submission.detached is not None:
            await self.bodies.put(submission.detached.digest(), profile.encode(submission.detached))
        # Nothing waits between the two: whoever asked may be cut off, and what is recorded is folded nevertheless.
        self.record.add([message(self.organisation, Entry(leaf, read, act))], self.state.size)
        enact(self.state, act, leaf)
        self._receipts[act_named] = Receipted(sign_receipt(leaf, self._signer))
        return self._receipts[act_named]

    def _refuse(self, submission: Submission, error: RefusedError) -> Answer:
        assert self.state.charter is not None
        refusal = Refusal(
            self.organisation,
            act_id(submission.envelope.payload),
            envelope.digest(envelope.encode(submission.envelope)),
            self.state.term,
            self.state.size,
            self.clock.now(),
            error.rule,
            error.detail,
            self.state.charter.ruleset,
        )
        return Refused(sign_refusal(refusal, self._signer))
