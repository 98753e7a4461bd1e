"""Ports for whatever has to be told of before it listens, or listens again after it was killed."""

import os
import socket
from itertools import cycle
from typing import Final

PORTS: Final = range(20_000, 32_000)
"""Below those that a system gives to outgoing connections and to port 0: nobody else comes to one by chance."""
_APART: Final = 997
"""Ports between the first of one test process and that of the next."""

_first = os.getpid() * _APART % len(PORTS)
_ports = cycle([*PORTS[_first:], *PORTS[:_first]])


def free_ports(count: int) -> list[int]:
    """Ports on which nobody listens, and that this process has not given out lately."""
    found: list[int] = []
    while len(found) < count:
        port = next(_ports)
        if _is_free(port):
            found.append(port)
    return found


def free_port() -> int:
    """One of them."""
    (port,) = free_ports(1)
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
