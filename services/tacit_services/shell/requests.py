"""Requests on the bus: a plain subscription with a callback, and answers that never make the caller wait."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import nats.errors
import structlog
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from tacit_services.ports import StoreFailedError
from tacit_services.shell.nats_connection import NatsConnection, heed_cancellation, within

PENDING_REQUESTS_MAX: Final = 65_536
PENDING_REQUEST_BYTES_MAX: Final = 64_000_000
"""What may wait in this process before the callback has seen it. More is dropped, and the client asks again."""
OPEN_WAIT_S: Final = 5.0
CLOSE_WAIT_S: Final = 2.0

TRACEPARENT: Final = "traceparent"

Take = Callable[[bytes, Callable[[bytes], None], str | None], None]

log = structlog.get_logger()


class NatsRequests:
    """`Requests` on a connection. No queue group: who asks gets the first answer, and only one registrar serves."""

    def __init__(self, connection: NatsConnection) -> None:
        self._client = connection.client

    @asynccontextmanager
    async def listening(self, subject: str, take: Take) -> AsyncIterator[None]:
        """Hand every request to `take` within the block. Raises StoreFailedError where nothing can be asked for now."""
        answers: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()  # bounded by what `take` lets wait for an answer

        async def on_request(message: Msg) -> None:
            reply = message.reply
            if reply and not message.data:
                answers.put_nowait((reply, b""))  # a probe: somebody listens, and nothing is handed in
            elif reply:
                take(message.data, lambda data: answers.put_nowait((reply, data)), traceparent_of(message))

        subscription = await self._subscribe(subject, on_request)
        failed: Exception | None = None
        async with asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(self._send(answers))
            try:
                yield
            except Exception as error:  # noqa: BLE001 - raised again below, where no group is made of it
                failed = error
            finally:
                await self._close(subscription, answers)
                sending.cancel()
        if failed is not None:
            raise failed

    async def _subscribe(self, subject: str, on_request: Callable[[Msg], Awaitable[None]]) -> Subscription:
        try:
            async with within(OPEN_WAIT_S):
                subscription = await self._client.subscribe(
                    subject,
                    cb=on_request,
                    pending_msgs_limit=PENDING_REQUESTS_MAX,
                    pending_bytes_limit=PENDING_REQUEST_BYTES_MAX,
                )
                # Only after a round trip does the server know of it, and tells nobody that there is no registrar.
                # Two of them: nats-py writes the ping of a flush at once, past the subscription that waits to go out.
                await self._client.flush()
                await self._client.flush()
            return subscription
        except (TimeoutError, OSError, nats.errors.Error) as error:
            raise StoreFailedError("not_connected") from error

    async def _close(self, subscription: Subscription, answers: asyncio.Queue[tuple[str, bytes]]) -> None:
        try:
            async with asyncio.timeout(CLOSE_WAIT_S):
                await subscription.unsubscribe()
                await answers.join()
                await self._client.flush()
        except (TimeoutError, OSError, nats.errors.Error) as error:
            log.info("requests_closed_late", error=type(error).__name__)

    async def _send(self, answers: asyncio.Queue[tuple[str, bytes]]) -> None:
        while True:
            reply, data = await answers.get()
            try:
                await self._client.publish(reply, data)
                heed_cancellation()
            except nats.errors.Error as error:
                # The client hears nothing and asks again, as it does when the answer is lost further on.
                log.info("answer_not_sent", error=type(error).__name__)
            finally:
                answers.task_done()


def traceparent_of(message: Msg) -> str | None:
    """The W3C header that names the span of whoever asks. Nothing is made of it where nobody traces."""
    return message.headers.get(TRACEPARENT) if message.headers else None


class NoRequests:
    """The fake: nobody asks over the bus, everybody who asks is in this process."""

    @asynccontextmanager
    async def listening(
        self,
        subject: str,  # noqa: ARG002 - a fake takes every argument of its port
        take: Take,  # noqa: ARG002 - the same
    ) -> AsyncIterator[None]:
        """Listen to nobody."""
        yield
