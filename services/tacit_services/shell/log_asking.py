"""The way to the notary: NATS requests on the subjects of the log. It knows the words of a question and no rule."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import nats.errors
import structlog

from tacit import log_query, subjects
from tacit.errors import RefusedError
from tacit.ids import ActId
from tacit.log_query import PROOFS, STANDING, Answer, ProofsAsked, ProofsFound, Standing, Unproved
from tacit_services.shell.event_store.api import answered, nobody_listens
from tacit_services.shell.nats_connection import NatsConnection, heed_cancellation

LOG_WAIT_S: Final = 5.0
"""For an answer; a question has no effect and may be asked again."""

Answering = Callable[[bytes], Awaitable[bytes]]

log = structlog.get_logger()


class NatsLog:
    """Asks the notary of an organisation."""

    def __init__(self, connection: NatsConnection, organisation: ActId, wait_s: float = LOG_WAIT_S) -> None:
        self._connection = connection
        self._organisation = organisation
        self._wait_s = wait_s

    async def standing(self) -> Standing | Unproved:
        """As `LogSource.standing`."""
        return _standing(await self._request(STANDING, b""))

    async def prove(self, asked: ProofsAsked) -> ProofsFound | Unproved:
        """As `LogSource.prove`."""
        return _proofs(asked, await self._request(PROOFS, log_query.encode(asked)))

    async def _request(self, word: str, data: bytes) -> Answer:
        if not self._connection.is_connected:
            return Unproved("not_connected")
        subject = subjects.log(self._organisation, word)
        with self._connection.replies.expecting(1) as answers:
            try:
                await self._connection.client.publish(subject, data, reply=answers[0][0])
            except (nats.errors.Error, OSError):
                return Unproved("not_connected")
            heed_cancellation()
            (message,) = await answered(answers, self._wait_s)
        if message is None:
            return Unproved("no_answer")
        return Unproved("no_notary") if nobody_listens(message) else _read(message.data)


class MemoryLog:
    """The fake: a notary in this process, as what it would answer on the bus; None: no notary."""

    def __init__(
        self, standing: Answering | None = None, proofs: Answering | None = None, wait_s: float = LOG_WAIT_S
    ) -> None:
        self._answering = {STANDING: standing, PROOFS: proofs}
        self._wait_s = wait_s

    async def standing(self) -> Standing | Unproved:
        """As `LogSource.standing`."""
        return _standing(await self._request(STANDING, b""))

    async def prove(self, asked: ProofsAsked) -> ProofsFound | Unproved:
        """As `LogSource.prove`."""
        return _proofs(asked, await self._request(PROOFS, log_query.encode(asked)))

    async def _request(self, word: str, data: bytes) -> Answer:
        answering = self._answering[word]
        if answering is None:
            return Unproved("no_notary")
        try:
            async with asyncio.timeout(self._wait_s):
                return _read(await answering(data))
        except TimeoutError:
            return Unproved("no_answer")


def _read(raw: bytes) -> Answer:
    try:
        return log_query.decode_answer(raw)
    except RefusedError as error:
        log.warning("answer_unreadable", rule=error.rule)
        return Unproved("unreadable")


def _standing(answer: Answer) -> Standing | Unproved:
    return answer if isinstance(answer, Standing | Unproved) else Unproved("unreadable")


def _proofs(asked: ProofsAsked, answer: Answer) -> ProofsFound | Unproved:
    if isinstance(answer, ProofsFound) and len(answer.inclusion) != len(asked.indices):
        return Unproved("unreadable")
    return answer if isinstance(answer, ProofsFound | Unproved) else Unproved("unreadable")
