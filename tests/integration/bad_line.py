"""A line that breaks: a proxy between a client and a gateway."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

CUT_AFTER_BYTES: Final = (300, 24_000)
WHOLE_LINES_AFTER: Final = 60
"""So many lines are cut; then they hold, so that every run comes to its end."""


class BadLine:
    """A proxy that cuts each connection after some bytes, as a seed says, without a word to either side."""

    def __init__(self, seed: int, cut_after_bytes: tuple[int, int] = CUT_AFTER_BYTES) -> None:
        self._chance = random.Random(seed)
        self._cut_after_bytes = cut_after_bytes
        self.cuts = 0
        self.port = 0
        self.backend = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = self._chance.randint(*self._cut_after_bytes) if self.cuts < WHOLE_LINES_AFTER else 10**9
        self.cuts += 1
        theirs, mine = await asyncio.open_connection("127.0.0.1", self.backend)
        budget = [left]
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._pump(reader, mine, budget))
                tasks.create_task(self._pump(theirs, writer, budget))
        except* (_CutError, OSError):
            for end in (writer, mine):
                end.transport.abort()

    @staticmethod
    async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, budget: list[int]) -> None:
        while data := await source.read(512):
            sink.write(data[: max(0, budget[0])])
            budget[0] -= len(data)
            if budget[0] <= 0:
                raise _CutError
            await sink.drain()
        raise _CutError


class _CutError(Exception):
    pass
