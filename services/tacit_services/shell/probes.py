"""What an operator's tools ask of any service over HTTP: whether it lives, whether it is ready, its metrics."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, Protocol

import msgspec
from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from tacit_services.shell.listening import listen

PATHS: Final = ("/healthz", "/readyz", "/metrics")
NOT_READY: Final = 503
REQUEST_BYTES_MAX: Final = 1024
CLOSE_WAIT_S: Final = 1.0


class Found(Protocol):
    """What was found last: a structure that says at least this."""

    @property
    def ready(self) -> bool:
        """Whether the service can do its work now."""
        ...


class Readiness(msgspec.Struct, frozen=True):
    """The plainest thing to find. `reasons` is empty when `ready`."""

    ready: bool
    reasons: tuple[str, ...]


Look = Callable[[], Found]
"""Tells at once; what takes time is looked at in the background."""


def readiness(*reasons: str | None) -> Readiness:
    """Not ready for these reasons; None is none."""
    found = tuple(reason for reason in reasons if reason is not None)
    return Readiness(not found, found)


def probe_routes(look: Look, registry: CollectorRegistry) -> list[web.RouteDef]:
    """The three paths, for an application of one's own or for `probing`."""

    async def live(_request: web.Request) -> web.Response:
        # The process runs its loop. One that can do its work no more ends, so this needs no more.
        return web.json_response({"live": True})

    async def ready(_request: web.Request) -> web.Response:
        found = look()
        status = 200 if found.ready else NOT_READY
        return web.Response(body=msgspec.json.encode(found) + b"\n", content_type="application/json", status=status)

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    handlers = (live, ready, metrics)
    return [web.get(path, handler) for path, handler in zip(PATHS, handlers, strict=True)]


@asynccontextmanager
async def probing(host: str, port: int, look: Look, registry: CollectorRegistry) -> AsyncIterator[int]:
    """Answer on a port of its own within the block; gives the port. Raises PortTakenError."""
    app = web.Application(client_max_size=REQUEST_BYTES_MAX)
    app.add_routes(probe_routes(look, registry))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=CLOSE_WAIT_S)
    try:
        await runner.setup()
        yield await listen(runner, host, port)
    finally:
        await runner.cleanup()
