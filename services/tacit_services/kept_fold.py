"""A record followed from the state that a service kept of its fold. For those that only read the record.

A start passes over the messages under that state: it computes their digest, and goes on from the state if it is the one
that was kept with it. Otherwise it says so, and everything comes to be folded, as it does where nothing was kept.
"""

import asyncio
import hashlib
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from typing import Final, NamedTuple, Protocol

import structlog

from tacit.ids import ActId
from tacit.rules import Snapshot, State, catalogue, encode_snapshot
from tacit_services.kept_states import UnusableStateError, read_state
from tacit_services.ports import EventStore, KeptState, StoredMessage, StoreFailedError

STATE_ENTRIES: Final = 50_000
"""Entries after which the state is kept again: a start folds at most so many, unless the service was killed before."""
LAST_PASSED: Final = 64
"""Messages at the end of what was passed over that are still at hand."""
CATCHING_UP: Final = "catching_up"
"""Why a service is not ready that has still to come to where the record ended when it began."""
RETRY_S: Final = 0.25
"""Before a store that failed is asked again."""

log = structlog.get_logger()


class Held(NamedTuple):
    """A state, and what its service knows of the same entries besides, in octets of its own."""

    state: State
    beside: bytes


class Passed:
    """What has passed of a record, from its first message on: how much, its digest, its first and its last messages."""

    def __init__(self) -> None:
        self.size = 0
        self.first: StoredMessage | None = None
        self.last: deque[StoredMessage] = deque(maxlen=LAST_PASSED)
        self._sum = hashlib.sha256()

    def add(self, messages: Sequence[StoredMessage]) -> None:
        """These follow."""
        if self.first is None and messages:
            self.first = messages[0]
        for message in messages:
            subject = message.subject.encode()
            self._sum.update(b"%d %d\n%b%b" % (len(subject), len(message.data), subject, message.data))
        self.last.extend(messages)
        self.size += len(messages)

    def digest(self) -> bytes:
        """SHA-256 of every message: how long its subject and its data are, then both. It binds each octet of them."""
        return self._sum.digest()


class Fold(Protocol):
    """The fold of a service, as whoever keeps its state sees it."""

    def held(self) -> Held | None:
        """What may be kept now; None where a start could not go on from it."""
        ...

    def go_on(self, found: Snapshot, passed: Passed) -> None:
        """Stand where `found` stands: the record has these entries, which have passed.

        Raises UnusableStateError, with nothing changed, where it cannot go on from there.
        """
        ...


class KeptFold:
    """Follows one record for one fold, and keeps its state: after every `entries`, and when it is told to end."""

    def __init__(self, kept: KeptState | None, organisation: ActId, entries: int = STATE_ENTRIES) -> None:
        """`kept`: None where there is no place for a state, so that everything is folded at each start."""
        self._kept = kept
        self._organisation = organisation
        self._entries = entries
        self._passed = Passed()
        self._size = 0
        self._taken = 0
        self._end: int | None = None

    @property
    def unready(self) -> str | None:
        """`CATCHING_UP` until all is taken that was recorded when it was asked first; then None, for ever."""
        return CATCHING_UP if self._end is None or self._taken < self._end else None

    async def follow(self, store: EventStore, fold: Fold) -> AsyncGenerator[Sequence[StoredMessage], None]:
        """Yield what `fold` has to take, without end: everything, or what comes after the state that it went on from.

        Each batch must be taken whole before the next is asked for. Raises as `EventStore.follow`; close it.
        """
        batches = store.follow(0)
        try:
            self._end = await _end_of(store)
            found = await self._find(self._end)
            ahead = await self._pass_over(batches, found.size) if found is not None else ()
            if found is not None and not self._goes_on(fold, found):
                await batches.aclose()
                batches, ahead, self._passed = store.follow(0), (), Passed()
            if ahead:
                self._passed.add(ahead)
                yield ahead
                self._taken = self._passed.size
            async for batch in batches:
                self._passed.add(batch)
                yield batch
                self._taken = self._passed.size
                await self._keep(fold, self._entries)
        finally:
            await batches.aclose()
            await self._keep(fold, 1)

    async def _find(self, last: int) -> Snapshot | None:
        """What was kept of this record, which has `last` entries; None where nothing was, or what is of no use."""
        if self._kept is None:
            return None
        try:
            return await read_state(self._kept, catalogue(), self._organisation, last)
        except UnusableStateError as error:
            log.warning("state_ignored", reason=error.reason)
            return None

    async def _pass_over(
        self, batches: AsyncGenerator[Sequence[StoredMessage], None], size: int
    ) -> Sequence[StoredMessage]:
        """Let the first `size` messages pass; gives what came with them and is still to be folded."""
        ahead: Sequence[StoredMessage] = ()
        while self._passed.size < size:
            batch = await anext(batches)
            wanted = size - self._passed.size
            self._passed.add(batch[:wanted])
            await asyncio.sleep(0)  # a long record passes over at a start: what else runs here must get its turn
            ahead = batch[wanted:]
        return ahead

    def _goes_on(self, fold: Fold, found: Snapshot) -> bool:
        try:
            if self._passed.digest().hex() != found.digest:
                raise UnusableStateError("differs")
            fold.go_on(found, self._passed)
        except UnusableStateError as error:
            log.warning("state_ignored", reason=error.reason)
            return False
        self._size = self._taken = found.size
        log.info("state_restored", size=found.size)
        return True

    async def _keep(self, fold: Fold, after: int) -> None:
        """Keep the state of all that has passed, if it is that of so many entries more than what was kept."""
        held = fold.held() if self._kept is not None else None
        if self._kept is None or held is None or held.state.organisation is None:
            return
        size = held.state.size
        if size != self._passed.size or size - self._size < after:
            return
        try:
            await self._kept.write(encode_snapshot(held.state, self._passed.digest(), held.beside))
        except StoreFailedError as error:
            log.warning("state_ignored", reason=error.reason)
        else:
            log.debug("state_kept", size=size)
        self._size = size  # what could not be kept now is tried again after as many entries


async def _end_of(store: EventStore) -> int:
    """How many entries the record has now, asked until the store says it."""
    while True:
        try:
            return await store.last_sequence()
        except StoreFailedError:
            await asyncio.sleep(RETRY_S)
