"""Questions to views that were asked and not answered. A question has no effect, so nobody insists on an answer."""

import asyncio
from itertools import count
from typing import Final

from tacit.client.errors import ClientError, QueryUnavailableError
from tacit.query import Question, Table

ASKED_AGAIN: Final = frozenset({"in_flight", "rate", "busy", "not_reached"})
"""Reasons for having no answer that pass in a moment: the same goes out again. Others are told to whoever asked."""


class Questions:
    """What waits for an answer, by a number of our own; asking the same twice gets two answers."""

    def __init__(self) -> None:
        self._waiting: dict[int, tuple[Question, asyncio.Future[Table]]] = {}
        self._refs: dict[int, int] = {}
        self._numbers = count(1)

    def add(self, question: Question) -> tuple[int, asyncio.Future[Table]]:
        """Keep a question until it is answered or `dropped`."""
        number = next(self._numbers)
        self._waiting[number] = (question, asyncio.get_running_loop().create_future())
        return number, self._waiting[number][1]

    def drop(self, number: int) -> None:
        """Nobody waits for this one any more."""
        self._waiting.pop(number, None)

    def question(self, number: int) -> Question | None:
        """What is to be asked, if somebody still waits."""
        found = self._waiting.get(number)
        return found[0] if found else None

    def waiting(self) -> list[int]:
        """Every question without an answer."""
        return list(self._waiting)

    def sent(self, ref: int, number: int) -> None:
        """Note under which ref the answer will come on this connection."""
        self._refs[ref] = number

    def reconnected(self) -> None:
        """Forget the refs of the connection before."""
        self._refs.clear()

    def arrived(self, ref: int, table: Table) -> None:
        """A page came."""
        found = self._answered(ref)
        if found is not None:
            found.set_result(table)

    def failed(self, ref: int, error: ClientError) -> None:
        """This question has no answer."""
        found = self._answered(ref)
        if found is not None:
            found.set_exception(error)
            found.exception()

    def unavailable(self, ref: int, reason: str) -> int | None:
        """There is no answer now: the number of the question to ask again, if it is to be asked again."""
        if reason in ASKED_AGAIN:
            return self._refs.pop(ref, None)
        self.failed(ref, QueryUnavailableError(reason))
        return None

    def _answered(self, ref: int) -> asyncio.Future[Table] | None:
        _, future = self._waiting.pop(self._refs.pop(ref, 0), (None, None))
        return future if future is not None and not future.done() else None
