"""The life of one connection: challenge, sign-in, then reading, following and answering until something ends it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Final

import structlog

from tacit.limits import NONCE_BYTES
from tacit.rules.state import Credential
from tacit.session import (
    Codec,
    Credit,
    Fault,
    Fetch,
    Phase,
    Prove,
    QueryFrame,
    ServerFrame,
    ServerSession,
    SessionError,
    SignIn,
    Submit,
    Subscribe,
    Watch,
    Welcome,
)
from tacit.session.frames import ClientFrame, GoodbyeReason
from tacit_services.gateway.answering import Answering, Asked
from tacit_services.gateway.fates import FATES, GOING_AWAY, POLICY, TRY_LATER
from tacit_services.gateway.follower import Follower
from tacit_services.gateway.log_follower import LogFollower, SessionReader
from tacit_services.gateway.sign_in import check_sign_in
from tacit_services.gateway.wire import EndedError, Wire
from tacit_services.gateway.wiring import Wiring
from tacit_services.ports import StoreError

LOOKS_PER_STALL: Final = 5
"""How often progress is looked at within `stalled_s`."""

GOODBYE_CODES: Final[dict[GoodbyeReason, int]] = {
    "slow_consumer": TRY_LATER,
    "credential_revoked": POLICY,
    "going_away": GOING_AWAY,
}

log = structlog.get_logger()


class Connection:
    """One client. Everything that runs for it belongs to one task group and ends with it."""

    def __init__(self, wire: Wire, wiring: Wiring, codec: Codec, signed_in: Callable[[], None]) -> None:
        """`signed_in` is told once the client has signed in."""
        config, nonce = wiring.config, wiring.ports.entropy(NONCE_BYTES)
        self._wire = wire
        self._wiring = wiring
        self._signed_in = signed_in
        self._session = ServerSession(config.organisation, nonce, config.limits(), codec)
        self._who: Credential | None = None
        self._follower: Follower | None = None
        self._bad_frames = 0
        self._told: asyncio.Future[GoodbyeReason] = asyncio.get_running_loop().create_future()

    def end(self, reason: GoodbyeReason) -> None:
        """Say goodbye for this reason and close, soon."""
        if not self._told.done():
            self._told.set_result(reason)

    async def serve(self) -> None:
        """Serve until the connection is over; then it is closed."""
        self._wiring.doors.enter(self)
        try:
            ended = await self._live()
            self._wiring.metrics.endings.labels(ended.cause).inc()
            log.info("connection_ended", cause=ended.cause, after=self._session.after)
            await self._wire.close(ended)
        finally:
            self._wiring.doors.leave(self, self._who.credential if self._who else None)

    async def _live(self) -> EndedError:
        ended = EndedError("gone")
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._guarded(self._converse(tasks)))
                tasks.create_task(self._leave_when_told())
                tasks.create_task(self._watch_progress())
        except* EndedError as group:
            ended = next(error for error in group.exceptions if isinstance(error, EndedError))
        return ended

    async def _guarded(self, part: Coroutine[None, None, None]) -> None:
        """Turn whatever can go wrong in one part into the end of the connection."""
        try:
            await part
        except SessionError as fault:
            raise self._ended_by(fault, None) from fault
        except (StoreError, TimeoutError) as error:
            log.warning("entries_unreadable", error=type(error).__name__)
            raise self._goodbye("going_away", TRY_LATER) from error

    async def _converse(self, tasks: asyncio.TaskGroup) -> None:
        await self._wire.send(self._session.challenge())
        try:
            async with asyncio.timeout(self._wiring.config.sign_in_s):
                who = await self._sign_in()
        except TimeoutError as error:
            raise SessionError(Fault.SIGN_IN_LATE, f"{self._wiring.config.sign_in_s} s") from error
        wiring = self._wiring
        answering = Answering(wiring, who.state)
        self._follower = Follower(wiring.config, self._session, wiring.tail, who.state, self._wire.send, wiring.metrics)
        while True:
            frame = await self._receive()
            if frame is not None:
                await self._take(frame, answering, tasks)

    async def _sign_in(self) -> Credential:
        wiring, frame = self._wiring, await self._receive()
        if not isinstance(frame, SignIn):
            raise SessionError(Fault.OUT_OF_TURN, "a sign-in comes first")
        if frame.credential not in wiring.tail.state.credentials:
            # It may have been enrolled a moment ago: a receipt can be faster than our reading of the record.
            await wiring.tail.catch_up()
        try:
            who = check_sign_in(self._session, frame, wiring.tail.state, wiring.verifiers, wiring.audiences)
        except SessionError:
            wiring.metrics.sign_ins.labels("refused").inc()
            raise
        if not wiring.doors.identify(self, who.credential):
            wiring.metrics.sign_ins.labels("too_many_connections").inc()
            raise SessionError(Fault.CONNECTIONS, f"{wiring.config.connections_per_credential_max} for a credential")
        self._who = who
        self._signed_in()
        wiring.metrics.sign_ins.labels("accepted").inc()
        log.info("client_signed_in", state=who.state, office=who.office, size=wiring.tail.size)
        await self._welcome(who)
        return who

    async def _welcome(self, who: Credential) -> None:
        charter = self._wiring.charter()
        size, now = self._wiring.tail.size, self._wiring.ports.clock.now()
        await self._say(Welcome(who.state, who.office, charter, size, now))

    async def _receive(self) -> ClientFrame | None:
        """The next frame; None for one that broke a rule and was answered with an error.

        Raises:
            SessionError, EndedError: the connection ends.
        """
        raw = await self._wire.receive()
        try:
            return self._session.receive(raw)
        except SessionError as fault:
            await self._fault(fault, self._session.codec.ref_of(raw))
            return None

    async def _take(self, frame: ClientFrame, answering: Answering, tasks: asyncio.TaskGroup) -> None:
        match frame:
            case Submit() | Fetch() | QueryFrame() | Prove():
                refused = answering.too_much(frame.ref)
                if refused is not None:
                    await self._say(refused)
                else:
                    tasks.create_task(self._guarded(self._answer(frame, answering)))
            case Subscribe():
                assert self._follower is not None
                tasks.create_task(self._guarded(self._follower.follow()))
            case Credit():
                assert self._follower is not None
                self._follower.credited()
            case Watch():
                reader = SessionReader(self._session, self._wire.send, self._wiring.metrics)
                tasks.create_task(self._guarded(LogFollower(self._wiring.log, reader).follow()))
            case SignIn():
                raise AssertionError("the table of turns takes one sign-in")

    async def _answer(self, frame: Asked, answering: Answering) -> None:
        try:
            reply = await answering.answer(frame)
        except SessionError as fault:
            await self._fault(fault, frame.ref)
        else:
            await self._say(reply)

    async def _say(self, frame: ServerFrame) -> None:
        # Another part may just have ended the session; then nothing more is said.
        if self._session.phase != Phase.ENDED:
            await self._wire.send(self._session.send(frame))

    async def _fault(self, fault: SessionError, ref: int | None) -> None:
        """Answer a broken rule, and end the connection if the table of fates or the count says so."""
        config = self._wiring.config
        if FATES[fault.rule].ends or self._who is None:
            raise self._ended_by(fault, ref)
        self._bad_frames += 1
        if self._bad_frames > config.bad_frames_max:
            raise self._ended_by(SessionError(Fault.BAD_FRAMES, f"the last: {fault.rule}"), ref)
        self._wiring.metrics.frame_errors.labels(fault.rule).inc()
        if self._session.phase != Phase.ENDED:
            await self._wire.send(self._session.error(fault, ref, ends=False))

    def _ended_by(self, fault: SessionError, ref: int | None) -> EndedError:
        self._wiring.metrics.frame_errors.labels(fault.rule).inc()
        fate = FATES[fault.rule]
        ended = self._session.phase == Phase.ENDED
        return EndedError("fault", fate.code, None if ended else self._session.error(fault, ref, ends=True))

    def _goodbye(self, reason: GoodbyeReason, code: int) -> EndedError:
        ended = self._session.phase == Phase.ENDED
        return EndedError(reason, code, None if ended else self._session.goodbye(reason))

    async def _leave_when_told(self) -> None:
        reason = await self._told
        raise self._goodbye(reason, GOODBYE_CODES[reason])

    async def _watch_progress(self) -> None:
        """End the connection of a client that neither reads nor gives credit while something waits for it.

        Progress is judged, not size: a slow client that goes on reading a long record is left alone.
        """
        stalled_s = self._wiring.config.stalled_s
        stalls, seen = 0, (-1, -1)
        while stalls < LOOKS_PER_STALL:
            await asyncio.sleep(stalled_s / LOOKS_PER_STALL)
            waits = self._wire.is_blocked or (self._follower is not None and self._follower.is_owed_credit)
            progress = (self._wire.flushed, self._session.after)
            stalls = stalls + 1 if waits and progress == seen else 0
            seen = progress
        raise self._goodbye("slow_consumer", GOODBYE_CODES["slow_consumer"])
