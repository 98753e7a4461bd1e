"""Following a stream without a gap, from any place, across restarts of the server and for readers of any speed.

Messages come by a pull consumer into a plain subscription with a callback: nats-py's iterators and `fetch` cost three
times as much, and its ordered consumer drops messages unseen when its queue is full. So the order is checked here, by
stream sequence, and whatever is missing is fetched again from the last good place. What is on the way is bounded by
what was pulled, and no more is pulled than the reader has room for.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Final

import nats.errors
import nats.js.errors
import structlog
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from tacit_services.ports import FOLLOW_MESSAGES_MAX, RecordGapError, StoredMessage, StoreFailedError
from tacit_services.shell.event_store.api import API_WAIT_S, STATUS_HEADER
from tacit_services.shell.event_store.reading import has, last_sequence
from tacit_services.shell.nats_connection import NatsConnection, heed_cancellation, within

PULL_MESSAGES: Final = FOLLOW_MESSAGES_MAX // 2
PULL_BYTES_MAX: Final = 8_000_000
PULL_EXPIRES_S: Final = 30
HEARTBEAT_S: Final = 0.5
SILENCE_MAX_S: Final = 1.5
"""Neither message nor heartbeat for so long: the consumer is gone (it lives in the memory of one server)."""
CONSUMER_IDLE_S: Final = 30.0
"""After so long without a pull the server forgets the consumer."""
REOPEN_PAUSE_S: Final = 0.1

assert PULL_BYTES_MAX * 2 < 64_000_000, "the server cuts off a client with 64 MB outstanding"
assert HEARTBEAT_S * 2 < SILENCE_MAX_S < PULL_EXPIRES_S

PENDING_HEADER: Final = "Nats-Pending-Messages"
LAST_SENT_HEADER: Final = "Nats-Last-Stream"
HEARTBEAT_STATUS: Final = "100"
PULL: Final = b'{"batch":%d,"max_bytes":%d,"expires":%d,"idle_heartbeat":%d}' % (
    PULL_MESSAGES,
    PULL_BYTES_MAX,
    PULL_EXPIRES_S * 1_000_000_000,
    int(HEARTBEAT_S * 1_000_000_000),
)

log = structlog.get_logger()


class FeedBrokenError(Exception):
    """This feed can go on no more; another one may, from the last good sequence."""


async def follow(connection: NatsConnection, stream: str, after: int) -> AsyncGenerator[Sequence[StoredMessage], None]:
    """Follow as `EventStore.follow` promises; the limits have been checked."""
    flowing = True
    while True:
        try:
            async with open_feed(connection, stream, after) as feed:
                while True:
                    batch = await feed.take()
                    after, flowing = batch[-1].sequence, True
                    yield batch
        except (FeedBrokenError, StoreFailedError) as error:
            if flowing:  # once for each interruption, however many tries it takes
                log.info("follow_interrupted", stream=stream, after=after, error=type(error).__name__)
            flowing = False
            heed_cancellation()
            await asyncio.sleep(REOPEN_PAUSE_S)


@contextlib.asynccontextmanager
async def open_feed(connection: NatsConnection, stream: str, after: int) -> AsyncIterator["Feed"]:
    """Open a feed after a sequence that the store must still hold.

    Raises RecordGapError if it does not hold it or the next one, StoreFailedError or FeedBrokenError to try again.
    """
    last = await last_sequence(connection, stream)
    if last < after:
        raise RecordGapError(last + 1)
    if last > after and not await has(connection, stream, after + 1):
        raise RecordGapError(after + 1)
    feed = Feed(connection, stream, after)
    try:
        async with within(API_WAIT_S):
            await feed.open()
        with connection.when_lost(feed.break_off):
            yield feed
    except (TimeoutError, nats.errors.Error) as error:
        raise FeedBrokenError from error
    finally:
        await feed.close()


class Feed:
    """One consumer and one subscription, gone with the first irregularity."""

    def __init__(self, connection: NatsConnection, stream: str, after: int) -> None:
        self._client = connection.client
        self._stream = stream
        self._consumer = secrets.token_urlsafe(9)
        self._inbox = self._client.new_inbox()
        self._last = after
        self._buffer: list[StoredMessage] = []
        self._due = 0  # messages pulled and not yet come
        self._news = asyncio.Event()
        self._broken = False
        self._heard_s = 0.0
        self._loop = asyncio.get_running_loop()
        self._closing = contextlib.AsyncExitStack()

    async def open(self) -> None:
        """Subscribe, create the consumer, pull."""
        subscription = await self._client.subscribe(self._inbox, cb=self._take)
        self._closing.push_async_callback(subscription.unsubscribe)
        await self._client.jetstream().add_consumer(
            self._stream,
            ConsumerConfig(
                name=self._consumer,
                deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
                opt_start_seq=self._last + 1,
                ack_policy=AckPolicy.NONE,
                inactive_threshold=CONSUMER_IDLE_S,
                mem_storage=True,
                num_replicas=1,
            ),
        )
        self._closing.push_async_callback(self._forget_consumer)
        self._heard_s = self._loop.time()
        await self._pull()

    async def close(self) -> None:
        """Unsubscribe, and ask the server to forget the consumer; it would do so by itself, only later."""
        with contextlib.suppress(TimeoutError, nats.errors.Error):
            async with asyncio.timeout(API_WAIT_S):
                await self._closing.aclose()

    def break_off(self) -> None:
        """End this feed; what has come is still handed out."""
        self._broken = True
        self._news.set()

    async def take(self) -> Sequence[StoredMessage]:
        """Return what has come, waiting for something. Raises FeedBrokenError."""
        while not self._buffer:
            if self._broken:
                raise FeedBrokenError
            await self._wait()
        batch, self._buffer = self._buffer, []
        if not self._broken:
            await self._pull()
        return batch

    async def _wait(self) -> None:
        self._news.clear()
        try:
            async with asyncio.timeout(SILENCE_MAX_S):
                await self._news.wait()
        except TimeoutError:
            if self._loop.time() - self._heard_s >= SILENCE_MAX_S:
                self.break_off()

    async def _pull(self) -> None:
        while len(self._buffer) + self._due <= FOLLOW_MESSAGES_MAX - PULL_MESSAGES:
            self._due += PULL_MESSAGES
            await self._client.publish(f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._consumer}", PULL, self._inbox)
            heed_cancellation()

    async def _take(self, message: Msg) -> None:
        self._heard_s = self._loop.time()
        if message.headers is not None and STATUS_HEADER in message.headers:
            await self._take_status(message.headers)
            return
        sequence = stream_sequence(message.reply)
        self._due -= 1
        if sequence == self._last + 1 and not self._broken:
            self._last = sequence
            self._buffer.append(StoredMessage(sequence, message.subject, message.data))
            self._news.set()
        elif sequence > self._last:
            self.break_off()

    async def _take_status(self, headers: dict[str, str]) -> None:
        if headers[STATUS_HEADER] == HEARTBEAT_STATUS:
            # What was dropped at the end of a burst shows here alone: nothing follows that would be out of order.
            if int(headers.get(LAST_SENT_HEADER, "0")) > self._last:
                self.break_off()
            return
        # A pull has ended early: expired, or its bytes were used up. What it did not serve will not come.
        unserved = headers.get(PENDING_HEADER)
        if unserved is None or self._broken:
            self.break_off()
            return
        self._due -= int(unserved)
        await self._pull()

    async def _forget_consumer(self) -> None:
        await self._client.publish(f"$JS.API.CONSUMER.DELETE.{self._stream}.{self._consumer}")


def stream_sequence(reply: str) -> int:
    """Read the stream sequence from the reply subject of a delivered message, in its first or second form."""
    tokens = reply.split(".")
    return int(tokens[5] if len(tokens) == 9 else tokens[7])
