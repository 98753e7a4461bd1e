"""Reading by sequence, always from the stream's leader: a follower may lag and would make the past look shorter.

`STREAM.MSG.GET` answers one message at a time, from the leader; asked in windows it is as fast as the batched direct
get, which any replica may answer.
"""

from typing import Final

from tacit_services.ports import READ_BYTES_MAX, RecordGapError, StoredMessage, StoreFailedError
from tacit_services.shell.event_store.api import (
    GET_ANSWER,
    INFO_ANSWER,
    NO_MESSAGE_FOUND,
    GetAnswer,
    StoredPart,
    ask,
    failure_of,
)
from tacit_services.shell.nats_connection import NatsConnection

WINDOW: Final = 128
"""Questions on the way at once: far below the 10,000 at which the server drops its whole queue of questions."""


async def last_sequence(connection: NatsConnection, stream: str) -> int:
    """Return the stream's last sequence as its leader knows it. Raises StoreFailedError."""
    [raw] = await ask(connection, f"$JS.API.STREAM.INFO.{stream}", [b""])
    answer = INFO_ANSWER.decode(raw)
    if answer.error is not None:
        raise StoreFailedError(failure_of(answer.error.err_code))
    if answer.state is None:
        raise StoreFailedError("store_error")
    return answer.state.last_seq


async def read(connection: NatsConnection, stream: str, first: int, limit: int) -> list[StoredMessage]:
    """Read as `EventStore.read` promises; the limits have been checked."""
    end = min(await last_sequence(connection, stream), first + limit - 1) + 1
    found: list[StoredMessage] = []
    size = 0
    while first < end and size < READ_BYTES_MAX:
        window = range(first, min(first + WINDOW, end))
        part = await _get_window(connection, stream, window)
        found += part
        size += sum(len(message.data) for message in part)
        first = window.stop
    return found


async def has(connection: NatsConnection, stream: str, sequence: int) -> bool:
    """Tell whether the leader holds this sequence. Raises StoreFailedError."""
    [answer] = await _get(connection, stream, [b'{"seq":%d}' % sequence])
    return _message(answer) is not None


async def last_on(connection: NatsConnection, stream: str, subject: str) -> StoredPart | None:
    """Return the last message on one subject, which holds nothing that JSON would escape. Raises StoreFailedError."""
    [answer] = await _get(connection, stream, [b'{"last_by_subj":"%s"}' % subject.encode()])
    return _message(answer)


async def _get_window(connection: NatsConnection, stream: str, window: range) -> list[StoredMessage]:
    answers = await _get(connection, stream, [b'{"seq":%d}' % sequence for sequence in window])
    messages = []
    for sequence, answer in zip(window, answers, strict=True):
        part = _message(answer)
        if part is None:
            raise RecordGapError(sequence)
        messages.append(StoredMessage(part.seq, part.subject, part.data))
    return messages


async def _get(connection: NatsConnection, stream: str, questions: list[bytes]) -> list[GetAnswer]:
    answers = await ask(connection, f"$JS.API.STREAM.MSG.GET.{stream}", questions)
    return [GET_ANSWER.decode(raw) for raw in answers]


def _message(answer: GetAnswer) -> StoredPart | None:
    if answer.error is None or answer.error.err_code == NO_MESSAGE_FOUND:
        return answer.message
    raise StoreFailedError(failure_of(answer.error.err_code))
