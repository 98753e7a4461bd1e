"""A real gateway on a free port, and bare hands to write on its WebSocket."""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
from prometheus_client import CollectorRegistry

from tacit.compose import Author
from tacit.limits import FRAME_BYTES_MAX
from tacit.session import JSON, Challenged, ClientSession, Codec, Event, Identity, LogView, Welcomed
from tacit_services.gateway import GatewayConfig
from tacit_services.gateway.ports import Queries
from tacit_services.gateway.service import serve
from tacit_services.gateway.wiring import GatewayPorts
from tacit_services.shell.querying import MemoryQueries
from tests.integration.clerk import Clerk

ANSWER_WAIT_S: Final = 10.0


NO_PROJECTOR: Final = MemoryQueries({})


def ports_of(clerk: Clerk, queries: Queries = NO_PROJECTOR) -> GatewayPorts:
    """The gateway's ports onto a clerk, and onto a projector if there is one."""
    return GatewayPorts(clerk.store, clerk.bodies, clerk, queries, clerk.clock, os.urandom, CollectorRegistry())


@asynccontextmanager
async def gateway(config: GatewayConfig, ports: GatewayPorts, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Serve within the block; gives the address once the record is followed. `tls`: as who trusts its certificate."""
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(serve(config, ports, address.set_result))
        try:
            async with asyncio.timeout(ANSWER_WAIT_S):
                url = await _ready(await address, tls)
            yield url
        finally:
            serving.cancel()


async def _ready(url: str, tls: ssl.SSLContext | None) -> str:
    async with aiohttp.ClientSession() as http:
        while True:
            async with http.get(f"{url}/readyz", ssl=tls or True) as answer:
                if answer.status == 200:
                    return url
            await asyncio.sleep(0.02)


class Hand:
    """One WebSocket, spoken over a real session or by hand."""

    def __init__(self, socket: "aiohttp.ClientWebSocketResponse[bool]", session: ClientSession, codec: Codec) -> None:
        self.socket = socket
        self.session = session
        self.codec = codec
        self.kind = aiohttp.WSMsgType.TEXT if codec.is_text else aiohttp.WSMsgType.BINARY

    async def raw(self) -> bytes | int:
        """The next message, or the code with which the connection was closed."""
        async with asyncio.timeout(ANSWER_WAIT_S):
            message = await self.socket.receive()
        if message.type is self.kind and isinstance(message.data, bytes):
            return message.data
        return self.socket.close_code or 0

    async def event(self) -> Event:
        """The next event."""
        raw = await self.raw()
        assert isinstance(raw, bytes), f"closed with {raw}"
        return self.session.receive(raw)

    async def write(self, raw: bytes) -> None:
        """Send a message of the codec's kind, whatever it holds."""
        await self.socket.send_frame(raw, self.kind)

    async def sign_in(self) -> Welcomed:
        """Answer the challenge."""
        challenged = await self.event()
        assert isinstance(challenged, Challenged)
        await self.write(challenged.reply)
        welcomed = await self.event()
        assert isinstance(welcomed, Welcomed)
        return welcomed

    async def close_code(self) -> int:
        """Read to the end."""
        while True:
            raw = await self.raw()
            if isinstance(raw, int):
                return raw


@asynccontextmanager
async def knock(
    url: str,
    author: Author,
    *,
    after: int = -1,
    audience: str | None = None,
    codec: Codec = JSON,
    tls: ssl.SSLContext | None = None,
    log: LogView | None = None,
) -> AsyncIterator[Hand]:
    """Connect, without signing in."""
    authority = url.partition("://")[2]
    identity = Identity(author.organisation, author.signer, audience or authority)
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(
            f"{url}/v1/ws",
            ssl=tls or True,
            protocols=(codec.subprotocol,),
            max_msg_size=FRAME_BYTES_MAX,
            decode_text=False,
            timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
        ) as socket,
    ):
        yield Hand(socket, ClientSession(identity, after=after, codec=codec, log=log), codec)


@asynccontextmanager
async def enter(
    url: str,
    author: Author,
    *,
    after: int = -1,
    codec: Codec = JSON,
    tls: ssl.SSLContext | None = None,
    log: LogView | None = None,
) -> AsyncIterator[Hand]:
    """Connect and sign in."""
    async with knock(url, author, after=after, codec=codec, tls=tls, log=log) as hand:
        await hand.sign_in()
        yield hand
