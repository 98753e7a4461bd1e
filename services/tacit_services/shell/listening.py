"""Where an HTTP server listens, at once or at a place that was taken before."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from aiohttp import web

from tacit_services.shell.errors import PortTakenError

Listener: TypeAlias = socket.socket
"""Bound, and not listening yet: its port is nobody else's, and whoever comes too early is turned away."""


@contextmanager
def bound(host: str, port: int) -> Iterator[Listener]:
    """A place for whatever has to be told of before it listens; port 0: a free one. Raises PortTakenError."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT is free
        try:
            listener.bind(address)
        except OSError as error:
            raise PortTakenError(port, host) from error
        yield listener


def port_of(listener: Listener) -> int:
    """Its port."""
    port: int = listener.getsockname()[1]
    return port


async def listen(runner: web.AppRunner, host: str, port: int, listener: Listener | None = None) -> int:
    """Let a runner that is set up listen there, or with the listener if there is one; return the port.

    Raises:
        PortTakenError: another program listens there.
    """
    site = web.TCPSite(runner, host, port) if listener is None else web.SockSite(runner, listener)
    try:
        await site.start()
    except OSError as error:
        raise PortTakenError(port, host) from error
    found: int = runner.addresses[0][1]
    return found
