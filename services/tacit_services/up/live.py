"""The desks of an exercise in real time: one WebSocket for each office, and each hears the record for itself."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Final

from tacit.client import ActRefusedError, Delegation, Endpoint, connect
from tacit.compose import Author
from tacit.detached import Detached
from tacit.envelope import Envelope
from tacit.errors import RefusedError
from tacit.ids import CredentialId
from tacit.record import Entry, Leaf
from tacit.session import EntryArrived
from tacit_services.ports import Clock

ENTRY_WAIT_S: Final = 60.0
"""For an entry that a player expects; longer than any quiet stretch of a scenario."""
ENTRIES_KEPT_MAX: Final = 8_192
"""The newest entries that are kept for the player, which asks for them one after the other."""


class LiveDesk:
    """`Desk` of the scenarios: an act goes out on its author's own connection, entries come in over the first one."""

    def __init__(self, delegations: dict[CredentialId, Delegation], clock: Clock) -> None:
        self._delegations = delegations
        self._clock = clock
        self._entries: dict[int, Entry | None] = {}
        self._arrived = asyncio.Condition()
        self.heard: dict[CredentialId, int] = dict.fromkeys(delegations, -1)
        """The last index that each connection has heard, without gap or repetition."""

    def now(self) -> datetime:
        """The machine's time."""
        return self._clock.now()

    async def sleep_until(self, instant: datetime) -> None:
        """Sleep."""
        await self._clock.sleep_until(instant)

    async def submit(self, author: Author, envelope: Envelope, detached: Detached | None) -> Leaf:
        """Hand in on the author's own connection; it goes out again until there is an answer.

        Raises:
            RefusedError: the registrar refused it.
        """
        try:
            return await self._delegations[author.signer.credential].submit(envelope, detached)
        except ActRefusedError as error:
            raise RefusedError(error.rule, error.refusal.detail) from error

    async def entry(self, index: int) -> Entry | None:
        """The entry at an index, as the first connection heard it; None where its bytes are none.

        Raises:
            TimeoutError: it has not come within `ENTRY_WAIT_S`.
        """
        async with asyncio.timeout(ENTRY_WAIT_S), self._arrived:
            await self._arrived.wait_for(lambda: index in self._entries)
            return self._entries[index]

    async def hear(self) -> None:
        """Read every connection until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for number, (credential, delegation) in enumerate(self._delegations.items()):
                tasks.create_task(self._hear(credential, delegation, keep=number == 0))

    async def _hear(self, credential: CredentialId, delegation: Delegation, *, keep: bool) -> None:
        async for followed in delegation.follow():
            self.heard[credential] = followed.index
            if keep:
                await self._keep(followed.index, followed.entry if isinstance(followed, EntryArrived) else None)

    async def _keep(self, index: int, entry: Entry | None) -> None:
        async with self._arrived:
            self._entries[index] = entry
            self._entries.pop(index - ENTRIES_KEPT_MAX, None)
            self._arrived.notify_all()


@asynccontextmanager
async def desks(address: str, authors: Iterable[Author], clock: Clock) -> AsyncIterator[LiveDesk]:
    """Connect every author; within the block each stays connected and hears the record.

    Raises:
        ClientError: (also out of the block) a credential is refused, or the gateway cannot be believed.
    """
    endpoint = Endpoint(address)
    async with AsyncExitStack() as stack:
        delegations = {
            author.signer.credential: await stack.enter_async_context(connect(endpoint, author, listen=True))
            for author in authors
        }
        desk = LiveDesk(delegations, clock)
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        hearing = tasks.create_task(desk.hear())
        try:
            yield desk
        finally:
            hearing.cancel()
