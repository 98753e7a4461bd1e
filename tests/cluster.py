"""Three real servers that keep three copies: what an operator runs beyond one machine, here on one."""

import asyncio
import contextlib
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Final

from tacit_services.ports import StoreFailedError
from tacit_services.shell.event_store.stream import StreamSettings, ensure_stream
from tacit_services.shell.nats_connection import connect
from tacit_services.shell.nats_process import find_binary

SERVERS: Final = 3
START_WAIT_S: Final = 60.0
CONFIGURATION: Final = """\
server_name: n{number}
listen: 127.0.0.1:{port}
max_payload: 1MB
jetstream {{ store_dir: "{folder}/{number}", sync_interval: always, strict: true }}
feature_flags {{ js_ack_fc_v2: false }}
cluster {{ name: c, listen: 127.0.0.1:{route}, routes: [{routes}] }}
"""


class Cluster:
    """Three servers; clients go to the first."""

    credentials = None
    replicas = SERVERS

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        ports = free_ports(2 * SERVERS)
        self._ports, self._routes = ports[:SERVERS], ports[SERVERS:]
        self._processes = [self._start(number) for number in range(SERVERS)]
        self.urls = [f"nats://127.0.0.1:{port}" for port in self._ports]
        self.url = self.urls[0]

    def _start(self, number: int) -> "subprocess.Popen[bytes]":
        config = self._folder / f"{number}.conf"
        routes = ", ".join(f"nats://127.0.0.1:{port}" for port in self._routes)
        config.write_text(
            CONFIGURATION.format(
                number=number,
                port=self._ports[number],
                folder=self._folder,
                route=self._routes[number],
                routes=routes,
            ),
            encoding="utf-8",
        )
        return subprocess.Popen([find_binary(), "-c", config, "-l", f"{config}.log"])

    def kill(self) -> None:
        """Kill the server that the clients talk to; it comes back at once."""
        self._processes[0].kill()
        self._processes[0].wait()
        self._processes[0] = self._start(0)

    def kill_named(self, name: str) -> int:
        """Kill the server of this name (`n0`, `n1`, `n2`) for `revive` to start again; gives its number."""
        number = int(name.removeprefix("n"))
        self._processes[number].kill()
        self._processes[number].wait()
        return number

    def revive(self, number: int) -> None:
        """Start a server again that was killed."""
        self._processes[number] = self._start(number)

    def stop(self) -> None:
        """End all."""
        for process in self._processes:
            process.kill()
            process.wait()

    async def ready(self) -> None:
        """Wait until the three have elected whoever makes streams."""
        probe = StreamSettings("PROBE", "probe.>", replicas=SERVERS)
        async with asyncio.timeout(START_WAIT_S), connect(self.url, None, "probe") as connection:
            while True:
                with contextlib.suppress(StoreFailedError):
                    await ensure_stream(connection, probe)
                    return
                await asyncio.sleep(0.2)


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Run three servers."""
    servers = Cluster(folder)
    try:
        # On a loop of its own: a fixture of the session may be asked for within a test's loop.
        waiting = Thread(target=lambda: asyncio.run(servers.ready()))
        waiting.start()
        waiting.join()
        yield servers
    finally:
        servers.stop()
