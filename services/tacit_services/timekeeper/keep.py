"""Keeping time: follow the record, sleep until the next deadline, submit. Awaits ports only."""

import asyncio
from contextlib import aclosing
from typing import Final, Protocol

import structlog

from tacit.compose import Author
from tacit.rules import Snapshot, State, apply_bytes
from tacit.submission import Answer, Refused, Submission, Unavailable
from tacit_services.kept_fold import Held, KeptFold, Passed
from tacit_services.ports import Clock, EventStore
from tacit_services.timekeeper.due import Due, next_due, sign_due

RETRY_S: Final = 0.25
"""The pause after a refusal or without an answer: the record usually says by then why."""

log = structlog.get_logger()


class Submitter(Protocol):
    """Hands a submission to the registrar."""

    async def submit(self, submission: Submission) -> Answer:
        """Return what the registrar answered; `Unavailable` where nobody can say. Raises nothing of the transport."""
        ...


async def keep_time(
    store: EventStore, submitter: Submitter, clock: Clock, author: Author, state: State, kept: KeptFold
) -> None:
    """Keep time for one organisation until cancelled. `state` is the genesis state; `kept` and the record give more.

    Raises:
        RecordGapError: when the record itself has a hole.
    """
    keeper = _Keeper(submitter, clock, author, state)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(keeper.follow(store, kept))
        tasks.create_task(keeper.keep())


class _Keeper:
    def __init__(self, submitter: Submitter, clock: Clock, author: Author, state: State) -> None:
        self._submitter = submitter
        self._clock = clock
        self._author = author
        self._state = state
        self._changed = asyncio.Event()

    def held(self) -> Held:
        """The state is all: every deadline is in it."""
        return Held(self._state, b"")

    def go_on(self, found: Snapshot, _passed: Passed) -> None:
        self._state = found.state
        self._changed.set()

    async def follow(self, store: EventStore, kept: KeptFold) -> None:
        async with aclosing(kept.follow(store, self)) as batches:
            async for batch in batches:
                for message in batch:
                    apply_bytes(self._state, message.data)
                self._changed.set()

    async def keep(self) -> None:
        while True:
            due = next_due(self._state)
            self._changed.clear()
            if due is None:
                await self._changed.wait()
            elif due.at > self._clock.now():
                await self._sleep_or_change(due)
            else:
                await self._state_it(due)

    async def _sleep_or_change(self, due: Due) -> None:
        """A break, an extension, a new silence: any entry may move what is due."""
        async with asyncio.TaskGroup() as tasks:
            sleeping = tasks.create_task(self._clock.sleep_until(due.at))
            changing = tasks.create_task(self._wait_for_change())
            sleeping.add_done_callback(lambda _: changing.cancel())
            changing.add_done_callback(lambda _: sleeping.cancel())

    async def _wait_for_change(self) -> None:
        await self._changed.wait()

    async def _state_it(self, due: Due) -> None:
        size = self._state.size
        composed = sign_due(self._state, self._author, due, self._clock.now())
        answer = await self._submitter.submit(Submission(composed.envelope, None))
        if isinstance(answer, Refused | Unavailable):
            log.info("deadline_not_stated", act=composed.act_id, answer=type(answer).__name__, size=size)
            await asyncio.sleep(RETRY_S)
            return
        log.info("deadline_stated", act=composed.act_id, size=size)
        while self._state.size == size:
            await self._changed.wait()
            self._changed.clear()
