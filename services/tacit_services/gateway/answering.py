"""Answers what a client asks, some at a time: its acts go to the registrar, its questions to the projector."""

import asyncio

from tacit import detached, envelope
from tacit.detached import Detached
from tacit.ids import StateCode
from tacit.log_query import Unproved
from tacit.session import (
    Body,
    Fault,
    Fetch,
    Proofs,
    Prove,
    QueryFrame,
    QueryRefusedFrame,
    Receipt,
    Refused,
    RowsFrame,
    SessionError,
    Submit,
    Unavailable,
)
from tacit.session.frames import turn_of
from tacit.submission import Answer, Receipted
from tacit.submission import Refused as RefusedAnswer
from tacit_services.gateway.allowance import Allowance
from tacit_services.gateway.config import READ_WAIT_S
from tacit_services.gateway.enquiries import NoAnswer, NotAnswered
from tacit_services.gateway.entitlement import body_of, entitled
from tacit_services.gateway.wiring import Wiring
from tacit_services.ports import StoreError
from tacit_services.standing import readable

Asked = Submit | Fetch | QueryFrame | Prove
Reply = Receipt | Refused | Unavailable | Body | RowsFrame | QueryRefusedFrame | Proofs


class Answering:
    """What one connection has asked and not yet heard."""

    def __init__(self, wiring: Wiring, reader: StateCode) -> None:
        config = wiring.config
        self._wiring = wiring
        self._reader = reader
        self._in_flight = 0
        self._allowance = Allowance(config.submits_per_s, config.submits_burst, asyncio.get_running_loop().time())

    def too_much(self, ref: int) -> Unavailable | None:
        """The answer to one who asks too much at once or too fast; None if the question is to be answered."""
        if self._in_flight >= self._wiring.config.in_flight_max:
            return self._counted(Unavailable(ref, "in_flight"))
        if not self._allowance.take(asyncio.get_running_loop().time()):
            return self._counted(Unavailable(ref, "rate"))
        return None

    def _counted(self, frame: Unavailable) -> Unavailable:
        self._wiring.metrics.answered(frame.reason)
        return frame

    async def answer(self, frame: Asked) -> Reply:
        """Answer one frame.

        Raises:
            SessionError: `session.no_such_entry` or `session.nothing_detached`.
        """
        self._in_flight += 1
        try:
            if isinstance(frame, Submit):
                return await self._submit(frame)
            if isinstance(frame, QueryFrame):
                return await self._ask(frame)
            if isinstance(frame, Prove):
                return await self._prove(frame)
            return await self._fetch(frame)
        finally:
            self._in_flight -= 1

    async def _submit(self, frame: Submit) -> Reply:
        metrics = self._wiring.metrics
        act, ports = envelope.act_id(frame.submission.envelope.payload), self._wiring.ports
        with metrics.submit_seconds.time(), ports.tracing.span("gateway.submit", act) as span:
            reply = _reply(frame.ref, await ports.submitter.submit(frame.submission))
            span.outcome(turn_of(reply))
        metrics.answered(reply.reason if isinstance(reply, Unavailable) else turn_of(reply))
        return reply

    async def _ask(self, frame: QueryFrame) -> Reply:
        found = await self._wiring.enquiries.ask(self._reader, frame.question)
        match found:
            case NoAnswer():
                return Unavailable(frame.ref, found.reason)
            case NotAnswered():
                return QueryRefusedFrame(frame.ref, found.reason, found.detail)
            case _:
                return RowsFrame(frame.ref, found)

    async def _prove(self, frame: Prove) -> Reply:
        if any(index >= frame.size for index in frame.indices):
            raise SessionError(Fault.NO_ENTRY, f"a log of {frame.size} has no such entry")
        if all(frame.size > shown.size for shown in self._wiring.log.checkpoints):
            return Unavailable(frame.ref, "not_reached")
        found = await self._wiring.log.inclusion(frame.size, frame.indices)
        if isinstance(found, Unproved):
            return Unavailable(frame.ref, found.reason)
        return Proofs(frame.ref, found.inclusion)

    async def _fetch(self, frame: Fetch) -> Reply:
        if frame.index >= self._wiring.tail.size:
            raise SessionError(Fault.NO_ENTRY, f"{self._wiring.tail.size} entries here")
        try:
            async with asyncio.timeout(READ_WAIT_S):
                return Body(frame.ref, await self._detached(frame.index))
        except (TimeoutError, StoreError):
            return Unavailable(frame.ref, "store")

    async def _detached(self, index: int) -> Detached | None:
        """The body of the act at `index`, if the reader may see it and it is still held."""
        found = await self._wiring.ports.store.read(index + 1, 1)
        entry = readable(found[0].data) if found else None
        state, reader = self._wiring.tail.state, self._reader
        if not found or not entitled(state, reader, body_of(found[0].subject, entry), index):
            return None
        claimed = entry.act.header.detached if entry else None
        if claimed is None:
            raise SessionError(Fault.NOTHING_DETACHED, str(index))
        raw = await self._wiring.ports.bodies.get(claimed)
        return None if raw is None else detached.decode(raw)


def _reply(ref: int, answer: Answer) -> Receipt | Refused | Unavailable:
    if isinstance(answer, Receipted):
        return Receipt(ref, answer.receipt)
    if isinstance(answer, RefusedAnswer):
        return Refused(ref, answer.refusal)
    return Unavailable(ref, answer.reason)
