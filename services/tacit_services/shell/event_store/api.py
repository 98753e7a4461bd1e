"""The JetStream API as this room uses it: questions, answers, and the numbers of its errors.

Errors are recognised by number, never by text. The numbers are those of the server's `errors.json`.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec
import nats.errors
from nats.aio.msg import Msg

from tacit_services.ports import FailureReason, StoreFailedError
from tacit_services.shell.nats_connection import Answer, NatsConnection, within

API_WAIT_S: Final = 5.0

NO_MESSAGE_FOUND: Final = 10037
WRONG_LAST: Final = frozenset({10071, 10164})
"""Wrong last sequence, of the stream or of a subject; the same with a constant text."""
DISK_FULL: Final = frozenset({10002, 10023, 10047})
"""Resources of the account, of the server, of its storage exceeded."""
BUSY: Final = frozenset({10005, 10008, 10176, 10199, 10210})
"""Too few servers or no leader for now; an atomic batch that was abandoned, or would be one too many."""
NO_STREAM: Final = 10059
"""No such stream: it was never made, or the store was lost."""

STATUS_HEADER: Final = "Status"
NO_RESPONDERS: Final = "503"


class ApiError(msgspec.Struct, frozen=True):
    """What the server refused with. Its text is for people and not read."""

    err_code: int = 0


class PubAck(msgspec.Struct, frozen=True):
    """The answer to a publish. An error comes with `seq` 0, so the error must be looked at first."""

    seq: int = 0
    error: ApiError | None = None


class StoredPart(msgspec.Struct, frozen=True):
    """A message as `STREAM.MSG.GET` gives it; the data in base64."""

    subject: str
    seq: int
    data: bytes = b""


class GetAnswer(msgspec.Struct, frozen=True):
    """The answer of `STREAM.MSG.GET`."""

    message: StoredPart | None = None
    error: ApiError | None = None


class StatePart(msgspec.Struct, frozen=True):
    """The bounds of a stream."""

    last_seq: int


class InfoAnswer(msgspec.Struct, frozen=True):
    """The answer of `STREAM.INFO`, as far as it is needed."""

    state: StatePart | None = None
    error: ApiError | None = None


PUB_ACK: Final = msgspec.json.Decoder(PubAck)
GET_ANSWER: Final = msgspec.json.Decoder(GetAnswer)
INFO_ANSWER: Final = msgspec.json.Decoder(InfoAnswer)


def failure_of(err_code: int) -> FailureReason:
    """Return the reason word for an error of the server."""
    if err_code in DISK_FULL:
        return "disk_full"
    if err_code == NO_STREAM:
        return "no_stream"
    return "busy" if err_code in BUSY else "store_error"


def nobody_listens(message: Msg) -> bool:
    """Tell whether the server says that no stream (or no leader of one) took the message."""
    return message.headers is not None and message.headers.get(STATUS_HEADER) == NO_RESPONDERS


async def answered(answers: Sequence[tuple[str, Answer]], wait_s: float) -> list[Msg | None]:
    """Wait for all answers, at most `wait_s` seconds; None stands for each that has not come."""
    try:
        async with asyncio.timeout(wait_s):
            for _, answer in answers:
                await answer
    except TimeoutError:
        pass  # Unanswered is a result of its own, told by None.
    return [answer.result() if answer.done() and not answer.cancelled() else None for _, answer in answers]


async def ask(connection: NatsConnection, subject: str, questions: Sequence[bytes]) -> list[bytes]:
    """Put questions to one subject of the API, all at once; return the answers in order.

    Questions only read, so an answer that does not come is a failure: raises StoreFailedError.
    """
    if not connection.is_connected:
        raise StoreFailedError("not_connected")
    with connection.replies.expecting(len(questions)) as answers:
        try:
            async with within(API_WAIT_S):
                for question, (reply, _) in zip(questions, answers, strict=True):
                    await connection.client.publish(subject, question, reply)
        except nats.errors.Error as error:
            raise StoreFailedError("not_connected") from error
        except TimeoutError as error:
            raise StoreFailedError("timeout") from error
        return [_told(message) for message in await answered(answers, API_WAIT_S)]


def _told(message: Msg | None) -> bytes:
    if message is None:
        raise StoreFailedError("timeout")
    if nobody_listens(message):
        raise StoreFailedError("no_stream")
    return message.data
