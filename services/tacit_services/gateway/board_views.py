"""What the read-only page may ask of the views, over HTTP and without a sign-in: the columns that it shows, no others.

A column that is not shown cannot be asked about either: what a filter lets through would give it away.
"""

import asyncio
from typing import Final

import msgspec
from aiohttp import web

from tacit.ids import ORGANISATION
from tacit.limits import QUERY_CONDITIONS_MAX
from tacit.query import Condition, Question, Table
from tacit.rates import Rates
from tacit_services.gateway.board_feed import HEADERS
from tacit_services.gateway.config import GatewayConfig
from tacit_services.gateway.enquiries import Enquiries, Found, NoAnswer, NotAnswered
from tacit_services.gateway.tries import network

BOUNDS: Final = ("from_index", "from_at", "until_index", "until_at")

PUBLIC: Final[dict[str, tuple[str, ...]]] = {
    "channels": ("body", "channel", "title", "level"),
    "texts": (
        *("text", "reference", "revision", "body", "title", "status", "yes", "no", "abstain"),
        *("lineage", "cause", "cause_state", "cause_office"),
    ),
    "referrals": ("body", "referral", "direction", "other", "reference", "revision", "cause_act"),
    "positions": ("text", "state", "scope", "reference", "revision", "body", "prior", "stance", "office"),
    "votes": ("text", "reference", "revision", "body", "title", "yes", "no", "abstain", "votes"),
    "silences": (
        *("silence", "text", "reference", "revision", "body", "status", "deadline", "zone", "shown", "jeopardised"),
        *("broken_by", "late", "asking", "cause", "cause_state", "cause_office"),
    ),
    "consultations": ("consultation", "body", "basis", "subject", "invoking", "status", "outcome"),
    "audit": ("type", "state", "office", "subject", "void", "words", "effects"),
}
"""Of each view what the page shows: neither what was said with a position nor the hash of a wording, no credential."""

ALWAYS: Final[dict[str, tuple[Condition, ...]]] = {"channels": (Condition("kind", "crisis"),)}
"""Rows that the page shows of a view, where it does not show all."""

BURST_S: Final = 10.0
"""As much as may be asked in so many seconds may be asked at once: who moves along time asks in bursts."""
TOO_OFTEN: Final = 429
RETRY_S: Final = 1
_HEADERS: Final = {name: value for name, value in HEADERS.items() if name != "Content-Type"}
_BOUNDED: Final = frozenset({"as_of", "history", "since", "until", "after", "limit"})


class _MalformedError(ValueError):
    """The address is no question."""


class BoardViews:
    """Serves `/v1/board/views/{view}`."""

    def __init__(self, config: GatewayConfig, enquiries: Enquiries) -> None:
        self._config = config
        self._enquiries = enquiries
        self._waiting = 0
        each_per_s, all_per_s = config.board_queries_per_address_per_s, config.board_queries_per_s
        self._rates = Rates(each_per_s, all_per_s, BURST_S, asyncio.get_running_loop().time())

    def route(self) -> web.RouteDef:
        """The one path."""
        return web.get("/v1/board/views/{view}", self.answer)

    async def answer(self, request: web.Request) -> web.Response:
        """A page of a view, or in JSON why there is none."""
        view = request.match_info["view"]
        if not self._rates.allow(network(request.remote or ""), asyncio.get_running_loop().time()):
            return _refusal(TOO_OFTEN, "rate", "too many questions of this address, or of all: ask later")
        if view not in PUBLIC:
            return _refusal(404, "unknown_view", "the page shows no such view")
        try:
            question = _question(view, [(name, value) for name, value in request.query.items()])
        except _MalformedError as error:
            return _refusal(400, "malformed", str(error))
        hidden = [each.column for each in question.where if each.column not in PUBLIC[view]]
        if hidden:
            return _refusal(400, "unknown_column", "the page shows no such column")
        if self._waiting >= self._config.board_queries_max:
            return _refusal(503, "busy", "")
        return _response(await self._ask(question))

    async def _ask(self, question: Question) -> Found:
        where = (*question.where, *ALWAYS.get(question.view, ()))
        asked = msgspec.structs.replace(question, where=where)
        self._waiting += 1
        try:
            return await self._enquiries.ask(ORGANISATION, asked, (*BOUNDS, *PUBLIC[question.view]))
        finally:
            self._waiting -= 1


def _question(view: str, asked: list[tuple[str, str]]) -> Question:
    """The question that the query string of an address asks. Raises _MalformedError."""
    given: dict[str, object] = {name: value for name, value in asked if name in _BOUNDED}
    where = [{"column": name, "value": value} for name, value in asked if name not in _BOUNDED]
    if len(given) + len(where) < len(asked):
        raise _MalformedError("something is said twice")
    if len(where) + len(ALWAYS.get(view, ())) > QUERY_CONDITIONS_MAX:
        raise _MalformedError(f"at most {QUERY_CONDITIONS_MAX} columns")
    as_of = given.get("as_of")
    if isinstance(as_of, str) and as_of.isdecimal():
        given["as_of"] = int(as_of)
    try:
        return msgspec.convert({"view": view, "where": where, **given}, Question, strict=False)
    except (msgspec.ValidationError, ValueError) as error:
        raise _MalformedError(str(error)) from error


def _response(found: Found) -> web.Response:
    match found:
        case NoAnswer():
            return _refusal(503, found.reason, "")
        case NotAnswered():
            return _refusal(503 if found.reason == "not_built" else 400, found.reason, found.detail)
        case Table():
            return _json(200, msgspec.json.encode(found))


def _refusal(status: int, reason: str, detail: str) -> web.Response:
    return _json(status, msgspec.json.encode({"refused": reason, "detail": detail}))


def _json(status: int, body: bytes) -> web.Response:
    headers = _HEADERS if status < TOO_OFTEN else {**_HEADERS, "Retry-After": str(RETRY_S)}
    return web.Response(body=body + b"\n", status=status, content_type="application/json", headers=headers)
