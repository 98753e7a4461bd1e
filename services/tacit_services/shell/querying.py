"""The way to the projector: a NATS request on the subject of a view. It knows the words of a question and no rule."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import nats.errors
import structlog

from tacit import query, subjects
from tacit.ids import ActId
from tacit.query import STATUS, Answer, NotAnAnswerError, Query, QueryRefused
from tacit_services.shell.event_store.api import answered, nobody_listens
from tacit_services.shell.nats_connection import NatsConnection, heed_cancellation

QUERY_WAIT_S: Final = 10.0
"""For an answer; a question has no effect and may be asked again."""
STATUS_WAIT_S: Final = 2.0

Answering = Callable[[bytes], Awaitable[bytes]]

log = structlog.get_logger()


class NatsQueries:
    """Asks whichever projector answers."""

    def __init__(self, connection: NatsConnection, organisation: ActId, wait_s: float = QUERY_WAIT_S) -> None:
        self._connection = connection
        self._organisation = organisation
        self._wait_s = wait_s

    async def ask(self, view: str, asked: Query) -> Answer:
        """As `Queries.ask`."""
        if view == STATUS:
            return QueryRefused("unknown_view")
        found = await self._request(view, query.encode(asked), self._wait_s)
        if isinstance(found, bytes):
            return _read(view, found)
        if found.reason == "no_projector" and isinstance(await self._request(STATUS, b"", STATUS_WAIT_S), bytes):
            return QueryRefused("unknown_view")  # Somebody is there, and has no such view.
        return found

    async def _request(self, view: str, data: bytes, wait_s: float) -> bytes | QueryRefused:
        if not self._connection.is_connected:
            return QueryRefused("not_connected")
        subject = subjects.query(self._organisation, view)
        with self._connection.replies.expecting(1) as answers:
            try:
                await self._connection.client.publish(subject, data, reply=answers[0][0])
            except (nats.errors.Error, OSError):
                return QueryRefused("not_connected")
            heed_cancellation()
            (message,) = await answered(answers, wait_s)
        if message is None:
            return QueryRefused("no_answer")
        return QueryRefused("no_projector") if nobody_listens(message) else message.data


class MemoryQueries:
    """The fake: a projector in this process, as what it would answer on the bus; none of them: no projector."""

    def __init__(self, views: Mapping[str, Answering], wait_s: float = QUERY_WAIT_S) -> None:
        self._views = views
        self._wait_s = wait_s

    async def ask(self, view: str, asked: Query) -> Answer:
        """As `Queries.ask`."""
        answering = self._views.get(view) if view != STATUS else None
        if answering is None:
            return QueryRefused("unknown_view" if self._views or view == STATUS else "no_projector")
        try:
            async with asyncio.timeout(self._wait_s):
                return _read(view, await answering(query.encode(asked)))
        except TimeoutError:
            return QueryRefused("no_answer")


def _read(view: str, raw: bytes) -> Answer:
    try:
        return query.decode_answer(raw)
    except NotAnAnswerError as error:
        log.warning("answer_unreadable", view=view, error=type(error).__name__)
        return QueryRefused("answer_unreadable")
