"""A copy of the record's state that follows along: what the demonstration reads, as any member could."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from tacit.record import Entry
from tacit.rules import Effect, State, apply_bytes, catalogue, genesis
from tacit_services.ports import EventStore

Watcher = Callable[[Entry, tuple[Effect, ...]], None]


class Mirror:
    """Folds the record as it grows and tells its watchers of each entry, in order."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._changed = asyncio.Condition()
        self._watchers: list[Watcher] = []
        self.state: State = genesis(catalogue())
        self.octets = 0
        """What was read so far, in bytes."""

    def watch(self, watcher: Watcher) -> None:
        """Call `watcher` with every entry from now on. It must not raise."""
        self._watchers.append(watcher)

    async def follow(self) -> None:
        """Follow the record until cancelled.

        Raises:
            RecordGapError: when the record itself has a hole.
        """
        async with aclosing(self._store.follow(self.state.size)) as batches:
            async for batch in batches:
                for message in batch:
                    self._take(message.data)
                async with self._changed:
                    self._changed.notify_all()

    def _take(self, data: bytes) -> None:
        self.octets += len(data)
        entry, effects = apply_bytes(self.state, data)
        if entry is not None:
            for watcher in self._watchers:
                watcher(entry, effects)

    async def catch_up(self) -> None:
        """Return once everything is folded that is in the record now. The caller bounds the wait.

        Raises:
            StoreFailedError: the store does not say where it ends.
        """
        last = await self._store.last_sequence()
        await self.wait_for(lambda seen: seen.size >= last)

    async def wait_for(self, condition: Callable[[State], bool]) -> None:
        """Return once the folded state fulfils the condition. The caller bounds the wait."""
        async with self._changed:
            await self._changed.wait_for(lambda: condition(self.state))
