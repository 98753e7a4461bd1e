"""What the gateway makes of a question before a projector sees it, and of what the projector says."""

import asyncio

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from tacit import query
from tacit.query import Condition, Query, QueryRefused, Question, Rows, Table
from tacit.rules import catalogue, genesis
from tacit_services.gateway.board_views import ALWAYS, BOUNDS, PUBLIC
from tacit_services.gateway.config import ROWS_BYTES_MAX, GatewayConfig
from tacit_services.gateway.enquiries import Enquiries, NoAnswer, NotAnswered
from tacit_services.gateway.metrics import Metrics
from tacit_services.gateway.recent import Ring
from tacit_services.gateway.tail import Tail
from tacit_services.projector import VIEWS
from tacit_services.projector.answering import BOUNDS as OF_THE_PROJECTOR
from tacit_services.shell.event_store.memory import MemoryEventStore, MemoryRecord

QUESTION = Question("positions")
ESCAPED = tuple(Condition(name, "\x01" * 200) for name in "abcdefgh")


class Projector:
    """Says what it is told to say, and remembers what it was asked."""

    def __init__(self, answer: query.Answer) -> None:
        self.answer = answer
        self.asked: list[Query] = []
        self.heard = asyncio.Semaphore(0)
        self.go = asyncio.Event()
        self.go.set()

    async def ask(self, view: str, asked: Query) -> query.Answer:
        self.asked.append(asked)
        self.heard.release()
        await self.go.wait()
        return self.answer


def rows(*found: bytes, columns: tuple[str, ...] = ("state", "stance")) -> Rows:
    raw = tuple(msgspec.Raw(each) for each in found)
    return Rows("positions", 1, 9, 2, 0.0125, columns, raw, None)


def enquiries(projector: Projector, queries_max: int = 64) -> Enquiries:
    tail = Tail(MemoryEventStore(MemoryRecord()), genesis(catalogue()), Ring(1, 1))
    config = GatewayConfig(organisation="1" * 64, queries_max=queries_max)
    return Enquiries(config, projector, tail, Metrics(CollectorRegistry()))


async def test_it_is_asked_in_the_name_of_the_reader_and_answered_as_a_table() -> None:
    projector = Projector(rows(b'{"state":"XAA","stance":"OBJECTS"}'))

    found = await enquiries(projector).ask("XBB", QUESTION)

    assert [QUESTION.asked_by("XBB", ROWS_BYTES_MAX)] == projector.asked
    assert Table("positions", 1, 9, 2, 12, ("state", "stance"), (("XAA", "OBJECTS"),), None) == found


async def test_only_the_columns_that_may_be_shown_are() -> None:
    projector = Projector(rows(b'{"state":"XAA","stance":"OBJECTS"}'))

    found = await enquiries(projector).ask("ORG", QUESTION, ("stance",))

    assert isinstance(found, Table)
    assert (("stance",), (("OBJECTS",),)) == (found.columns, found.rows)


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (Question("positions", where=(Condition("state", "XAA"), Condition("state", "XBB"))), "column_twice"),
        (Question("positions", as_of=0), "no_such_entry"),
        (Question("positions", where=ESCAPED), "too_large"),
    ],
)
async def test_what_no_projector_can_answer_does_not_go_out(question: Question, reason: str) -> None:
    projector = Projector(rows())

    found = await enquiries(projector).ask("XAA", question)

    assert isinstance(found, NotAnswered)
    assert (reason, []) == (found.reason, projector.asked)


@pytest.mark.parametrize("reason", ["unknown_view", "unknown_column", "not_entitled", "not_built"])
async def test_a_refusal_stays_a_refusal(reason: str) -> None:
    answer = QueryRefused(msgspec.convert(reason, query.RefusalReason | query.UnansweredReason))
    found = await enquiries(Projector(answer)).ask("XAA", QUESTION)

    assert isinstance(found, NotAnswered)
    assert reason == found.reason


@pytest.mark.parametrize("reason", ["not_reached", "unavailable", "no_projector", "not_connected", "no_answer"])
async def test_what_may_be_better_in_a_moment_is_no_refusal(reason: str) -> None:
    answer = QueryRefused(msgspec.convert(reason, query.RefusalReason | query.UnansweredReason))

    assert NoAnswer(reason) == await enquiries(Projector(answer)).ask("XAA", QUESTION)


@pytest.mark.parametrize("row", [b'{"state":"XAA"}', b"[]", b'{"state":"XAA","stance":1.5}'])
async def test_rows_that_are_none_are_not_passed_on(row: bytes) -> None:
    assert NoAnswer("answer_unreadable") == await enquiries(Projector(rows(row))).ask("XAA", QUESTION)


async def test_a_row_that_fits_no_frame_is_said_so() -> None:
    wide = msgspec.json.encode({"state": "XAA", "stance": "x" * ROWS_BYTES_MAX})

    found = await enquiries(Projector(rows(wide))).ask("XAA", QUESTION)

    assert isinstance(found, NotAnswered)
    assert "answer_too_large" == found.reason


async def test_so_many_wait_and_no_more() -> None:
    projector = Projector(rows())
    projector.go.clear()
    asking = enquiries(projector, queries_max=2)
    async with asyncio.TaskGroup() as tasks:
        waiting = [tasks.create_task(asking.ask("XAA", QUESTION)) for _ in range(2)]
        for _ in waiting:
            await projector.heard.acquire()
        assert NoAnswer("busy") == await asking.ask("XAA", QUESTION)
        projector.go.set()

    assert [Table, Table] == [type(each.result()) for each in waiting]
    assert 0 == asking.waiting


def test_what_the_page_shows_are_columns_of_views() -> None:
    kept = {view.table.name: {column.name for column in view.table.columns} for view in VIEWS}

    assert OF_THE_PROJECTOR == BOUNDS
    assert {} == {view: set(shown) - kept[view] for view, shown in PUBLIC.items() if set(shown) - kept[view]}
    assert {} == {view: each for view, each in ALWAYS.items() if {one.column for one in each} - kept[view]}
    hidden = {"condition", "statement", "wording", "credential", "capacity", "reason"}
    assert set() == hidden & {column for shown in PUBLIC.values() for column in shown}
