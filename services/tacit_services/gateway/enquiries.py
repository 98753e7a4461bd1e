"""Asks the projector what a reader wants to know: in the reader's name, so many at once, no more than fits a frame.

The projector believes whatever reader a question names: the gateway alone knows who has signed in, so it names it.
"""

from typing import Final

import msgspec

from tacit import query
from tacit.ids import StateCode
from tacit.limits import QUERY_BYTES_MAX
from tacit.query import NotAnAnswerError, QueryRefused, Question, QuestionRefusal, Rows, Table, tabulate
from tacit_services.gateway.config import ROWS_BYTES_MAX, GatewayConfig
from tacit_services.gateway.metrics import Metrics
from tacit_services.gateway.ports import Queries
from tacit_services.gateway.tail import Tail

DETAILS: Final[dict[QuestionRefusal, str]] = {
    "unknown_view": "there is no such view",
    "unknown_column": "the view has no such column, or what is to stand in it is not of its kind",
    "not_entitled": "views are for members of this organisation",
    "not_built": "the view has not been built to the end yet",
}


class NoAnswer(msgspec.Struct, frozen=True):
    """Nobody can say now, and why, in a word: the same may be asked again."""

    reason: str


class NotAnswered(msgspec.Struct, frozen=True):
    """The question is refused."""

    reason: QuestionRefusal
    detail: str


Found = Table | NotAnswered | NoAnswer


class Enquiries:
    """Every question of one gateway goes through here."""

    def __init__(self, config: GatewayConfig, queries: Queries, tail: Tail, metrics: Metrics) -> None:
        self._config = config
        self._queries = queries
        self._tail = tail
        self._metrics = metrics
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """Questions that wait for the projector."""
        return self._waiting

    async def ask(self, reader: StateCode, question: Question, columns: tuple[str, ...] | None = None) -> Found:
        """Ask in the name of a reader; with `columns` only these are shown. Raises nothing."""
        found = self._refused(question) or await self._ask(reader, question, columns)
        self._metrics.queries.labels("rows" if isinstance(found, Table) else found.reason).inc()
        return found

    def _refused(self, question: Question) -> NotAnswered | NoAnswer | None:
        named = [condition.column for condition in question.where]
        if len(set(named)) < len(named):
            return NotAnswered("column_twice", ", ".join(sorted({each for each in named if named.count(each) > 1})))
        if isinstance(question.as_of, int) and question.as_of >= self._tail.size:
            return NotAnswered("no_such_entry", f"{self._tail.size} entries here")
        if self._waiting >= self._config.queries_max:
            return NoAnswer("busy")
        return None

    async def _ask(self, reader: StateCode, question: Question, columns: tuple[str, ...] | None) -> Found:
        asked = question.asked_by(reader, ROWS_BYTES_MAX)
        if len(query.encode(asked)) > QUERY_BYTES_MAX:
            return NotAnswered("too_large", f"at most {QUERY_BYTES_MAX} octets")
        self._waiting += 1
        try:
            with self._metrics.query_seconds.time():
                answer = await self._queries.ask(question.view, asked)
        finally:
            self._waiting -= 1
        return _table(answer, columns) if isinstance(answer, Rows) else _refusal(answer)


def _table(answer: Rows, columns: tuple[str, ...] | None) -> Found:
    if sum(len(bytes(row)) for row in answer.rows) > ROWS_BYTES_MAX:
        return NotAnswered("answer_too_large", f"a row of more than {ROWS_BYTES_MAX} octets")
    try:
        return tabulate(answer, columns)
    except NotAnAnswerError:
        return NoAnswer("answer_unreadable")


def _refusal(answer: QueryRefused) -> NotAnswered | NoAnswer:
    match answer.reason:
        case "unknown_view" | "unknown_column" | "not_entitled" | "not_built" as reason:
            return NotAnswered(reason, DETAILS[reason])
        case other:
            return NoAnswer(other)
