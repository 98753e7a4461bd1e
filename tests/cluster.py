"""Three real servers that keep three copies: what an operator runs beyond one machine, here on one."""

import asyncio
import contextlib
import os
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Final

from tacit_services.ports import StoreFailedError
from tacit_services.shell.event_store.stream import StreamSettings, ensure_stream
from tacit_services.shell.nats_connection import Credentials, NatsUnreachableError, connect
from tacit_services.shell.nats_process import find_binary
from tests.ports import free_ports

SERVERS: Final = 3
START_WAIT_S: Final = 60.0
CONFIGURATION: Final = """\
server_name: $NATS_NAME
listen: $NATS_LISTEN
max_payload: 1MB
jetstream { store_dir: $NATS_STORE, sync_interval: always, strict: true }
feature_flags { js_ack_fc_v2: false }
cluster {
  name: c
  listen: $NATS_CLUSTER
  routes: [ "nats-route://n0:6222", "nats-route://n1:6222", "nats-route://n2:6222" ]
}
"""
"""Enough for a test of an adapter; what operators are given is in deploy/nats."""


class Cluster:
    """Three servers; clients go to the first, or to any."""

    replicas = SERVERS

    def __init__(
        self,
        folder: Path,
        configuration: str = CONFIGURATION,
        environment: Mapping[str, str] | None = None,
        credentials: Credentials | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`configuration` names its neighbours n0, n1, n2; `environment` is what else it reads from there."""
        self.credentials = credentials
        self.tls = tls
        self.ca_file = (environment or {}).get("TLS_CA", "")
        self._folder = folder
        ports = free_ports(3 * SERVERS)
        self._ports, self._routes, self._http = ports[:SERVERS], ports[SERVERS : 2 * SERVERS], ports[2 * SERVERS :]
        for number, route in enumerate(self._routes):
            configuration = configuration.replace(f"n{number}:6222", f"127.0.0.1:{route}")
        self._config = folder / "cluster.conf"
        self._config.write_text(configuration, encoding="utf-8")
        self._environment = {**os.environ, **(environment or {})}
        self._processes = [self._start(number) for number in range(SERVERS)]
        self.urls = [f"nats://127.0.0.1:{port}" for port in self._ports]
        self.url = self.urls[0]

    def _start(self, number: int) -> "subprocess.Popen[bytes]":
        own = {
            "NATS_NAME": f"n{number}",
            "NATS_LISTEN": f"127.0.0.1:{self._ports[number]}",
            "NATS_HTTP": f"127.0.0.1:{self._http[number]}",
            "NATS_CLUSTER": f"127.0.0.1:{self._routes[number]}",
            "NATS_STORE": str(self.store(number)),
        }
        log = self._folder / f"{number}.log"
        return subprocess.Popen([find_binary(), "-c", self._config, "-l", log], env=self._environment | own)

    def store(self, number: int) -> Path:
        """Where a server keeps its streams."""
        return self._folder / str(number)

    def health(self, number: int) -> str:
        """Where a server that is configured so says whether it has caught up."""
        return f"http://127.0.0.1:{self._http[number]}/healthz"

    def kill(self) -> None:
        """Kill the server that the clients talk to; it comes back at once."""
        self.revive(self.kill_named("n0"))

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
        async with asyncio.timeout(START_WAIT_S):
            while True:
                with contextlib.suppress(NatsUnreachableError):
                    async with connect(self.url, self.credentials, "probe", self.tls) as connection:
                        while True:
                            with contextlib.suppress(StoreFailedError):
                                await ensure_stream(connection, probe)
                                return
                            await asyncio.sleep(0.2)


@contextmanager
def running(servers: Cluster) -> Iterator[Cluster]:
    """These servers, once they are ready; ended with the block."""
    try:
        # On a loop of its own: a fixture of the session may be asked for within a test's loop.
        waiting = Thread(target=lambda: asyncio.run(servers.ready()))
        waiting.start()
        waiting.join()
        yield servers
    finally:
        servers.stop()


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Run three servers without users."""
    with running(Cluster(folder)) as servers:
        yield servers
