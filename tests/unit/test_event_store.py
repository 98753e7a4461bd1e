"""The pure parts of the event store: what is refused, how calls are cut into steps, how answers are judged."""

import asyncio

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from tacit_services.ports import NewMessage, OutcomeUnknownError, StoreFailedError, WrongLastSequenceError
from tacit_services.shell.event_store.api import ApiError, PubAck, answered, failure_of
from tacit_services.shell.event_store.calls import subjects_below
from tacit_services.shell.event_store.following import stream_sequence
from tacit_services.shell.event_store.publishing import (
    BATCH_BYTES_MAX,
    BATCH_MESSAGES_MAX,
    NO_STREAM,
    batch_headers,
    outcome,
    steps,
)
from tacit_services.shell.event_store.stream import StreamSettings, differences, wanted
from tacit_services.shell.nats_connection import Credentials, NatsConnection, Replies

RECORD = StreamSettings("RECORD_test", "tacit.test.record.>")


def sizes(count: int, alone_max: int, data_bytes: int = 0) -> list[int]:
    messages = [NewMessage("a.b", bytes(data_bytes)) for _ in range(count)]
    cut = list(steps(messages, alone_max))
    assert [message for step in cut for message in step] == messages
    return [len(step) for step in cut]


def test_few_messages_go_one_by_one_and_many_in_batches() -> None:
    assert sizes(1, 6) == [1]
    assert sizes(6, 6) == [1] * 6
    assert sizes(7, 6) == [7]
    assert sizes(BATCH_MESSAGES_MAX, 6) == [BATCH_MESSAGES_MAX]
    assert sizes(BATCH_MESSAGES_MAX + 1, 6) == [BATCH_MESSAGES_MAX, 1]
    assert sizes(3 * BATCH_MESSAGES_MAX, 6) == [BATCH_MESSAGES_MAX] * 3
    assert sizes(2, 1) == [2]


def test_a_batch_holds_no_more_bytes_than_its_limit() -> None:
    assert sizes(20, 6, BATCH_BYTES_MAX // 10) == [10, 10]
    assert sizes(9, 6, BATCH_BYTES_MAX // 2 + 1) == [1] * 9


def test_a_batch_is_numbered_and_its_last_message_commits_it() -> None:
    headers = batch_headers(3, "a1")

    assert len({head["Nats-Batch-Id"] for head in headers}) == 1
    assert [head["Nats-Batch-Sequence"] for head in headers] == ["1", "2", "3"]
    assert [head.get("Nats-Batch-Commit") for head in headers] == [None, None, "1"]


def test_no_batch_bears_the_id_of_another() -> None:
    first, second = NatsConnection(Client()), NatsConnection(Client())

    ids = [connection.next_batch() for _ in range(100) for connection in (first, second)]

    assert 200 == len(set(ids))
    assert all(len(each) <= 16 for each in ids)


def test_an_answer_in_place_is_the_last_sequence() -> None:
    assert outcome(PubAck(seq=12), 10, 2) == 12


@pytest.mark.parametrize("ack", [None, PubAck(seq=11), PubAck(seq=13), PubAck(seq=0)])
def test_no_answer_and_an_answer_out_of_place_leave_it_unknown(ack: PubAck | None) -> None:
    with pytest.raises(OutcomeUnknownError):
        outcome(ack, 10, 2)


@pytest.mark.parametrize("err_code", [10071, 10164])
def test_a_conflict_is_known_by_its_number(err_code: int) -> None:
    with pytest.raises(WrongLastSequenceError):
        outcome(PubAck(error=ApiError(err_code)), 10, 2)


@pytest.mark.parametrize(
    ("ack", "reason"),
    [
        (NO_STREAM, "no_stream"),
        (PubAck(error=ApiError(10023)), "disk_full"),
        (PubAck(error=ApiError(10047)), "disk_full"),
        (PubAck(error=ApiError(10176)), "busy"),
        (PubAck(error=ApiError(10210)), "busy"),
        (PubAck(error=ApiError(10077)), "store_error"),
        (PubAck(error=ApiError()), "store_error"),
    ],
)
def test_any_other_error_is_a_failure_with_its_reason(ack: PubAck, reason: str) -> None:
    with pytest.raises(StoreFailedError) as failed:
        outcome(ack, 10, 2)

    assert failed.value.reason == reason


def test_an_unknown_number_is_a_plain_failure_and_a_stream_that_is_gone_is_said_to_be() -> None:
    assert failure_of(1) == "store_error"
    assert failure_of(10059) == "no_stream"


@pytest.mark.parametrize("pattern", ["tacit.*.record.>", "tacit.test.record", ">", "tacit.test record.>", "a.>.>"])
def test_a_stream_listens_below_one_literal_prefix(pattern: str) -> None:
    with pytest.raises(ValueError, match="one literal prefix"):
        subjects_below(pattern)


def test_subjects_below_a_prefix_are_whole_tokens() -> None:
    subjects = subjects_below("tacit.test.record.>")

    assert subjects.fullmatch("tacit.test.record.council.crisis_1")
    for other in ("tacit.test.record", "tacit.test.record.", "tacit.test.recorded.a", "tacitXtest.record.a", "a"):
        assert not subjects.fullmatch(other)


def test_a_sequence_is_read_from_both_forms_of_a_reply() -> None:
    assert stream_sequence("$JS.ACK.RECORD.consumer.1.42.7.1795445010387860582.0") == 42
    assert stream_sequence("$JS.ACK.hub.AHASH.RECORD.consumer.1.42.7.1795445010387860582.0.xyz") == 42


def test_a_stream_as_it_must_be_differs_in_nothing() -> None:
    assert differences(wanted(RECORD), RECORD) == ()
    assert differences(wanted(RECORD).evolve(deny_purge=None, sealed=True, num_replicas=3), RECORD) == (
        "num_replicas",
        "deny_purge",
        "sealed",
    )


def test_credentials_print_nothing() -> None:
    assert repr(Credentials("user", "secret")) == "Credentials(...)"


async def test_an_answer_reaches_whoever_expects_it_and_nobody_else() -> None:
    replies = Replies(Client())

    with replies.expecting(2) as answers:
        (first, _), (second, _) = answers
        await replies._take(Msg(Client(), subject=second, data=b"2"))
        await replies._take(Msg(Client(), subject=first, data=b"1"))
        await replies._take(Msg(Client(), subject=first, data=b"again"))
        await replies._take(Msg(Client(), subject="another", data=b"x"))
        found = await answered(answers, 1)

    assert [message and message.data for message in found] == [b"1", b"2"]
    assert replies._waiting == {}


async def test_an_answer_that_does_not_come_is_none_after_a_while() -> None:
    replies = Replies(Client())

    with replies.expecting(2) as answers:
        await replies._take(Msg(Client(), subject=answers[0][0], data=b"1"))
        found = await answered(answers, 0.01)

    assert [message and message.data for message in found] == [b"1", None]


async def test_when_the_link_is_lost_nobody_waits_on() -> None:
    connection = NatsConnection(Client())
    connection._replies = Replies(Client())
    told: list[str] = []

    with connection.replies.expecting(1) as answers, connection.when_lost(lambda: told.append("lost")):
        await connection.lost()
        async with asyncio.timeout(1):
            found = await answered(answers, 10)
    await connection.lost()

    assert (found, told) == ([None], ["lost"])
