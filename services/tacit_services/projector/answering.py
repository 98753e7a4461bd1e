"""Answering questions to views: who may see what, which page, how far the view is. Awaits ports only.

Who may see what is never judged by an older state than the page that is shown: a member that was removed from a body
meanwhile must not be shown what it may no longer see.
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from tacit import query
from tacit.ids import ORGANISATION, BodyId, StateCode
from tacit.query import NotAQueryError, Query, QueryRefused, RefusalReason, Rows
from tacit.rules import State
from tacit_services.ports import StoreFailedError
from tacit_services.projector.watch import Watch
from tacit_services.views import Filter, Held, NotBuiltError, Page, Question, UnknownColumnError, ViewStore

Bodies = Mapping[BodyId, int | None]
"""Of which bodies a member may see the rows; of one that it has left those before that entry."""

Entitlement = Callable[[State, StateCode], Bodies | None]
"""None means of all bodies, to the end. Raises LookupError for somebody who is no member."""

BOUNDS: Final = ("from_index", "from_at", "until_index", "until_at")
"""Between which entries a row held: in every view, before its own columns."""

_REASONS: Final[tuple[tuple[type[Exception], RefusalReason], ...]] = (
    (NotAQueryError, "malformed"),
    (UnknownColumnError, "unknown_column"),
    (LookupError, "not_entitled"),
    (NotBuiltError, "not_built"),
    (StoreFailedError, "unavailable"),
)


def entitled_bodies(state: State, reader: StateCode) -> Bodies | None:
    """Rows of a body are for its members; those of the register are for all. `ORG` sees everything.

    Whoever has been removed sees a body as it was then.

    Raises:
        LookupError: the reader is no founder of this organisation. NotBuiltError: nothing has been folded yet.
    """
    if reader == ORGANISATION:
        return None
    if state.charter is None:
        raise NotBuiltError(reader)  # The fold has only just begun: nobody can say yet who is a member.
    if all(founder.state != reader for founder in state.charter.founders):
        raise LookupError(reader)
    bodies: dict[BodyId, int | None] = {each.body: None for each in state.bodies.values() if reader in each.members}
    return bodies | {each.body: each.removed[reader] for each in state.bodies.values() if reader in each.removed}


class Answerer:
    """Answers for the views of one projector."""

    def __init__(
        self, kept: ViewStore, state: Callable[[], State], watch: Watch, entitled: Entitlement = entitled_bodies
    ) -> None:
        self._kept = kept
        self._state = state
        self._watch = watch
        self._entitled = entitled

    async def answer(self, view: str, raw: bytes) -> bytes:
        """The bytes of the answer to the bytes of a question. Raises nothing."""
        try:
            found: query.Answer = await self._find(view, query.decode(raw))
        except tuple(kind for kind, _ in _REASONS) as error:
            found = QueryRefused(next(reason for kind, reason in _REASONS if isinstance(error, kind)))
        self._watch.answered(view, "rows" if isinstance(found, Rows) else found.reason)
        return query.encode_answer(found)

    async def status(self, _raw: bytes) -> bytes:
        """How far all views are."""
        return query.encode_answer(self._watch.status())

    async def _find(self, view: str, asked: Query) -> query.Answer:
        page = await self._select(view, asked)
        if isinstance(asked.as_of, int) and asked.as_of >= page.stand.size:
            return QueryRefused("not_reached", page.stand.size)
        status = self._watch.of(view)
        rows, more = _fitting(page, asked.bytes_max)
        return Rows(
            view=view,
            version=page.stand.version,
            size=page.stand.size,
            lag_entries=status.lag_entries if status else 0,
            lag_s=status.lag_s if status else 0.0,
            columns=(*BOUNDS, *page.columns),
            rows=rows,
            next=page.rows[len(rows) - 1].place if more else None,
        )

    async def _select(self, view: str, asked: Query) -> Page:
        """A page that the state judges by which the reader was entitled to it. Raises as `answer` knows them."""
        while True:
            state = self._state()
            size = state.size  # it grows while the views are read
            page = await self._kept.select(question(view, asked, self._entitled(state, asked.reader)))
            if page.stand.size <= size or asked.reader == ORGANISATION:
                return page
            if page.stand.size > self._state().size:
                raise NotBuiltError(view)  # The fold has still to come to what the view shows.


def question(view: str, asked: Query, bodies: Bodies | None) -> Question:
    """What is asked of the store."""
    return Question(
        view=view,
        filters=tuple(Filter(column, "is", value) for column, value in asked.where.items()),
        as_of=asked.as_of,
        history=asked.history,
        since=asked.since,
        until=asked.until,
        bodies=bodies,
        after=asked.after,
        limit=asked.limit,
    )


def encode_row(held: Held) -> bytes:
    """A row as an object: between which entries it held, then its columns."""
    bounds = dict(zip(BOUNDS, (held.from_index, held.from_at, held.until_index, held.until_at), strict=True))
    return msgspec.json.encode(bounds | held.values)


def _fitting(page: Page, bytes_max: int) -> tuple[tuple[msgspec.Raw, ...], bool]:
    """As many rows as one message holds, at least one; and whether there are more."""
    rows: list[msgspec.Raw] = []
    size = 0
    for held in page.rows:
        encoded = encode_row(held)
        size += len(encoded) + 1
        if rows and size > bytes_max:
            return tuple(rows), True
        rows.append(msgspec.Raw(encoded))
    return tuple(rows), page.more and bool(rows)
