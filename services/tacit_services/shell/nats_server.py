"""The embedded default: a nats-server of our own, in the data folder, for as long as this process lives.

It is restarted when it ends unasked, on the same port, and everything above it sees only an interruption. It decides
nothing about what is stored.
"""

import asyncio
import contextlib
import os
import secrets
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec
import structlog

from tacit_services.shell.data_folder import check_room, hold, name_holders, sync_files, write_private, writing
from tacit_services.shell.errors import OperatorError, ServerFailedError
from tacit_services.shell.nats_connection import Credentials
from tacit_services.shell.nats_process import (
    HOST,
    LOG_FILE,
    Launch,
    check_binary,
    check_port,
    configuration,
    find_binary,
    ready_port,
    start,
    stop,
)

FOLDER: Final = "nats"
CONFIG_FILE: Final = "nats.conf"
CONNECTION_FILE: Final = "connection.json"
USER: Final = "tacit"
PASSWORD_BYTES: Final = 32

log = structlog.get_logger()


class ServerLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How patient the supervisor is, and how much room it wants."""

    ready_wait_s: float = 60.0
    stop_wait_s: float = 10.0
    free_bytes_min: int = 256_000_000
    """Checked before the start and while it runs: the server, once it has met a full disk, answers nothing any more."""
    disk_check_s: float = 1.0
    restarts_max: int = 5
    restarts_within_s: float = 60.0
    restart_pause_first_s: float = 0.05
    restart_pause_max_s: float = 5.0


DEFAULT_LIMITS: Final = ServerLimits()


class ConnectionInfo(msgspec.Struct, frozen=True):
    """Where the embedded server listens and how to sign in; kept in the data folder for its owner's other commands."""

    url: str
    user: str
    password: str


def read_connection(data_dir: Path) -> ConnectionInfo | None:
    """Return how to reach the instance that runs on this folder, or None if none has written it."""
    try:
        return msgspec.json.decode((data_dir / FOLDER / CONNECTION_FILE).read_bytes(), type=ConnectionInfo)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


class EmbeddedNats:
    """`async with EmbeddedNats(folder) as server:` holds the folder and runs a server in it.

    Entering raises an `OperatorError` (port, disk, folder, binary, start). The same may come out of the block later,
    when the server does not stay up or the disk runs full; the block is cancelled then. Leaving stops the server.
    Enter it on the main thread's loop: on Linux the server dies with the thread that started it.
    """

    def __init__(
        self, data_dir: Path, port: int = 0, *, limits: ServerLimits = DEFAULT_LIMITS, binary: Path | None = None
    ) -> None:
        self._data_dir = data_dir
        self._folder = data_dir / FOLDER
        self._port = port
        self._limits = limits
        self._binary = binary
        self._stack = contextlib.AsyncExitStack()
        self._watchers: list[asyncio.Task[None]] = []
        self._process: asyncio.subprocess.Process | None = None
        self._lock = -1
        self.credentials = Credentials(USER, secrets.token_urlsafe(PASSWORD_BYTES))

    @property
    def url(self) -> str:
        """Address for clients; the same for the whole life of the block."""
        return f"nats://{HOST}:{self._port}"

    @property
    def pid(self) -> int:
        """The process that runs now; after a restart another one."""
        assert self._process is not None, "entered"
        return self._process.pid

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            self._binary = check_binary(self._binary) if self._binary else find_binary()
            self._lock = await stack.enter_async_context(hold(self._data_dir))
            check_room(self._data_dir, self._limits.free_bytes_min)
            with writing(self._data_dir):
                self._folder.mkdir(mode=0o700, exist_ok=True)
            stack.push_async_callback(self._stop)
            await self._launch()
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            self._watchers = [tasks.create_task(self._watch_process()), tasks.create_task(self._watch_disk())]
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for watcher in self._watchers:
            watcher.cancel()
        try:
            await self._stack.__aexit__(kind, error, trace)
        except BaseExceptionGroup as group:
            raise _cause(group) from group

    async def _launch(self) -> None:
        assert self._binary is not None
        if self._port:
            check_port(self._port)
        launch = Launch(self._binary, self._folder, self._port, self.credentials, self._lock)
        config_file = self._folder / CONFIG_FILE
        with writing(self._data_dir):
            for stale in self._folder.glob("*.ports"):
                stale.unlink()
            write_private(config_file, configuration(launch))
            await asyncio.to_thread(sync_files, self._folder)
        self._process = await start(launch, config_file)
        self._port = await ready_port(self._process, self._folder, self._limits.ready_wait_s)
        info = ConnectionInfo(self.url, self.credentials.user, self.credentials.password)
        with writing(self._data_dir):
            name_holders(self._lock, os.getpid(), self.pid)
            write_private(self._folder / CONNECTION_FILE, msgspec.json.encode(info).decode())
        log.info("nats_server_started", port=self._port, pid=self.pid)

    async def _stop(self) -> None:
        if self._process is not None:
            await stop(self._process, self._limits.stop_wait_s)
            log.info("nats_server_stopped", pid=self.pid)

    async def _watch_process(self) -> None:
        limits, loop = self._limits, asyncio.get_running_loop()
        ends_s: deque[float] = deque()
        while True:
            assert self._process is not None
            code = await self._process.wait()
            now_s = loop.time()
            ends_s.append(now_s)
            while ends_s[0] < now_s - limits.restarts_within_s:
                ends_s.popleft()
            log.warning("nats_server_ended", pid=self.pid, code=code, times=len(ends_s))
            if len(ends_s) > limits.restarts_max:
                raise ServerFailedError(self._folder / LOG_FILE)
            pause_s = limits.restart_pause_first_s * 2 ** (len(ends_s) - 1)
            await asyncio.sleep(min(pause_s, limits.restart_pause_max_s))
            await self._relaunch()

    async def _relaunch(self) -> None:
        try:
            await self._launch()
        except OperatorError as error:
            # Counted as one more end, since the process that is waited for next has ended.
            log.warning("nats_server_start_failed", error=type(error).__name__)
            await self._stop()

    async def _watch_disk(self) -> None:
        while True:
            await asyncio.sleep(self._limits.disk_check_s)
            check_room(self._data_dir, self._limits.free_bytes_min)


def _cause(group: BaseExceptionGroup[BaseException]) -> BaseException:
    # What an operator can put right is the cause of the rest, which was cancelled for it. A single error is itself.
    for error in group.exceptions:
        if isinstance(error, OperatorError):
            return error
    return group.exceptions[0] if len(group.exceptions) == 1 else group
