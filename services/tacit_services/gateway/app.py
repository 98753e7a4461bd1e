"""The edge: which paths there are, who may come in, and what is said in HTTP. It decides nothing about acts."""

import math
from collections.abc import Awaitable, Callable, Collection
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from tacit.limits import FRAME_BYTES_MAX
from tacit.session import CODECS, negotiate
from tacit_services.gateway.config import CLOSE_WAIT_S
from tacit_services.gateway.connection import Connection
from tacit_services.gateway.health import Health
from tacit_services.gateway.wire import Wire
from tacit_services.gateway.wiring import Wiring
from tacit_services.shell.probes import PATHS, probe_routes

MESSAGE_BYTES_MAX: Final = 2 * FRAME_BYTES_MAX
"""Up to this a message that is too large gets its typed error; above it the connection is closed unread (1009)."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Edge:
    """The handlers of one gateway."""

    def __init__(self, wiring: Wiring, health: Health) -> None:
        self._wiring = wiring
        self._health = health

    def routes(self) -> list[web.RouteDef]:
        """Every path of the edge itself."""
        probes = probe_routes(self._health.readiness, self._wiring.metrics.registry)
        return [web.get("/v1/ws", self.session), *probes]

    async def session(self, request: web.Request) -> web.StreamResponse:
        """Hold one session over a WebSocket."""
        self._check_origin(request)
        codec = negotiate(request.headers.get("Sec-WebSocket-Protocol", ""))
        if codec is None:
            raise web.HTTPBadRequest(text=f"This is a WebSocket for the subprotocols {', '.join(CODECS)}.\n")
        if self._wiring.doors.are_full or not self._is_founded():
            raise web.HTTPServiceUnavailable(text="No connection can be taken now: try again later.\n")
        address = request.remote or ""
        self._take_try(address)
        socket = web.WebSocketResponse(
            protocols=(codec.subprotocol,),
            heartbeat=self._wiring.config.heartbeat_s,
            timeout=CLOSE_WAIT_S,
            max_msg_size=MESSAGE_BYTES_MAX,
            compress=False,
            decode_text=False,
        )
        await socket.prepare(request)
        transport = request.transport
        if transport is not None:  # not by its class: the transports of uvloop have none of asyncio's
            wire = Wire(socket, transport, is_text=codec.is_text)
            signed_in = partial(self._wiring.tries.give_back, address)
            await self._serve(Connection(wire, self._wiring, codec, signed_in))
        return socket

    def _is_founded(self) -> bool:
        tail = self._wiring.tail
        return tail.has_caught_up and tail.state.charter is not None

    async def _serve(self, connection: Connection) -> None:
        with self._wiring.metrics.connections.track_inprogress():
            await connection.serve()

    def _take_try(self, address: str) -> None:
        """A connection is a try to sign in until it has; what was tried in vain too often is not even read."""
        if self._wiring.tries.take(address):
            return
        self._wiring.metrics.sign_ins.labels("too_many_tries").inc()
        wait_s = math.ceil(1 / self._wiring.config.sign_in_tries_per_s)
        raise web.HTTPTooManyRequests(
            text="Too many connections of this address ended without a sign-in (sign_in_tries_burst): try later.\n",
            headers={"Retry-After": str(wait_s)},
        )

    def _check_origin(self, request: web.Request) -> None:
        """A browser says whose page it shows: only pages from here, or from origins that were named, may connect."""
        origin = request.headers.get("Origin")
        if origin is None or origin in self._wiring.config.origins:
            return
        if urlsplit(origin).netloc != request.host:
            raise web.HTTPForbidden(text="Pages of this origin may not connect here.\n")


def build_app(edge: Edge, audiences: Collection[str]) -> web.Application:
    """The application; paths other than the probes answer only under the authorities that this gateway goes by."""

    @web.middleware
    async def known_authority(request: web.Request, handler: Handler) -> web.StreamResponse:
        # Against DNS rebinding: a foreign page must not read the board through a name of its own.
        if request.path not in PATHS and request.host not in audiences:
            raise web.HTTPMisdirectedRequest(text="This gateway does not go by this name: see its `audiences`.\n")
        return await handler(request)

    app = web.Application(middlewares=[known_authority], client_max_size=1024)
    app.add_routes(edge.routes())
    return app
