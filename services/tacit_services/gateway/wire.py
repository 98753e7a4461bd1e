"""One WebSocket: whole messages in and out, and how much of what was sent has really left."""

import asyncio

from aiohttp import WSMsgType, web

from tacit.session import Fault, SessionError
from tacit_services.gateway.config import CLOSE_WAIT_S


class EndedError(Exception):
    """The connection is over: why in one word, how to close it, and the last frame for the client if there is one."""

    def __init__(self, cause: str, code: int = 1000, last: bytes | None = None) -> None:
        super().__init__(cause)
        self.cause = cause
        self.code = code
        self.last = last


class Wire:
    """Sends and receives. Each sender waits while the socket is full, so nothing piles up here."""

    def __init__(self, socket: "web.WebSocketResponse[bool]", transport: asyncio.Transport, *, is_text: bool) -> None:
        self._socket = socket
        self._kind = WSMsgType.TEXT if is_text else WSMsgType.BINARY
        self._transport = transport
        self._written = 0

    @property
    def flushed(self) -> int:
        """Bytes that the kernel has taken: this number growing is the progress of a slow client."""
        return self._written - self._transport.get_write_buffer_size()

    @property
    def is_blocked(self) -> bool:
        """Whether something waits for the client to read."""
        return self._transport.get_write_buffer_size() > 0

    async def send(self, raw: bytes) -> None:
        """Send one frame; wait while the socket is full.

        Raises:
            EndedError: the connection is gone.
        """
        self._written += len(raw)
        try:
            await self._socket.send_frame(raw, self._kind)
        except ConnectionError as error:
            raise EndedError("gone") from error

    async def receive(self) -> bytes:
        """The next message.

        Raises:
            EndedError: the client closed, or the connection is gone, or a message was too big to be taken in at all.
            SessionError: `session.not_text` or `session.not_binary`.
        """
        message = await self._socket.receive()
        if message.type is self._kind and isinstance(message.data, bytes):
            return message.data
        if message.type is WSMsgType.BINARY:
            raise SessionError(Fault.NOT_TEXT, "frames are text messages")
        if message.type is WSMsgType.TEXT:
            raise SessionError(Fault.NOT_BINARY, "frames are binary messages")
        raise EndedError("gone" if message.type is WSMsgType.ERROR else "closed")

    async def close(self, ended: EndedError) -> None:
        """Say the last frame and close; cut the connection if the client does not take it in time."""
        try:
            # The closing handshake has its own `CLOSE_WAIT_S`, after which what was sent may still be read.
            async with asyncio.timeout(2 * CLOSE_WAIT_S):
                if ended.last is not None:
                    await self.send(ended.last)
                await self._socket.close(code=ended.code)
        except (TimeoutError, EndedError):
            self._transport.abort()
