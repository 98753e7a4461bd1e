"""One real server for a whole test session, on a loop of its own, so that tests on their own loops share it.

The server dies with the thread that started it, and the thread lives as long as the session.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tacit_services.shell.nats_connection import Credentials
from tacit_services.shell.nats_server import EmbeddedNats, ServerLimits

START_WAIT_S: Final = 60.0
KILLS_MAX: Final = 1_000
"""A session kills its server more often than a supervisor outside a test would stand."""


class SharedServer:
    """What tests may know of the server that they share."""

    replicas = 1

    def __init__(self, server: EmbeddedNats) -> None:
        self._server = server

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def credentials(self) -> Credentials:
        return self._server.credentials

    def kill(self) -> None:
        """Kill it as hard as can be; it comes back on the same port."""
        os.kill(self._server.pid, signal.SIGKILL)


@contextmanager
def shared_server(folder: Path) -> Iterator[SharedServer]:
    """Run a server in its own thread."""
    started: list[EmbeddedNats | BaseException] = []
    up = threading.Event()
    stopping: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        limits = ServerLimits(restarts_max=KILLS_MAX, restart_pause_max_s=0.05, free_bytes_min=1_000_000)
        async with EmbeddedNats(folder, limits=limits) as server:
            stop = asyncio.Event()
            stopping.append((asyncio.get_running_loop(), stop))
            started.append(server)
            up.set()
            await stop.wait()

    def work() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            started.append(error)
            up.set()
            raise

    thread = threading.Thread(target=work, name="nats-server")
    thread.start()
    assert up.wait(START_WAIT_S), "the server did not start"
    try:
        server = started[0]
        assert isinstance(server, EmbeddedNats), server
        yield SharedServer(server)
    finally:
        for loop, stop in stopping:
            loop.call_soon_threadsafe(stop.set)
        thread.join(START_WAIT_S)
