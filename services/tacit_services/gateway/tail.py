"""The record as this gateway has it: folded, its last entries ready to be sent, everybody told when it grows."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import aclosing

import structlog

from tacit.record import Entry
from tacit.rules import Effect, State, apply_bytes
from tacit.rules.effects import EntryVoid
from tacit_services.gateway.config import FOLD_ENTRIES, READ_ENTRIES, READ_WAIT_S, RETRY_S
from tacit_services.gateway.recent import Ring, Sendable
from tacit_services.kept_fold import Fold, KeptFold
from tacit_services.ports import EventStore, StoredMessage, StoreFailedError
from tacit_services.standing import is_misplaced, readable

log = structlog.get_logger()

Watcher = Callable[[int, Entry | None, tuple[Effect, ...]], None]
"""Told of each entry, in order, after it was folded: its index, what was read of it, what it did. It must not raise."""


class Tail:
    """Follows the record and folds it without verifying again what the registrar has verified."""

    def __init__(self, store: EventStore, state: State, ring: Ring, watchers: Sequence[Watcher] = ()) -> None:
        """`state` is the genesis state; what was kept and the record give the rest."""
        self.state = state
        self._store = store
        self._ring = ring
        self._watchers = watchers
        self._news = asyncio.Event()
        self._began_at: int | None = None
        self.void: set[int] = set()
        """The indices of entries without effect."""

    @property
    def has_caught_up(self) -> bool:
        """Whether everything is folded that was recorded when we began: before that nobody can be recognised."""
        return self._began_at is not None and self.size >= self._began_at

    @property
    def size(self) -> int:
        """How many entries have been folded."""
        return self.state.size

    def go_on(self, state: State, void: Collection[int]) -> None:
        """Stand where this state stands; of its entries those are void. Nobody is told of each."""
        self.state = state
        self.void = set(void)
        self._announce()

    async def follow(self, kept: KeptFold, fold: Fold) -> None:
        """Follow until cancelled, from the state that was kept of `fold`, which this is a part of.

        Raises:
            RecordGapError: when the record itself has a hole.
        """
        self._began_at = await self._last()
        async with aclosing(kept.follow(self._store, fold)) as batches:
            async for batch in batches:
                for start in range(0, len(batch), FOLD_ENTRIES):
                    for message in batch[start : start + FOLD_ENTRIES]:
                        self._take(message)
                    self._announce()
                    # A long record is folded at a start: what else runs here must get its turn.
                    await asyncio.sleep(0)

    async def _last(self) -> int:
        while True:
            try:
                return await self._store.last_sequence()
            except StoreFailedError:
                await asyncio.sleep(RETRY_S)

    async def catch_up(self) -> None:
        """Return once everything is folded that is recorded now. The caller bounds the wait."""
        await self.beyond(await self._last() - 1)

    def _take(self, message: StoredMessage) -> None:
        index = self.size
        entry, effects = apply_bytes(self.state, message.data)
        void = any(isinstance(effect, EntryVoid) for effect in effects)
        if void:
            self.void.add(index)
        elif entry is not None and is_misplaced(message.subject, entry):
            log.warning("entry_misplaced", index=index, act=entry.leaf.act)
        self._ring.add(Sendable.of(message, entry, void=void))
        for watcher in self._watchers:
            watcher(index, entry, effects)

    def _announce(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def beyond(self, size: int) -> None:
        """Return once the record has more than `size` entries. The caller bounds the wait or means to wait for ever."""
        while self.size <= size:
            await self._news.wait()

    async def entries(self, first: int, limit: int) -> list[Sendable]:
        """Up to `limit` entries from index `first` on, at least one if `first` is below `size`.

        Raises:
            TimeoutError: the store did not answer within `READ_WAIT_S`.
            StoreFailedError, RecordGapError: as `EventStore.read`.
        """
        recent = self._ring.slice(first, limit)
        if recent is not None:
            return recent
        async with asyncio.timeout(READ_WAIT_S):
            found = await self._store.read(first + 1, min(limit, READ_ENTRIES))
        # What the store has beyond our size is not folded yet, so nobody can say who may read it.
        return [self._sendable(message) for message in found if message.sequence <= self.size]

    def _sendable(self, message: StoredMessage) -> Sendable:
        return Sendable.of(message, readable(message.data), void=message.sequence - 1 in self.void)
