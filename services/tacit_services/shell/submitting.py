"""The way to the registrar: a NATS request on the submit subject. It knows the words of a submission and no rule."""

import asyncio
from collections.abc import Sequence
from typing import Final

import nats.errors
import structlog

from tacit import subjects, submission
from tacit.errors import RefusedError
from tacit.ids import ActId
from tacit.submission import Answer, Submission, Unavailable
from tacit_services.shell.event_store.api import answered, nobody_listens
from tacit_services.shell.nats_connection import NatsConnection, heed_cancellation
from tacit_services.shell.requests import TRACEPARENT
from tacit_services.tracing import CALLER

SUBMIT_WAIT_S: Final = 10.0
"""For the answer. After it nobody can say whether the act was recorded; the same bytes may be sent again."""
PROBE_WAIT_S: Final = 2.0

log = structlog.get_logger()


class NatsSubmitter:
    """Hands submissions to whichever registrar serves now."""

    def __init__(self, connection: NatsConnection, organisation: ActId) -> None:
        self._connection = connection
        self._subject = subjects.submit(organisation)
        self._in_order = asyncio.Lock()

    async def submit(self, handed_in: Submission) -> Answer:
        """Return what the registrar answered, `Unavailable` where nobody can say. Raises nothing of the transport."""
        answer = await self._ask(submission.encode(handed_in), SUBMIT_WAIT_S)
        if isinstance(answer, Unavailable):
            return answer
        try:
            return submission.decode_answer(answer)
        except RefusedError as error:
            log.warning("answer_unreadable", rule=str(error.rule))
            return Unavailable("answer_unreadable")

    async def submit_in_order(self, handed_in: Sequence[bytes]) -> list[bytes | None]:
        """Hand in encoded submissions without waiting in between; return the encoded answers in order.

        The registrar gets them in this order, and those of one call before those of a later one. None stands where no
        answer came: nobody can say. Raises nothing of the transport.
        """
        with self._connection.replies.expecting(len(handed_in)) as answers:
            async with self._in_order:
                try:
                    for data, (reply, _) in zip(handed_in, answers, strict=True):
                        await self._connection.client.publish(self._subject, data, reply=reply)
                except (nats.errors.Error, OSError):
                    return [None] * len(handed_in)
            heed_cancellation()
            messages = await answered(answers, SUBMIT_WAIT_S)
        return [None if each is None or nobody_listens(each) else each.data for each in messages]

    async def unready(self) -> str | None:
        """Why the registrar cannot be reached, or None. An empty request is a probe: it is answered and not counted."""
        answer = await self._ask(b"", PROBE_WAIT_S)
        return answer.reason if isinstance(answer, Unavailable) else None

    async def _ask(self, data: bytes, wait_s: float) -> bytes | Unavailable:
        if not self._connection.is_connected:
            return Unavailable("not_connected")
        with self._connection.replies.expecting(1) as answers:
            try:
                await self._connection.client.publish(self._subject, data, answers[0][0], _headers())
            except (nats.errors.Error, OSError):
                return Unavailable("not_connected")
            heed_cancellation()
            (message,) = await answered(answers, wait_s)
        if message is None:
            return Unavailable("no_answer")
        return Unavailable("no_registrar") if nobody_listens(message) else message.data


def _headers() -> dict[str, str] | None:
    """Which span hands this in. None where nobody traces: a message without headers is the cheaper one."""
    caller = CALLER.get()
    return None if caller is None else {TRACEPARENT: caller}
