"""The registrar in a process of its own, so that its memory is its own: `python -m` this module.

The first line of standard input is the order; it serves until standard input ends, thus never longer than whoever
started it. One line on standard output says that it serves.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec
import uvloop
from prometheus_client import CollectorRegistry

from tacit.ids import ORGANISATION
from tacit_services.registrar.main import assemble
from tacit_services.shell.errors import OperatorError
from tacit_services.shell.log import log_to, open_log
from tacit_services.shell.nats_connection import Credentials, connect
from tacit_services.shell.organisation_files import OrganisationFiles

SERVING: Final = b"serving\n"
SERVING_WAIT_S: Final = 1_800.0
"""Until it serves: it reads the whole record first, and verifies every signature in it."""
STOP_WAIT_S: Final = 30.0


class Order(msgspec.Struct, frozen=True):
    """Where to serve. Printing it shows nothing."""

    url: str
    user: str
    password: str
    folder: str

    def __repr__(self) -> str:
        return "Order(...)"


class RegistrarEndedError(OperatorError):
    """The process ended, or did not get so far as to serve."""

    def __init__(self, folder: str) -> None:
        super().__init__(f"The registrar does not serve: read the log in {folder}, correct what it says, start again.")


@asynccontextmanager
async def registrar_process(order: Order) -> AsyncIterator[int]:
    """Run one within the block, and stop it in order after it; yields its pid.

    Raises:
        RegistrarEndedError: it does not come to serve, or ends before the block does.
    """
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "tacit_services.unga.registrar_process")
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, start_new_session=True)
    assert process.stdin is not None, "asked for"
    assert process.stdout is not None, "asked for"
    try:
        process.stdin.write(msgspec.json.encode(order) + b"\n")
        async with asyncio.timeout(SERVING_WAIT_S):
            if await process.stdout.readline() != SERVING:
                raise RegistrarEndedError(order.folder)
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(_watch(process, order.folder))
            yield process.pid
            watching.cancel()
    finally:
        process.stdin.close()
        try:
            async with asyncio.timeout(STOP_WAIT_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def _watch(process: asyncio.subprocess.Process, folder: str) -> None:
    await process.wait()
    raise RegistrarEndedError(folder)


async def serve(order: Order, orders: asyncio.StreamReader) -> None:
    """Serve until no more orders can come."""
    files = OrganisationFiles(Path(order.folder))
    charter, signer = files.read_charter(), files.signer(ORGANISATION, "registrar")
    assert charter is not None, "founded before this process is started"
    assert signer is not None, "made before the charter"
    async with (
        connect(order.url, Credentials(order.user, order.password), "registrar") as connection,
        assemble(connection, charter, signer, files.registrar_index, CollectorRegistry()) as registrar,
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(registrar.run())
        await registrar.serving.wait()
        sys.stdout.buffer.write(SERVING)
        sys.stdout.buffer.flush()
        await orders.read()
        await registrar.stop()


async def main() -> None:
    """Read the order, then serve."""
    loop = asyncio.get_running_loop()
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    order = msgspec.json.decode(await orders.readline(), type=Order)
    with open_log(Path(order.folder)) as stream, log_to(stream):
        await serve(order, orders)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
