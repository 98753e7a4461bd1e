"""Copies of the record over the bus: how they are shown, and how they are asked for. It judges nothing of them."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import msgspec
import nats.errors
import structlog
from msgspec import structs
from nats.aio.msg import Msg

from tacit import subjects
from tacit.ids import ActId, Digest
from tacit_services.copies import AskedBody, AskedMessages, RecordCopy, Seen
from tacit_services.ports import StoredMessage, StoreFailedError
from tacit_services.shell.event_store.api import ask, nobody_listens
from tacit_services.shell.nats_connection import NatsConnection, heed_cancellation, within

OPEN_WAIT_S: Final = 10.0
CLOSE_WAIT_S: Final = 5.0
FIRST_WAIT_S: Final = 3.0
"""For the first that says how far it has seen the record; where nobody listens the server says so at once."""
QUIET_S: Final = 0.7
"""After an answer, for another one."""
OWN_BYTES: Final = 6

log = structlog.get_logger()


_ASKED: Final = msgspec.msgpack.Decoder(AskedMessages | AskedBody)
_SEEN: Final = msgspec.msgpack.Decoder(list[Seen])
_HELD: Final = msgspec.msgpack.Decoder(list[StoredMessage])
_BODY: Final[msgspec.msgpack.Decoder[bytes | None]] = msgspec.msgpack.Decoder(bytes | None)


@asynccontextmanager
async def showing(
    connection: NatsConnection, organisation: ActId, service: str, copies: Sequence[RecordCopy]
) -> AsyncIterator[None]:
    """Answer for these copies within the block; the list may grow. `service` is a token of its subjects.

    A connection that fails only makes them silent: whoever asks asks others.
    """
    own = f"{service}.{secrets.token_hex(OWN_BYTES)}"

    async def seen(_data: bytes) -> bytes:
        found = [(number, await copy.seen()) for number, copy in enumerate(tuple(copies))]
        told = [structs.replace(each, holder=f"{own}.{number}") for number, each in found if each is not None]
        return msgspec.msgpack.encode(told)

    async def held(number: int, data: bytes) -> bytes:
        asked, copy = _ASKED.decode(data), copies[number]
        if isinstance(asked, AskedBody):
            return msgspec.msgpack.encode(await copy.body(asked.folder, asked.digest))
        return msgspec.msgpack.encode(await copy.held(asked.first, asked.limit))

    async def on_seen(message: Msg) -> None:
        await _answer(message, lambda: seen(message.data))

    async def on_held(message: Msg) -> None:
        await _answer(message, lambda: held(int(message.subject.rpartition(".")[2]), message.data))

    subscriptions = []
    try:
        async with within(OPEN_WAIT_S):
            client = connection.client
            subscriptions.append(await client.subscribe(subjects.seen(organisation), cb=on_seen))
            subscriptions.append(await client.subscribe(subjects.held(organisation, f"{own}.*"), cb=on_held))
            # The client sends the ping of a flush before what waits to be sent: what was waiting, the second covers.
            await client.flush()
            await client.flush()
            # Whoever asks from now on is answered: the server knows of both.
    except (TimeoutError, OSError, nats.errors.Error) as error:
        log.warning("copies_not_shown", error=type(error).__name__)
    try:
        yield
    finally:
        try:
            async with within(CLOSE_WAIT_S):
                for each in subscriptions:
                    await each.unsubscribe()
                if connection.is_connected:
                    await connection.client.flush()
        except (TimeoutError, OSError, nats.errors.Error) as error:
            log.info("copies_closed_late", error=type(error).__name__)


async def _answer(message: Msg, work: Callable[[], Awaitable[bytes]]) -> None:
    try:
        await message.respond(await work())
    except (msgspec.MsgspecError, ValueError, IndexError, nats.errors.Error) as error:
        # Whoever asked has gone, or has asked what nobody asks: it hears nothing and asks others.
        log.info("answer_not_sent", error=type(error).__name__)


class BusCopies:
    """`SharedCopies` on the bus, asked by whoever may have lost some of the record."""

    def __init__(self, connection: NatsConnection, organisation: ActId) -> None:
        self._connection = connection
        self._organisation = organisation

    async def seen(self) -> list[Seen]:
        """Ask all at once, and wait until they are quiet."""
        client, found = self._connection.client, list[Seen]()
        if not self._connection.is_connected:
            return found
        answers: asyncio.Queue[Msg] = asyncio.Queue()
        inbox = client.new_inbox()
        try:
            subscription = await client.subscribe(inbox, cb=answers.put)
            try:
                await client.publish(subjects.seen(self._organisation), b"", inbox)
                await self._gather(answers, found)
            finally:
                await subscription.unsubscribe()
        except (OSError, nats.errors.Error) as error:
            log.info("copies_not_asked", error=type(error).__name__)
        heed_cancellation()
        return found

    async def _gather(self, answers: asyncio.Queue[Msg], found: list[Seen]) -> None:
        wait_s = FIRST_WAIT_S
        while True:
            try:
                async with asyncio.timeout(wait_s):
                    message = await answers.get()
            except TimeoutError:
                return
            if nobody_listens(message):
                return
            try:
                found += _SEEN.decode(message.data)
            except msgspec.MsgspecError:
                log.info("answer_not_read", error="MsgspecError")
            wait_s = QUIET_S

    async def held(self, holder: str, first: int, limit: int) -> list[StoredMessage]:
        """Ask one holder for messages."""
        raw = await self._ask(holder, msgspec.msgpack.encode(AskedMessages(first, limit)))
        try:
            return _HELD.decode(raw)
        except msgspec.MsgspecError:
            return []

    async def body(self, holder: str, folder: str, digest: Digest) -> bytes | None:
        """Ask one holder for a body."""
        raw = await self._ask(holder, msgspec.msgpack.encode(AskedBody(folder, digest)))
        try:
            return _BODY.decode(raw)
        except msgspec.MsgspecError:
            return None

    async def _ask(self, holder: str, data: bytes) -> bytes:
        try:
            [found] = await ask(self._connection, subjects.held(self._organisation, holder), [data])
        except StoreFailedError:
            return b""
        return found
