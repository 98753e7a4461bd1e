"""The second process: sends the load over the bus and prints what it saw. `python -m tacit_services.bench.sender`."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import uvloop
from nats.aio.msg import Msg

from tacit_services.bench.load import Run, closed_loop
from tacit_services.shell.nats_connection import Credentials, NatsConnection, connect


class Order(msgspec.Struct, frozen=True):
    """What to send, where, how many at a time."""

    url: str
    user: str
    password: str
    subject: str
    file: str
    first: int
    count: int
    in_flight: int


async def send_all(order: Order, said: list[bytes]) -> Run:
    """Keep the closed loop over requests on the bus."""
    async with connect(order.url, Credentials(order.user, order.password), "bench") as connection:
        bus = _Bus(connection)
        await bus.open()
        async with asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(bus.send_all(order.subject))
            run = await closed_loop(bus.send, said[order.first : order.first + order.count], order.in_flight)
            sending.cancel()
            return run


class _Bus:
    def __init__(self, connection: NatsConnection) -> None:
        self._client = connection.client
        self._inbox = self._client.new_inbox()
        self._waiting: dict[str, Callable[[bytes], None]] = {}
        self._asked = 0
        self._outgoing: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()

    async def open(self) -> None:
        await self._client.subscribe(f"{self._inbox}.*", cb=self._take)

    def send(self, raw: bytes, reply: Callable[[bytes], None]) -> None:
        self._asked += 1
        inbox = f"{self._inbox}.{self._asked}"
        self._waiting[inbox] = reply
        self._outgoing.put_nowait((inbox, raw))

    async def send_all(self, subject: str) -> None:
        while True:
            inbox, raw = await self._outgoing.get()
            await self._client.publish(subject, raw, inbox)

    async def _take(self, message: Msg) -> None:
        self._waiting.pop(message.subject)(message.data)


def main() -> None:
    """Read the order from standard input, write the run to standard output."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    said = msgspec.msgpack.decode(Path(order.file).read_bytes(), type=list[bytes])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.stdout.buffer.write(msgspec.json.encode(runner.run(send_all(order, said))))


if __name__ == "__main__":
    main()
