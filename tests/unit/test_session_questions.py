"""Questions to views between two real sessions: every test checks both ends."""

import pytest
from msgspec.structs import replace

from tacit.query import Condition, Question, Table
from tacit.session import (
    Body,
    Codec,
    Fault,
    QueryFrame,
    QueryRefusedArrived,
    QueryRefusedFrame,
    RowsArrived,
    RowsFrame,
    ServerFrame,
    SessionError,
    Unavailable,
    UnavailableArrived,
)
from tests.codecs import both_codecs
from tests.unit.session_pair import Pair

QUESTION = Question("positions", where=(Condition("state", "XBB"),), limit=2)
TABLE = Table("positions", 1, 9, 0, 0, ("place", "state"), ((3, "XBB"), (5, "XBB")), 5)


def asking(pair: Pair) -> int:
    ref, raw = pair.client.ask(QUESTION)
    assert QueryFrame(ref, QUESTION) == pair.gateway.receive(raw)
    return ref


@both_codecs
def test_a_question_is_answered_under_its_ref(codec: Codec) -> None:
    pair = Pair(codec).signed_in()
    first, second = asking(pair), asking(pair)
    refused = QueryRefusedFrame(first, "unknown_column", "colour")

    assert RowsArrived(second, QUESTION, TABLE) == pair.client.receive(pair.gateway.send(RowsFrame(second, TABLE)))
    assert QueryRefusedArrived(first, "unknown_column", "colour") == pair.client.receive(pair.gateway.send(refused))


@both_codecs
def test_a_question_may_be_unavailable_and_asked_again(codec: Codec) -> None:
    pair = Pair(codec).following()
    ref = asking(pair)

    assert UnavailableArrived(ref, "busy") == pair.client.receive(pair.gateway.send(Unavailable(ref, "busy")))
    assert asking(pair) == ref + 1


@both_codecs
@pytest.mark.parametrize(
    "changed",
    [
        {"view": "audit"},
        {"rows": ((3, "XBB"), (5, "XBB"), (6, "XBB"))},
        {"rows": ((3, "XBB"), (5,))},
        {"next": 0},
        {"rows": ()},
    ],
    ids=["another view", "too many rows", "a short row", "a page that is next to itself", "nothing, and more of it"],
)
def test_rows_that_are_no_answer_to_what_was_asked_end_the_session(codec: Codec, changed: dict[str, object]) -> None:
    pair = Pair(codec).signed_in()
    ref = asking(pair)

    with pytest.raises(SessionError) as caught:
        pair.client.receive(pair.gateway.send(RowsFrame(ref, replace(TABLE, **changed))))

    assert Fault.UNVERIFIED == caught.value.rule


@both_codecs
@pytest.mark.parametrize("asked", ["act", "body", "question"])
def test_an_answer_of_another_kind_is_a_fault(codec: Codec, asked: str) -> None:
    pair = Pair(codec).signed_in()
    if asked == "question":
        asking(pair)
    elif asked == "body":
        pair.client.fetch(7)
    else:
        pair.submits()
    answer: ServerFrame = RowsFrame(1, TABLE)
    if asked == "question":
        answer = Body(1, None)

    with pytest.raises(SessionError) as caught:
        pair.client.receive(codec.encode(answer))

    assert Fault.UNKNOWN_REF == caught.value.rule
