"""What a delegation says and hears on one connection, until it is lost."""

import asyncio
from functools import partial
from typing import Final, assert_never

from tacit.client.desk import Desk
from tacit.client.errors import (
    CredentialRevokedError,
    EquivocationError,
    FrameRefusedError,
    SignInRefusedError,
)
from tacit.client.in_flight import Frame, InFlight
from tacit.client.inbox import WINDOW_ENTRIES, Followed, Inbox
from tacit.client.line import Line, LineLostError
from tacit.client.waiting import AGAIN_FIRST_S, again_after_s
from tacit.ids import ActId
from tacit.session import (
    BodyArrived,
    CaughtUpWith,
    Challenged,
    CheckpointArrived,
    EntryArrived,
    EntryWithheld,
    EquivocationArrived,
    ErrorArrived,
    Event,
    Fault,
    GoodbyeArrived,
    ProofsArrived,
    QueryRefusedArrived,
    ReceiptArrived,
    RefusalArrived,
    RowsArrived,
    UnavailableArrived,
    Welcomed,
)

ANSWER_WAIT_S: Final = 60.0
"""A gateway that owes an answer for so long, or for so long did not let us in, gives none: another connection may."""
STEADY_S: Final = 5.0
"""After a connection that was shorter and brought nothing new, the pauses between two go on growing."""
LAST_WAIT_S: Final = 5.0
"""For a gateway that has not read as far as was heard before; then the record is read again."""
TRY_LATER: Final = frozenset({Fault.CONNECTIONS, Fault.AHEAD, Fault.SIGN_IN_LATE})
"""Errors that end a connection and may be gone at the next."""


