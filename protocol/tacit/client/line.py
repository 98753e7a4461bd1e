"""One WebSocket to a gateway with its session: bytes out, checked events in."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
import msgspec
from yarl import URL

from tacit.limits import FRAME_BYTES_MAX
from tacit.session import CODECS, JSON, ClientSession, Codec, Event

CONNECT_WAIT_S: Final = 10.0
SEND_WAIT_S: Final = 20.0
"""A frame that does not leave for so long means that the connection is dead."""
HEARTBEAT_S: Final = 20.0
CLOSE_WAIT_S: Final = 2.0


class Endpoint(msgspec.Struct, frozen=True):
    """Where a gateway is: `http(s)://host:port` or `ws(s)://...`, without a path; and how to speak with it.

    Of `subprotocols` the gateway takes the first that it has.
    """

    url: str
    subprotocols: tuple[str, ...] = (JSON.subprotocol,)

    @property
    def socket_url(self) -> URL:
        """The URL of the WebSocket."""
        base = URL(self.url)
        scheme = {"http": "ws", "https": "wss"}.get(base.scheme, base.scheme)
        return base.with_scheme(scheme).with_path("/v1/ws")

    @property
    def audience(self) -> str:
        """The authority as the gateway sees it in the `Host` header."""
        url = self.socket_url
        return url.host_port_subcomponent or ""


class LineLostError(Exception):
    """The connection is gone; connect again."""


class Line:
    """One connection."""

    def __init__(self, socket: "aiohttp.ClientWebSocketResponse[bool]", session: ClientSession, codec: Codec) -> None:
        self._socket = socket
        self._kind = aiohttp.WSMsgType.TEXT if codec.is_text else aiohttp.WSMsgType.BINARY
        self.session = session

    async def send(self, raw: bytes) -> None:
        """Send one frame.

        Raises:
            LineLostError: it does not leave.
        """
        try:
            async with asyncio.timeout(SEND_WAIT_S):
                await self._socket.send_frame(raw, self._kind)
        except (ConnectionError, TimeoutError) as error:
            raise LineLostError from error

    async def event(self) -> Event:
        """The next event.

        Raises:
            LineLostError: the connection is gone (the heartbeat bounds the wait).
            SessionError: the gateway broke a rule of the session.
        """
        message = await self._socket.receive()
        if message.type is not self._kind or not isinstance(message.data, bytes):
            raise LineLostError
        return self.session.receive(message.data)


@asynccontextmanager
async def open_line(
    http: aiohttp.ClientSession, endpoint: Endpoint, begin: Callable[[Codec], ClientSession]
) -> AsyncIterator[Line]:
    """Connect, and begin a session in the codec that the gateway took; close at the end.

    Raises:
        LineLostError: nobody answers there within `CONNECT_WAIT_S`, or nobody who speaks any of the subprotocols.
    """
    try:
        async with asyncio.timeout(CONNECT_WAIT_S):
            socket = await http.ws_connect(
                endpoint.socket_url,
                protocols=endpoint.subprotocols,
                heartbeat=HEARTBEAT_S,
                timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_WAIT_S),
                max_msg_size=FRAME_BYTES_MAX,
                compress=0,
                decode_text=False,
            )
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise LineLostError from error
    try:
        codec = CODECS.get(socket.protocol or "")
        if codec is None:
            raise LineLostError
        yield Line(socket, begin(codec), codec)
    finally:
        await socket.close()
