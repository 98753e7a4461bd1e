"""Questions to read models and their answers, over the bus and in a session. Spec: docs/reference/views.md."""

from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from tacit.ids import Count, Instant, StateCode
from tacit.limits import (
    INTEGER_MAX,
    QUERY_BYTES_MAX,
    QUERY_CONDITIONS_MAX,
    QUERY_ROWS_BYTES_MAX,
    QUERY_ROWS_MAX,
    TITLE_CHARS_MAX,
)

Aware = Annotated[datetime, Meta(tz=True)]
Word = Annotated[str, Meta(max_length=TITLE_CHARS_MAX)]
ViewName = Annotated[str, Meta(pattern=r"^[a-z][a-z_]{0,39}\Z")]
"""It becomes a token of a subject."""
RowCount = Annotated[int, Meta(ge=1, le=QUERY_ROWS_MAX)]
RefusalReason = Literal["malformed", "unknown_column", "not_entitled", "not_built", "not_reached", "unavailable"]
"""Said by a projector."""
UnansweredReason = Literal["unknown_view", "no_projector", "not_connected", "no_answer", "answer_unreadable"]
"""Found by whoever asks one over the bus."""
QuestionRefusal = Literal[
    "unknown_view",
    "unknown_column",
    "column_twice",
    "not_entitled",
    "not_built",
    "no_such_entry",
    "too_large",
    "answer_too_large",
]
"""Said by a gateway where asking the same again would be of no use now."""

STATUS: Final = "status"
"""In the place of a view's name in a subject: how far all views are."""

Value = Annotated[int, Meta(ge=-INTEGER_MAX, le=INTEGER_MAX)] | bool | str | tuple[str, ...] | None
"""What stands in a column: instants are written in RFC 3339, digests in hexadecimal."""


class Query(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is asked of one view, in the name of a member (or `ORG`, for which nothing is withheld).

    `as_of`: an index (with that entry) or an instant (with what was received until then); null: now. The rows that held
    then, or with `history` all that had held by then. `where`: columns and what stands in them, as text. `since` and
    `until` bound when a row began. A page of rows after the place `after`: `limit` at most, within
    `bytes_max`, but one at least.
    """

    reader: StateCode
    as_of: Count | Aware | None = None
    history: bool = False
    where: Annotated[dict[Word, Word], Meta(max_length=QUERY_CONDITIONS_MAX)] = {}
    since: Aware | None = None
    until: Aware | None = None
    after: Count = 0
    limit: RowCount = QUERY_ROWS_MAX
    bytes_max: Annotated[int, Meta(ge=1, le=QUERY_ROWS_BYTES_MAX)] = QUERY_ROWS_BYTES_MAX


class Rows(msgspec.Struct, frozen=True, tag_field="answer", tag="rows"):
    """What was found. `size`: entries in the view when it was asked; `next`: the place to go on after, or null.

    A row is an object of `columns`: `from_index`, `from_at`, `until_index`, `until_at`, then those of the view.
    """

    view: str
    version: int
    size: int
    lag_entries: int
    lag_s: float
    columns: tuple[str, ...]
    rows: tuple[msgspec.Raw, ...]
    next: int | None


class QueryRefused(msgspec.Struct, frozen=True, tag_field="answer", tag="refused"):
    """There is no answer, and why not. `size`: entries in the view, where that is the reason."""

    reason: RefusalReason | UnansweredReason
    size: int | None = None


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A column, and what stands in it, as text."""

    column: Word
    value: Word


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question in a session: a `Query` without the reader, who is whoever has signed in."""

    view: ViewName
    as_of: Count | Instant | None = None
    history: bool = False
    where: Annotated[tuple[Condition, ...], Meta(max_length=QUERY_CONDITIONS_MAX)] = ()
    since: Instant | None = None
    until: Instant | None = None
    after: Count = 0
    limit: RowCount = QUERY_ROWS_MAX

    def asked_by(self, reader: StateCode, bytes_max: int) -> Query:
        """The same over the bus, in the name of a reader. Of a column named twice the last condition is asked."""
        return Query(
            reader=reader,
            as_of=self.as_of,
            history=self.history,
            where={condition.column: condition.value for condition in self.where},
            since=self.since,
            until=self.until,
            after=self.after,
            limit=self.limit,
            bytes_max=bytes_max,
        )


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page of a view in a session. Every row has a value for each of `columns`; `next`: as in `Rows`."""

    view: ViewName
    version: Count
    size: Count
    lag_entries: Count
    lag_ms: Count
    columns: tuple[str, ...]
    rows: Annotated[tuple[tuple[Value, ...], ...], Meta(max_length=QUERY_ROWS_MAX)]
    next: Count | None

    def records(self) -> list[dict[str, Value]]:
        """Each row by the names of its columns."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


class ViewStatus(msgspec.Struct, frozen=True):
    """How far one view is. `stopped`: the entry that it choked on; it answers as of the entry before."""

    view: str
    version: int
    live: bool
    size: int
    lag_entries: int
    lag_s: float
    stopped: int | None


class Status(msgspec.Struct, frozen=True):
    """How far all views are; `reasons` is empty where `ready`."""

    ready: bool
    reasons: tuple[str, ...]
    views: tuple[ViewStatus, ...]


Answer = Rows | QueryRefused

_queries: Final = msgspec.json.Decoder(Query)
_answers: Final[msgspec.json.Decoder[Answer]] = msgspec.json.Decoder(Answer)
_rows: Final[msgspec.json.Decoder[dict[str, Value]]] = msgspec.json.Decoder(dict[str, Value])


UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class NotAQueryError(ValueError):
    """Bytes that are no question."""


class NotAnAnswerError(ValueError):
    """Bytes that are no answer: a projector of another version, or none."""


def decode(raw: bytes) -> Query:
    """Read a question.

    Raises:
        NotAQueryError: and nothing else.
    """
    if len(raw) > QUERY_BYTES_MAX:
        raise NotAQueryError(f"{len(raw)} bytes")
    try:
        return _queries.decode(raw)
    except UNREADABLE as error:
        raise NotAQueryError(str(error)) from error


def encode(query: Query) -> bytes:
    """The bytes of a question."""
    return msgspec.json.encode(query)


def encode_answer(answer: Answer | Status) -> bytes:
    """The bytes of an answer."""
    return msgspec.json.encode(answer)


def decode_answer(raw: bytes) -> Answer:
    """Read an answer.

    Raises:
        NotAnAnswerError: and nothing else.
    """
    try:
        return _answers.decode(raw)
    except UNREADABLE as error:
        raise NotAnAnswerError(str(error)) from error


def tabulate(found: Rows, columns: tuple[str, ...] | None = None) -> Table:
    """An answer of the bus as a page of a session, with these columns of it or with all.

    Raises:
        NotAnAnswerError: a row has other columns, or something else stands in them.
    """
    shown = found.columns if columns is None else columns
    try:
        decoded = [_rows.decode(row) for row in found.rows]
        rows = tuple(tuple(row[column] for column in shown) for row in decoded)
    except (*UNREADABLE, KeyError) as error:
        raise NotAnAnswerError(str(error)) from error
    return Table(
        view=found.view,
        version=found.version,
        size=found.size,
        lag_entries=found.lag_entries,
        lag_ms=round(found.lag_s * 1_000),
        columns=shown,
        rows=rows,
        next=found.next,
    )
