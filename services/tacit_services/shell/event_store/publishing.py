"""How messages get into a stream behind a fence, at the least cost: one by one, or in atomic batches.

A fence by number holds for one step of the server. Numbers counted ahead of the answers do not fence: when another
writer takes the first place, our second message finds exactly the number that it expects. So single messages wait for
one another, and more than a few go in one atomic batch, which costs as much as several single fsyncs whatever its
size. (Naming the id of the message before would fence a pipeline on one server, but on three a refusal by
`Nats-Expected-Last-Msg-Id` stops the whole stream: seen on 2.15.1, every later publish stays unanswered.)
"""

from collections.abc import Iterator, Sequence
from typing import Final

import nats.errors
from nats.aio.msg import Msg

from tacit_services.ports import (
    APPEND_MESSAGES_MAX,
    NewMessage,
    OutcomeUnknownError,
    StoreFailedError,
    WrongLastSequenceError,
)
from tacit_services.shell.event_store.api import PUB_ACK, WRONG_LAST, PubAck, answered, failure_of, nobody_listens
from tacit_services.shell.nats_connection import Answer, NatsConnection, within

PUBLISH_WAIT_S: Final = 5.0
"""For handing messages to the socket."""
ACK_WAIT_S: Final = 5.0
"""For the answer of the store, its fsync included."""
ALONE_MESSAGES_MAX: Final = 6
"""Up to here single fsyncs are cheaper on one server than an atomic batch, which makes and removes files there."""
ALONE_REPLICATED_MESSAGES_MAX: Final = 1
"""The same on several servers: a batch is staged in memory, and every step costs a round among them."""
BATCH_MESSAGES_MAX: Final = 500
BATCH_BYTES_MAX: Final = 8_000_000

assert ALONE_MESSAGES_MAX < BATCH_MESSAGES_MAX <= APPEND_MESSAGES_MAX

EXPECTED_LAST: Final = "Nats-Expected-Last-Sequence"
BATCH_ID: Final = "Nats-Batch-Id"
BATCH_SEQUENCE: Final = "Nats-Batch-Sequence"
BATCH_COMMIT: Final = "Nats-Batch-Commit"
CONTENT_TYPE: Final = "Content-Type"

Headers = dict[str, str]


def steps(messages: Sequence[NewMessage], alone_max: int) -> Iterator[Sequence[NewMessage]]:
    """Split into what the server is to do in one step each: messages alone if they are few, else atomic batches."""
    if len(messages) <= alone_max:
        yield from ([message] for message in messages)
        return
    start, total = 0, 0
    for index, message in enumerate(messages):
        size = len(message.data)
        if index - start == BATCH_MESSAGES_MAX or (index > start and total + size > BATCH_BYTES_MAX):
            yield messages[start:index]
            start, total = index, 0
        total += size
    yield messages[start:]


async def publish_fenced(
    connection: NatsConnection, step: Sequence[NewMessage], expected_last: int, every: Headers
) -> int:
    """Do one step right after `expected_last`; return its last sequence. Raises as `EventStore.append` does.

    Every message bears the headers `every` beside its own.
    """
    headers = [head | every for head in (batch_headers(len(step), connection.next_batch()) if len(step) > 1 else [{}])]
    headers[0][EXPECTED_LAST] = str(expected_last)
    [ack] = await publish(connection, step, headers, reply_from=len(step) - 1)
    return outcome(ack, expected_last, len(step))


def batch_headers(count: int, own: str) -> list[Headers]:
    """Return the headers of an atomic batch (ADR-50) of this id; the last commits it, a fence goes onto the first."""
    batch = [{BATCH_ID: own, BATCH_SEQUENCE: str(number)} for number in range(1, count + 1)]
    batch[-1][BATCH_COMMIT] = "1"
    return batch


async def publish(
    connection: NatsConnection, messages: Sequence[NewMessage], headers: Sequence[Headers], reply_from: int
) -> list[PubAck | None]:
    """Publish at once, asking for an answer from `reply_from` on; return these answers, None for one that is missing.

    Raises StoreFailedError before anything is sent, OutcomeUnknownError when sending breaks off.
    """
    # While it reconnects, nats-py would keep the messages and send them later, when nobody expects them.
    if not connection.is_connected:
        raise StoreFailedError("not_connected")
    with connection.replies.expecting(len(messages) - reply_from) as answers:
        replies = [""] * reply_from + [subject for subject, _ in answers]
        await _send(connection, messages, headers, replies)
        return await acknowledged(answers)


async def acknowledged(answers: Sequence[tuple[str, Answer]]) -> list[PubAck | None]:
    """Wait for the answers of publishes, at most `ACK_WAIT_S`; None stands for each that has not come."""
    return [_read_ack(message) for message in await answered(answers, ACK_WAIT_S)]


async def _send(
    connection: NatsConnection, messages: Sequence[NewMessage], headers: Sequence[Headers], replies: Sequence[str]
) -> None:
    send = connection.client.publish
    try:
        async with within(PUBLISH_WAIT_S):
            for message, head, reply in zip(messages, headers, replies, strict=True):
                await send(message.subject, message.data, reply, head)
    except (TimeoutError, OSError, nats.errors.Error) as error:
        raise OutcomeUnknownError from error


def _read_ack(message: Msg | None) -> PubAck | None:
    if message is None:
        return None
    return NO_STREAM if nobody_listens(message) else PUB_ACK.decode(message.data)


NO_STREAM: Final = PubAck(seq=-1)
"""What stands for "no stream took the message"."""


def outcome(ack: PubAck | None, expected_last: int, count: int) -> int:
    """Judge the answer to one step: return its last sequence, or raise as `EventStore.append` does. Pure."""
    if ack is None:
        raise OutcomeUnknownError
    if ack.error is None:
        if ack is NO_STREAM:
            raise StoreFailedError("no_stream")
        if ack.seq != expected_last + count:
            raise OutcomeUnknownError
        return ack.seq
    if ack.error.err_code in WRONG_LAST:
        raise WrongLastSequenceError(expected_last)
    raise StoreFailedError(failure_of(ack.error.err_code))
