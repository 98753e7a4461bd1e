"""What outlives a connection of a delegation: acts and questions without an answer, and what was heard."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import assert_never

from tacit.client.errors import QueryRefusedError
from tacit.client.fetches import Fetches
from tacit.client.inbox import Followed, Inbox
from tacit.client.lodging import lodged_act
from tacit.client.memory import Memory
from tacit.client.outbox import Outbox
from tacit.client.questions import Questions
from tacit.client.store import Kept, OutboxStore, Stage
from tacit.session import (
    BodyArrived,
    Difference,
    EntryWithheld,
    Heard,
    OtherRecordError,
    QueryRefusedArrived,
    ReceiptArrived,
    RefusalArrived,
    RowsArrived,
    entry_hash,
)

Answered = ReceiptArrived | RefusalArrived | BodyArrived | RowsArrived | QueryRefusedArrived


class Desk:
    """Taken to one connection after another."""

    def __init__(self, memory: Memory, inbox: Inbox | None, store: OutboxStore, now: Callable[[], datetime]) -> None:
        self.memory = memory
        self.inbox = inbox
        if memory.log.last is None:
            memory.log.restore(*store.checkpoints())
        self.store = store
        self.outbox = Outbox(store, memory.log, now, memory.surroundings, memory.credential)
        self.fetches = Fetches()
        self.questions = Questions()
        self.caught_up = asyncio.Event()
        self._promise()

    def _promise(self) -> None:
        # The gateway may not have read yet what a receipt says: a number of ours is not signed twice for that.
        for kept in self.outbox.waiting():
            if kept.leaf is not None and kept.stage != Stage.LOST:
                self._advance(kept)

    def begin_anew(self) -> None:
        """The record is shorter, or not the one that was heard: it is read again, and compared with what was heard."""
        self._forget(self.memory.heard.again())

    def _forget(self, heard: Heard) -> None:
        self.memory.forget(heard)
        self.outbox.begins_anew()
        self.caught_up.clear()
        self._promise()

    def goes_on(self, last: Followed) -> bool:
        """Whether the entry that was heard last stands there still; if not, the record is read anew."""
        if self.memory.heard.is_last(last.index, entry_hash(last)):
            return True
        self.begin_anew()
        return False

    def heard(self, event: Followed) -> list[Kept]:
        """Take in an entry; given back are the acts of ours that are lost by it.

        Raises:
            OtherRecordError: it is not what the log has signed.
        """
        memory, entry = self.memory, None if isinstance(event, EntryWithheld) else event.entry
        leaf = event.leaf if isinstance(event, EntryWithheld) else entry.leaf if entry else None
        if entry is not None:
            memory.chains.learn(entry)
            memory.surroundings.learn(entry)
        lost = self.outbox.heard(event.index, leaf, lodged_act(entry.act.content) if entry else None)
        for kept in lost:
            if self.outbox.shelf.is_own(kept):
                memory.chains.take_back(kept.place)
        with self._differences_kept():
            difference = memory.heard.take(entry_hash(event))
        if difference is not None:
            self._changed(difference)
        return lost

    def agree(self) -> None:
        """What was heard, and is heard from here on, has to be what the log has signed. Raises as `heard` does."""
        last = self.memory.log.last
        if last is not None:
            with self._differences_kept():
                self.memory.heard.shown(last.checkpoint)

    @contextmanager
    def _differences_kept(self) -> Iterator[None]:
        try:
            yield
        except OtherRecordError as error:
            self.store.differs(error.difference)
            raise

    def _changed(self, difference: Difference) -> None:
        self.store.differs(difference)
        if self.inbox is not None:
            self.inbox.take_back(difference)
        if difference.first is None:
            # Entries before this one may be others, and were not handed on again: once more, with nothing to compare.
            self._forget(Heard())

    def answered(self, event: Answered) -> None:
        """Hand an answer to whoever waits for it."""
        match event:
            case ReceiptArrived():
                kept = self.outbox.recorded(event.ref, event.leaf, event.receipt)
                if kept is not None:
                    self._advance(kept)
            case RefusalArrived():
                self.outbox.refused(event.ref, event.refusal, event.signed)
            case BodyArrived():
                self.fetches.arrived(event.ref, event.detached)
            case RowsArrived():
                self.questions.arrived(event.ref, event.table)
            case QueryRefusedArrived():
                self.questions.failed(event.ref, QueryRefusedError(event.reason, event.detail))
            case _:
                assert_never(event)

    def _advance(self, kept: Kept) -> None:
        # What was handed in for another, or cannot be read by this version, is no link of this chain.
        if self.outbox.shelf.is_own(kept):
            self.memory.chains.advance(kept.place, kept.header.number, kept.act)
