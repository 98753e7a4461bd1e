"""How messages get into a stream behind a fence, at the least cost: one, a short chain, or an atomic batch.

A fence by number alone holds for one message. In a chain whose numbers are counted ahead of the answers it does not:
when another writer takes the first place, the second message of ours would find exactly the number that it expects.
So each message of a chain also names, by id, the message that must stand before it. An atomic batch is one step for
the server; it costs about as much as fifteen single fsyncs, whatever its size.
"""

import asyncio
import secrets
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
from tacit_services.shell.nats_connection import Answer, NatsConnection

PUBLISH_WAIT_S: Final = 5.0
"""For handing messages to the socket."""
ACK_WAIT_S: Final = 5.0
"""For the answer of the store, its fsync included."""
CHAIN_MESSAGES_MAX: Final = 12
"""Up to here single fsyncs are cheaper than one atomic batch (measured: they meet between 12 and 16)."""
BATCH_MESSAGES_MAX: Final = 500
BATCH_BYTES_MAX: Final = 8_000_000
ID_BYTES: Final = 6
"""Randomness in the id of a batch or of a chain's message: unique among those of one moment; it is stored, so short."""

assert CHAIN_MESSAGES_MAX < BATCH_MESSAGES_MAX <= APPEND_MESSAGES_MAX

EXPECTED_LAST: Final = "Nats-Expected-Last-Sequence"
EXPECTED_LAST_ID: Final = "Nats-Expected-Last-Msg-Id"
MESSAGE_ID: Final = "Nats-Msg-Id"
BATCH_ID: Final = "Nats-Batch-Id"
BATCH_SEQUENCE: Final = "Nats-Batch-Sequence"
BATCH_COMMIT: Final = "Nats-Batch-Commit"

Headers = dict[str, str]


def chunks(messages: Sequence[NewMessage]) -> Iterator[Sequence[NewMessage]]:
    """Split into runs that one atomic batch may hold."""
    start, total = 0, 0
    for index, message in enumerate(messages):
        size = len(message.data)
        if index - start == BATCH_MESSAGES_MAX or (index > start and total + size > BATCH_BYTES_MAX):
            yield messages[start:index]
            start, total = index, 0
        total += size
    yield messages[start:]


async def publish_fenced(connection: NatsConnection, messages: Sequence[NewMessage], expected_last: int) -> int:
    """Store one chunk right after `expected_last`; return its last sequence. Raises as `EventStore.append` does."""
    if len(messages) <= CHAIN_MESSAGES_MAX:
        acks = await publish(connection, messages, chain_headers(len(messages), expected_last), reply_from=0)
    else:
        last = len(messages) - 1
        headers = batch_headers(len(messages))
        headers[0][EXPECTED_LAST] = str(expected_last)
        acks = await publish(connection, messages, headers, reply_from=last)
    return outcome(acks, expected_last, len(messages))


def chain_headers(count: int, expected_last: int) -> list[Headers]:
    """Return the headers of a chain: each message names its place, and the id of the one before it."""
    if count == 1:
        return [{EXPECTED_LAST: str(expected_last)}]
    ids = [secrets.token_urlsafe(ID_BYTES) for _ in range(count)]
    chain = [{EXPECTED_LAST: str(expected_last + index), MESSAGE_ID: own} for index, own in enumerate(ids)]
    for headers, before in zip(chain[1:], ids, strict=False):
        headers[EXPECTED_LAST_ID] = before
    return chain


def batch_headers(count: int) -> list[Headers]:
    """Return the headers of an atomic batch (ADR-50), which the last message commits; a fence goes onto the first."""
    own = secrets.token_urlsafe(ID_BYTES)
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
        async with asyncio.timeout(PUBLISH_WAIT_S):
            for message, head, reply in zip(messages, headers, replies, strict=True):
                await send(message.subject, message.data, reply, head)
    except (TimeoutError, OSError, nats.errors.Error) as error:
        raise OutcomeUnknownError from error
    # nats-py swallows a cancellation that reaches it while its buffer is full; hand it on.
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _read_ack(message: Msg | None) -> PubAck | None:
    if message is None:
        return None
    return NO_STREAM if nobody_listens(message) else PUB_ACK.decode(message.data)


NO_STREAM: Final = PubAck(seq=-1)
"""What stands for "no stream took the message"."""


def outcome(acks: Sequence[PubAck | None], expected_last: int, count: int) -> int:
    """Judge the answers to one chunk: return its last sequence, or raise as `EventStore.append` does. Pure.

    In a chain the refusal of the first message is the cause, since each later one is refused for lack of it.
    """
    if any(ack is None for ack in acks):
        raise OutcomeUnknownError
    told = [ack for ack in acks if ack is not None]
    if all(ack.error is None and ack.seq > 0 for ack in told):
        if told[-1].seq != expected_last + count:
            raise OutcomeUnknownError
        return told[-1].seq
    if any(ack.error is None and ack.seq > 0 for ack in told):
        raise OutcomeUnknownError
    first = told[0]
    if first.error is None:
        raise StoreFailedError("no_stream")
    if first.error.err_code in WRONG_LAST:
        raise WrongLastSequenceError(expected_last)
    raise StoreFailedError(failure_of(first.error))