class Conversation:
    """One connection's worth of it."""

    def __init__(self, desk: Desk, line: Line, room: int) -> None:
        self._desk = desk
        self._line = line
        self._room = room
        self._in_flight = InFlight()
        self._behind = 0
        """Entries that were under a checkpoint before: a gateway that has fewer has not caught up with us."""
        self._told_end = False
        self._is_followed = False
        """The gateway has shown that its record goes on from what was heard before. Until then it may be another."""
        self._unproved = 0
        self.is_open = False
        self._opened_s: float | None = None
        self._brought = False
        """An entry that was new, or an answer that was owed."""

    @property
    def was_of_use(self) -> bool:
        """Whether it brought something new, or was open for long enough, so that the next one may follow at once."""
        return self._brought or (
            self._opened_s is not None and asyncio.get_running_loop().time() - self._opened_s >= STEADY_S
        )

    async def hold(self) -> None:
        """Sign in, send what waits, follow, and take every answer.

        Raises:
            LineLostError: connect again.
            SessionError: the gateway cannot be believed.
            EquivocationError: the log has two histories.
            SignInRefusedError, CredentialRevokedError, FrameRefusedError: connecting again is of no use.
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._expect_answers())
            if self._desk.inbox is not None:
                tasks.create_task(self._pass_credit_on(self._desk.inbox))
            try:
                while True:
                    await self._take(await self._line.event(), tasks)
            finally:
                # Nothing is said any more on a session that has ended, though its tasks may still have a turn.
                self.is_open = False

    async def _expect_answers(self) -> None:
        """Raises LineLostError: the gateway owes one for too long, as one that stalls does, though its line lives."""
        while True:
            owed = self._in_flight.unanswered
            await asyncio.sleep(ANSWER_WAIT_S)
            if not self.is_open or owed & self._in_flight.unanswered:
                raise LineLostError

    async def _take(self, event: Event, tasks: asyncio.TaskGroup) -> None:
        desk = self._desk
        match event:
            case Challenged():
                self._in_flight.allow(event.limits.in_flight_max)
                await self._line.send(event.reply)
            case Welcomed():
                await self._begin()
            case UnavailableArrived():
                tasks.create_task(self._again(event.ref, event.reason))
            case EntryArrived() | EntryWithheld():
                await self._hear(event)
            case CaughtUpWith():
                await self._catch_up(event.size, tasks)
            case ReceiptArrived() | RefusalArrived() | BodyArrived() | RowsArrived() | QueryRefusedArrived():
                desk.answered(event)
                self._brought = True
                await self._free(event.ref)
                if isinstance(event, ReceiptArrived) and event.leaf.index <= desk.memory.after:
                    # Its entry was faster, perhaps its checkpoint too: nothing else need come by for a long time.
                    await self._offer(self._proofs)
            case CheckpointArrived() | EquivocationArrived() | ProofsArrived():
                await self._see(event)
            case ErrorArrived():
                self._refused(event)
                await self._free(event.ref)
            case GoodbyeArrived():
                if event.reason == "credential_revoked":
                    raise CredentialRevokedError(event.reason)
                raise LineLostError
            case _:
                assert_never(event)

    async def _see(self, event: CheckpointArrived | EquivocationArrived | ProofsArrived) -> None:
        """Take what was shown of the log; the session has checked it, and told the log of our memory."""
        if isinstance(event, EquivocationArrived):
            self._desk.store.accuse(event.equivocation)
            raise EquivocationError(event.equivocation)
        if isinstance(event, ProofsArrived):
            self._unproved = 0
            self._desk.outbox.proofs.proved(event.ref, event.proofs)
            self._in_flight.answered(event.ref)
        else:
            if self._is_followed:
                self._desk.agree()
                self._desk.outbox.covered(event.verified.checkpoint.size)
            self._desk.outbox.proofs.shown(event.verified)
        await self._offer(self._proofs)

    async def _begin(self) -> None:
        desk = self._desk
        # Only now: what a file remembers of the log is checked with keys of the charter, which came with the welcome.
        self._behind = desk.memory.log.size
        desk.outbox.learnt()
        for kept in (desk.outbox, desk.fetches, desk.questions):
            kept.reconnected()
        await self._line.send(self._line.session.subscribe(self._room))
        watching = self._line.session.watch()
        if watching is not None:
            await self._line.send(watching)
        # From here on whoever hands something in sends it himself; what was handed in before is sent below.
        self._add_ready()
        for index in desk.fetches.waiting():
            self._in_flight.add(partial(self._fetch, index))
        for number in desk.questions.waiting():
            self._in_flight.add(partial(self._question, number))
        self.is_open, self._opened_s = True, asyncio.get_running_loop().time()
        await self._send()

    def _add_ready(self) -> None:
        for act in self._desk.outbox.ready():
            self._in_flight.add(partial(self._act, act))

    async def _reach_end(self) -> None:
        """Once the record is heard to its end, send again what it lacks."""
        if self._told_end and self._is_followed and self._desk.memory.heard.size >= self._behind:
            self._told_end = False
            self._desk.caught_up.set()
            self._desk.outbox.read_to_end()
            self._add_ready()
            await self._offer(self._proofs)

    async def submit(self, act: ActId) -> None:
        """Send an act of the outbox when its turn comes, if it still waits."""
        await self._offer(partial(self._act, act))

    async def fetch(self, index: int) -> None:
        """Ask for a detached body when its turn comes."""
        await self._offer(partial(self._fetch, index))

    async def ask(self, number: int) -> None:
        """Ask a view when its turn comes, if somebody still waits for the answer."""
        await self._offer(partial(self._question, number))

    async def _offer(self, frame: Frame) -> None:
        self._in_flight.add(frame)
        await self._send()

    async def _free(self, ref: int | None) -> None:
        self._in_flight.answered(ref)
        await self._send()

    async def _send(self) -> None:
        # Whoever sends here may be somebody who waits while the session ends: then the next line says the rest.
        while self.is_open and (raw := self._in_flight.next()) is not None:
            await self._line.send(raw)

    def _act(self, act: ActId) -> tuple[int, bytes] | None:
        submission = self._desk.outbox.to_send(act)
        if submission is None:
            return None
        ref, raw = self._line.session.submit(submission)
        self._desk.outbox.sent(ref, act)
        return ref, raw

    def _proofs(self) -> tuple[int, bytes] | None:
        wanted = self._desk.outbox.proofs.wanted(self._desk.memory.after)
        if wanted is None or not self._is_followed:
            return None
        leaves, verified = wanted
        ref, raw = self._line.session.prove(leaves, verified)
        self._desk.outbox.proofs.asked(ref, leaves)
        return ref, raw

    def _fetch(self, index: int) -> tuple[int, bytes]:
        ref, raw = self._line.session.fetch(index)
        self._desk.fetches.sent(ref, index)
        return ref, raw

    def _question(self, number: int) -> tuple[int, bytes] | None:
        question = self._desk.questions.question(number)
        if question is None:
            return None
        ref, raw = self._line.session.ask(question)
        self._desk.questions.sent(ref, number)
        return ref, raw

    async def _again(self, ref: int, reason: str) -> None:
        """After `unavailable`: the same once more, later each time. A turn is kept for the first pause alone.

        So a gateway that is asked too much is not asked more by the next ones, and an act that waits long is in
        nobody's way.
        """
        outbox, index = self._desk.outbox, self._desk.fetches.unavailable(ref)
        act, number = outbox.unavailable(ref, reason), self._desk.questions.unavailable(ref, reason)
        pause_s = act[1] if act is not None else AGAIN_FIRST_S
        if outbox.proofs.unproved(ref):
            self._unproved += 1
            pause_s = again_after_s(self._unproved)
        await asyncio.sleep(AGAIN_FIRST_S)
        await self._free(ref)
        await asyncio.sleep(pause_s - AGAIN_FIRST_S)
        outbox.given_up(ref)
        if not self.is_open:
            return
        if act is not None:
            self._in_flight.add(partial(self._act, act[0]))
        elif index is not None:
            self._in_flight.add(partial(self._fetch, index))
        elif number is not None:
            self._in_flight.add(partial(self._question, number))
        await self._offer(self._proofs)

    def _follow(self) -> None:
        if not self._is_followed:
            self._is_followed = True
            self._desk.agree()

    async def _catch_up(self, size: int, tasks: asyncio.TaskGroup) -> None:
        self._told_end = True
        if size < self._desk.memory.heard.size:
            tasks.create_task(self._wait_for_last())
        else:
            self._follow()
        await self._reach_end()

    async def _wait_for_last(self) -> None:
        """The gateway has not come to the entry that was heard last: it is late, or the record is shorter now."""
        await asyncio.sleep(LAST_WAIT_S)
        if not self._is_followed and self._desk.memory.log.has_log:
            self._desk.begin_anew()
            raise LineLostError

    async def _hear(self, event: Followed) -> None:
        if event.index <= self._desk.memory.after:
            await self._hear_again(event)
            return
        self._follow()
        lost = self._desk.heard(event)
        if event.index > self._desk.memory.after:
            raise LineLostError  # it is read anew
        self._brought = True
        if lost or self._desk.outbox.shelf.at(event.index):
            self._add_ready()
            await self._offer(self._proofs)
        await self._reach_end()
        await self._hand_on(event)

    async def _hear_again(self, last: Followed) -> None:
        """The entry that was heard last, once more: where it stands still, the record goes on from it."""
        if not self._desk.goes_on(last):
            raise LineLostError
        self._follow()
        await self._offer(self._proofs)
        await self._reach_end()
        await self._hand_on(last)

    async def _hand_on(self, event: Followed) -> None:
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
            if event.rule == Fault.AHEAD and self._desk.memory.log.has_log:
                # Without a log nothing says how far the record has to be read before anything is repeated.
                self._desk.begin_anew()
            raise LineLostError
        if event.rule == Fault.SIGN_IN_REFUSED:
            raise SignInRefusedError(event.detail)
        error = FrameRefusedError(event.rule, event.detail)
        if event.ends or event.ref is None:
            raise error
        self._desk.outbox.failed(event.ref, error)
        self._desk.outbox.proofs.unproved(event.ref)
        self._desk.fetches.failed(event.ref, error)
        self._desk.questions.failed(event.ref, error)
