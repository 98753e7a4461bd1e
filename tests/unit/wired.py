"""A conversation with real sessions on both ends and nothing but bytes between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, cast

from tacit.acts import ConsultationRequested
from tacit.client import Memory, MemoryStore
from tacit.client.conversation import Conversation
from tacit.client.desk import Desk
from tacit.client.line import Line, LineLostError
from tacit.compose import Composed
from tacit.record import Entry
from tacit.session import (
    ClientSession,
    EntryFrame,
    Event,
    Identity,
    ServerSession,
    SignIn,
    Submit,
    Welcome,
)
from tacit.session.frames import ClientFrame
from tacit.submission import Submission
from tacit.testing import OFFICE, World
from tests.ledger import Ledger
from tests.unit.session_pair import AUDIENCE, LIMITS, NONCE, raw_entry

WAIT_S: Final = 5.0


class Wired:
    """A delegation's conversation, and a gateway that says what the test wants, when it wants."""

    def __init__(self, desk: Desk | None = None, world: World | None = None) -> None:
        self.world = world or World(witnessed=True)
        author = self.world.author("XAA")
        self.desk = desk or Desk(Memory(author), None, MemoryStore(), lambda: self.world.now)
        identity = Identity(author.organisation, author.signer, AUDIENCE)
        memory = self.desk.memory
        after = memory.resume_after
        self.session = ClientSession(identity, after=after, registrars=memory.registrars, log=memory.log)
        self.gateway = ServerSession(author.organisation, NONCE, LIMITS)
        self.ledger = Ledger(author.organisation)
        self.conversation = Conversation(self.desk, cast("Line", self), 256)
        self.said: asyncio.Queue[ClientFrame] = asyncio.Queue()
        self._inward: asyncio.Queue[bytes] = asyncio.Queue()

    async def send(self, raw: bytes) -> None:
        """As `Line.send`."""
        self.said.put_nowait(self.gateway.receive(raw))

    async def event(self) -> Event:
        """As `Line.event`."""
        raw = await self._inward.get()
        if not raw:
            raise LineLostError
        return self.session.receive(raw)

    async def hears(self, kind: type[ClientFrame]) -> ClientFrame:
        """The next frame of this kind that the client says."""
        async with asyncio.timeout(WAIT_S):
            while True:
                frame = await self.said.get()
                if isinstance(frame, kind):
                    return frame

    def tells(self, raw: bytes) -> None:
        self._inward.put_nowait(raw)

    async def welcomes(self) -> None:
        """Sign the client in; it asks for what it wants to hear."""
        self.tells(self.gateway.challenge())
        await self.hears(SignIn)
        charter, size = self.world.entries[0].envelope, len(self.world.entries)
        self.tells(self.gateway.send(Welcome("XAA", OFFICE, charter, size, self.world.now)))
        async with asyncio.timeout(WAIT_S):
            while self.gateway.credit < 1:  # noqa: ASYNC110 - a session tells nobody
                await asyncio.sleep(0)

    def enters(self, entry: Entry) -> None:
        self.gateway.forward(entry.leaf.index)
        self.tells(self.gateway.codec.encode(EntryFrame(entry.leaf.index, raw_entry(entry))))
        self.ledger.append(entry.leaf)

    def shows(self, *states: str) -> None:
        size, old = self.ledger.size, self.gateway.shown
        self.tells(self.gateway.checkpoint(size, self.ledger.consistency(old, size), self.ledger.signed(size, *states)))

    async def hands_in(self) -> tuple[Composed, Submit]:
        content = ConsultationRequested(basis="Article 4", threatened=("XAA",), subject="A matter")
        composed = self.world.compose(self.world.author("XAA"), content)
        self.desk.outbox.add(composed.act_id, Submission(composed.envelope, None))
        await self.conversation.submit(composed.act_id)
        return composed, cast("Submit", await self.hears(Submit))


@asynccontextmanager
async def wired() -> AsyncIterator[Wired]:
    """Signed in, the record heard to its end."""
    found = Wired()
    async with asyncio.TaskGroup() as tasks:
        holding = tasks.create_task(found.conversation.hold())
        await found.welcomes()
        for entry in found.world.entries:
            found.enters(entry)
        found.tells(found.gateway.caught_up())
        await found.desk.caught_up.wait()
        try:
            yield found
        finally:
            holding.cancel()
