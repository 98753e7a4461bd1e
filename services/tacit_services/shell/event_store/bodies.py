"""The store of detached bodies on JetStream: one message per digest.

A body is written once: the publish expects its subject to be empty, so that repeating it changes nothing. Deleting a
single body stays possible, since it may lawfully be shredded; the act that names its digest stays.
"""

import re
from collections.abc import Sequence
from typing import Final, Self

from tacit_services.ports import (
    APPEND_MESSAGES_MAX,
    MESSAGE_BYTES_MAX,
    CallRefusedError,
    NewMessage,
    OutcomeUnknownError,
    StoreFailedError,
)
from tacit_services.shell.event_store import reading
from tacit_services.shell.event_store.api import WRONG_LAST, PubAck, failure_of
from tacit_services.shell.event_store.publishing import NO_STREAM, batch_headers, publish, steps
from tacit_services.shell.event_store.stream import StreamSettings, ensure_stream
from tacit_services.shell.nats_connection import NatsConnection

EXPECT_NONE: Final = {"Nats-Expected-Last-Subject-Sequence": "0"}
EACH_MESSAGES_MAX: Final = 12
"""Up to here single fsyncs, asked for all at once, are cheaper than an atomic batch."""
DIGEST: Final = re.compile(r"[0-9a-f]{64}")


def check_bodies(bodies: Sequence[tuple[str, bytes]]) -> None:
    """Raise CallRefusedError if the call breaks a limit of `BodyStore`."""
    if not bodies:
        raise CallRefusedError("empty")
    if len(bodies) > APPEND_MESSAGES_MAX:
        raise CallRefusedError("too_many")
    for digest_hex, data in bodies:
        check_digest(digest_hex)
        if len(data) > MESSAGE_BYTES_MAX:
            raise CallRefusedError("message_too_large")


def check_digest(digest_hex: str) -> None:
    """Raise CallRefusedError unless this is a SHA-256 in lower-case hex."""
    if not DIGEST.fullmatch(digest_hex):
        raise CallRefusedError("subject_not_accepted")


class JetStreamBodyStore:
    """`BodyStore` on a stream of its own; each promise is in `ports`."""

    def __init__(self, connection: NatsConnection, settings: StreamSettings) -> None:
        self._connection = connection
        self._stream = settings.name
        self._prefix = settings.subjects.removesuffix(">")

    @classmethod
    async def open(cls, connection: NatsConnection, settings: StreamSettings, *, make: bool = True) -> Self:
        """Create the stream (unless `make` is false) or check the one there. Raises as `ensure_stream` does.

        `settings.deny_delete` should be false: a body may lawfully be shredded.
        """
        await ensure_stream(connection, settings, make=make)
        return cls(connection, settings)

    async def put(self, digest_hex: str, data: bytes) -> None:
        """Publish it where nothing is yet."""
        await self.put_many([(digest_hex, data)])

    async def put_many(self, bodies: Sequence[tuple[str, bytes]]) -> None:
        """Publish few one by one, many in atomic batches."""
        check_bodies(bodies)
        # A digest given twice would be refused by its own first copy.
        messages = [NewMessage(self._prefix + digest_hex, data) for digest_hex, data in dict(bodies).items()]
        for step in steps(messages, alone_max=0):
            if len(step) <= EACH_MESSAGES_MAX or not await self._put_batch(step):
                await self._put_each(step)

    async def get(self, digest_hex: str) -> bytes | None:
        """Ask the leader for the one message on its subject."""
        check_digest(digest_hex)
        found = await reading.last_on(self._connection, self._stream, self._prefix + digest_hex)
        return None if found is None else found.data

    async def ever(self) -> int:
        """A sequence is given once."""
        return await reading.last_sequence(self._connection, self._stream)

    async def _put_batch(self, messages: Sequence[NewMessage]) -> bool:
        """Store all at once; False if one of them is held already, which is the only thing the server then tells."""
        headers = [{**head, **EXPECT_NONE} for head in batch_headers(len(messages), self._connection.next_batch())]
        acks = await publish(self._connection, messages, headers, reply_from=len(messages) - 1)
        return all(_new(ack) for ack in acks)

    async def _put_each(self, messages: Sequence[NewMessage]) -> None:
        headers = [dict(EXPECT_NONE) for _ in messages]
        for ack in await publish(self._connection, messages, headers, reply_from=0):
            _new(ack)


def _new(ack: PubAck | None) -> bool:
    """Tell whether a body was stored now (or was there before); raise as `BodyStore.put` does."""
    if ack is None:
        raise OutcomeUnknownError
    if ack.error is None:
        if ack is NO_STREAM:
            raise StoreFailedError("no_stream")
        return True
    if ack.error.err_code in WRONG_LAST:
        return False
    raise StoreFailedError(failure_of(ack.error.err_code))
