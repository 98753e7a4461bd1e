"""What a delegation says and hears on one connection, until it is lost."""

import asyncio
from typing import Final, assert_never

from tacit.client.errors import CredentialRevokedError, FrameRefusedError, QueryRefusedError, SignInRefusedError
from tacit.client.fetches import Fetches
from tacit.client.inbox import WINDOW_ENTRIES, Inbox
from tacit.client.line import Line, LineLostError
from tacit.client.memory import Memory
from tacit.client.outbox import Outbox
from tacit.client.questions import Questions
from tacit.ids import ActId
from tacit.session import (
    BodyArrived,
    CaughtUpWith,
    Challenged,
    EntryArrived,
    EntryWithheld,
    ErrorArrived,
    Event,
    Fault,
    GoodbyeArrived,
    QueryRefusedArrived,
    ReceiptArrived,
    RefusalArrived,
    RowsArrived,
    UnavailableArrived,
    Welcomed,
)

AGAIN_S: Final = 0.25
"""After `unavailable`, before the same bytes go out again."""

TRY_LATER: Final = frozenset({Fault.CONNECTIONS, Fault.AHEAD, Fault.SIGN_IN_LATE})
"""Errors that end a connection and may be gone at the next."""


Answered = ReceiptArrived | RefusalArrived | BodyArrived | RowsArrived | QueryRefusedArrived


class Desk:
    """What outlives a connection: acts and questions without an answer, entries not read, what is remembered."""

    def __init__(self, memory: Memory, inbox: Inbox | None) -> None:
        self.memory = memory
        self.inbox = inbox
        self.outbox = Outbox()
        self.fetches = Fetches()
        self.questions = Questions()
        self.caught_up = asyncio.Event()

    def answered(self, event: Answered) -> None:
        """Hand an answer to whoever waits for it."""
        match event:
            case ReceiptArrived():
                self.outbox.recorded(event.ref, event.leaf)
            case RefusalArrived():
                self.outbox.refused(event.ref, event.refusal)
            case BodyArrived():
                self.fetches.arrived(event.ref, event.detached)
            case RowsArrived():
                self.questions.arrived(event.ref, event.table)
            case QueryRefusedArrived():
                self.questions.failed(event.ref, QueryRefusedError(event.reason, event.detail))
            case _:
                assert_never(event)


class Conversation:
    """One connection's worth of it."""

    def __init__(self, desk: Desk, line: Line, room: int) -> None:
        self._desk = desk
        self._line = line
        self._room = room
        self.is_open = False
        self.was_open = False

    async def hold(self) -> None:
        """Sign in, send what waits, follow, and take every answer.

        Raises:
            LineLostError: connect again.
            SessionError: the gateway cannot be believed.
            SignInRefusedError, CredentialRevokedError, FrameRefusedError: connecting again is of no use.
        """
        async with asyncio.TaskGroup() as tasks:
            if self._desk.inbox is not None:
                tasks.create_task(self._pass_credit_on(self._desk.inbox))
            try:
                while True:
                    await self._take(await self._line.event(), tasks)
            finally:
                # Nothing is said any more on a session that has ended, though its tasks may still have a turn.
                self.is_open = False

    async def _take(self, event: Event, tasks: asyncio.TaskGroup) -> None:
        desk = self._desk
        match event:
            case Challenged():
                await self._line.send(event.reply)
            case Welcomed():
                await self._begin()
            case UnavailableArrived():
                tasks.create_task(self._again(event.ref, event.reason))
            case EntryArrived() | EntryWithheld():
                await self._hear(event)
            case CaughtUpWith():
                desk.caught_up.set()
            case ReceiptArrived() | RefusalArrived() | BodyArrived() | RowsArrived() | QueryRefusedArrived():
                desk.answered(event)
            case ErrorArrived():
                self._refused(event)
            case GoodbyeArrived():
                if event.reason == "credential_revoked":
                    raise CredentialRevokedError(event.reason)
                raise LineLostError
            case _:
                assert_never(event)

    async def _begin(self) -> None:
        desk = self._desk
        for kept in (desk.outbox, desk.fetches, desk.questions):
            kept.reconnected()
        await self._line.send(self._line.session.subscribe(self._room))
        # From here on whoever hands something in sends it himself; what was handed in before is sent below.
        acts, indices, numbers = desk.outbox.waiting(), desk.fetches.waiting(), desk.questions.waiting()
        self.is_open = self.was_open = True
        for act in acts:
            await self.submit(act)
        for index in indices:
            await self.fetch(index)
        for number in numbers:
            await self.ask(number)

    async def submit(self, act: ActId) -> None:
        """Send an act of the outbox, if it still waits."""
        submission = self._desk.outbox.submission(act)
        if submission is not None:
            ref, raw = self._line.session.submit(submission)
            self._desk.outbox.sent(ref, act)
            await self._line.send(raw)

    async def fetch(self, index: int) -> None:
        """Ask for a detached body."""
        ref, raw = self._line.session.fetch(index)
        self._desk.fetches.sent(ref, index)
        await self._line.send(raw)

    async def ask(self, number: int) -> None:
        """Ask a view, if somebody still waits for the answer."""
        question = self._desk.questions.question(number)
        if question is not None:
            ref, raw = self._line.session.ask(question)
            self._desk.questions.sent(ref, number)
            await self._line.send(raw)

    async def _again(self, ref: int, reason: str) -> None:
        act, index = self._desk.outbox.unavailable(ref), self._desk.fetches.unavailable(ref)
        number = self._desk.questions.unavailable(ref, reason)
        await asyncio.sleep(AGAIN_S)
        if not self.is_open:
            return
        if act is not None:
            await self.submit(act)
        elif index is not None:
            await self.fetch(index)
        elif number is not None:
            await self.ask(number)

    async def _hear(self, event: EntryArrived | EntryWithheld) -> None:
        memory = self._desk.memory
        memory.after = event.index
        if isinstance(event, EntryArrived) and event.entry is not None:
            memory.chains.learn(event.entry)
        if self._desk.inbox is not None:
            self._desk.inbox.put(event)
        elif self._line.session.credit <= WINDOW_ENTRIES // 2:
            await self._line.send(self._line.session.allow(WINDOW_ENTRIES // 2))

    async def _pass_credit_on(self, inbox: Inbox) -> None:
        """Allow the gateway as many entries as were read here."""
        while True:
            earned = await inbox.earned()
            if self.is_open:
                await self._line.send(self._line.session.allow(earned))

    def _refused(self, event: ErrorArrived) -> None:
        if event.ends and event.rule in TRY_LATER:
            raise LineLostError
        if event.rule == Fault.SIGN_IN_REFUSED:
            raise SignInRefusedError(event.detail)
        error = FrameRefusedError(event.rule, event.detail)
        if event.ends or event.ref is None:
            raise error
        self._desk.outbox.failed(event.ref, error)
        self._desk.fetches.failed(event.ref, error)
        self._desk.questions.failed(event.ref, error)
