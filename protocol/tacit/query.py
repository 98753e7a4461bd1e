"""Questions to read models and their answers, over the bus. Spec: docs/reference/views.md."""

from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from tacit.ids import Count, StateCode
from tacit.limits import QUERY_BYTES_MAX, QUERY_ROWS_MAX, TITLE_CHARS_MAX

Aware = Annotated[datetime, Meta(tz=True)]
Word = Annotated[str, Meta(max_length=TITLE_CHARS_MAX)]
RefusalReason = Literal["malformed", "unknown_column", "not_entitled", "not_built", "not_reached", "unavailable"]


class Query(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is asked of one view, in the name of a member (or `ORG`, for which nothing is withheld).

    `as_of`: an index (with that entry) or an instant (with what was received until then); null: now. The rows that held
    then, or with `history` all that had held by then. `where`: columns and what stands in them, as text. `since` and
    `until` bound when a row began. A page of at most `limit` rows after the place `after`.
    """

    reader: StateCode
    as_of: Count | Aware | None = None
    history: bool = False
    where: Annotated[dict[Word, Word], Meta(max_length=8)] = {}
    since: Aware | None = None
    until: Aware | None = None
    after: Count = 0
    limit: Annotated[int, Meta(ge=1, le=QUERY_ROWS_MAX)] = QUERY_ROWS_MAX


class Rows(msgspec.Struct, frozen=True, tag_field="answer", tag="rows"):
    """What was found. `size`: entries in the view when it was asked; `next`: the place to go on after, or null.

    A row is an object of the view's columns and `from_index`, `from_at`, `until_index`, `until_at`.
    """

    view: str
    version: int
    size: int
    lag_entries: int
    lag_s: float
    rows: tuple[msgspec.Raw, ...]
    next: int | None


class QueryRefused(msgspec.Struct, frozen=True, tag_field="answer", tag="refused"):
    """There is no answer, and why not. `size`: entries in the view, where that is the reason."""

    reason: RefusalReason
    size: int | None = None


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


class NotAQueryError(ValueError):
    """Bytes that are no question."""


def decode(raw: bytes) -> Query:
    """Read a question.

    Raises:
        NotAQueryError: and nothing else.
    """
    if len(raw) > QUERY_BYTES_MAX:
        raise NotAQueryError(f"{len(raw)} bytes")
    try:
        return _queries.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotAQueryError(str(error)) from error


def encode(query: Query) -> bytes:
    """The bytes of a question."""
    return msgspec.json.encode(query)


def encode_answer(answer: Answer | Status) -> bytes:
    """The bytes of an answer."""
    return msgspec.json.encode(answer)


def decode_answer(raw: bytes) -> Answer:
    """Read an answer. Raises msgspec.MsgspecError where a projector sent something else."""
    return _answers.decode(raw)
