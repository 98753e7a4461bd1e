"""The event store on JetStream: one stream, one fence, three outcomes."""

from collections.abc import AsyncGenerator, Sequence
from typing import Self

from tacit_services.ports import (
    NewMessage,
    OutcomeUnknownError,
    StoredMessage,
    StoreFailedError,
    WrongLastSequenceError,
)
from tacit_services.shell.event_store import following, reading
from tacit_services.shell.event_store.calls import check_append, check_follow, check_read, subjects_below
from tacit_services.shell.event_store.publishing import (
    ALONE_MESSAGES_MAX,
    ALONE_REPLICATED_MESSAGES_MAX,
    CONTENT_TYPE,
    publish_fenced,
    steps,
)
from tacit_services.shell.event_store.stream import StreamSettings, ensure_stream
from tacit_services.shell.nats_connection import NatsConnection


class JetStreamEventStore:
    """`EventStore` on a stream of one server or of a cluster; each promise is in `ports`."""

    def __init__(self, connection: NatsConnection, settings: StreamSettings) -> None:
        self._connection = connection
        self._stream = settings.name
        self._subjects = subjects_below(settings.subjects)
        self._headers = {CONTENT_TYPE: settings.content_type} if settings.content_type else {}
        self._alone_max = ALONE_MESSAGES_MAX if settings.replicas == 1 else ALONE_REPLICATED_MESSAGES_MAX

    @classmethod
    async def open(cls, connection: NatsConnection, settings: StreamSettings, *, make: bool = True) -> Self:
        """Create the stream (unless `make` is false) or check the one there. Raises as `ensure_stream` does."""
        await ensure_stream(connection, settings, make=make)
        return cls(connection, settings)

    async def append(self, messages: Sequence[NewMessage], expected_last: int) -> int:
        """Append behind the fence: few messages one by one, up to 500 and 8 MB in one step, more in several."""
        check_append(messages, expected_last, self._subjects)
        last = expected_last
        for step in steps(messages, self._alone_max):
            try:
                last = await self._do_step(step, last)
            except (StoreFailedError, WrongLastSequenceError) as error:
                if last == expected_last:
                    raise
                raise OutcomeUnknownError from error  # the steps before this one are stored
        return last

    async def _do_step(self, step: Sequence[NewMessage], expected_last: int) -> int:
        try:
            return await publish_fenced(self._connection, step, expected_last, self._headers)
        except StoreFailedError as error:
            if error.reason in {"not_connected", "no_stream"}:
                raise
            await self._confirm_nothing_stored(expected_last)
            raise

    async def _confirm_nothing_stored(self, expected_last: int) -> None:
        # The server stores a batch message by message and may run out of resources on the way, so that an error can
        # follow a stored prefix (seen on 2.15.1). After its answer nothing of ours is on the way any more: one look
        # at the tail is safe here, as it is not after a silence.
        try:
            last = await self.last_sequence()
        except StoreFailedError as error:
            raise OutcomeUnknownError from error
        if last != expected_last:
            raise OutcomeUnknownError

    async def last_sequence(self) -> int:
        """Ask the leader."""
        return await reading.last_sequence(self._connection, self._stream)

    async def read(self, first: int, limit: int) -> list[StoredMessage]:
        """Ask the leader, message by message, many at once."""
        check_read(first, limit)
        return await reading.read(self._connection, self._stream, first, limit)

    def follow(self, after: int) -> AsyncGenerator[Sequence[StoredMessage], None]:
        """Pull with a bounded number on the way."""
        check_follow(after)
        return following.follow(self._connection, self._stream, after)
