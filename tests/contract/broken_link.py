"""A link that breaks where a test wants it to: everything to the server passes through it.

It stands between a real client and a real server, so that "not stored" and "stored, but the answer was lost" are what
they are in the world: bytes that did not arrive.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

PIECE_BYTES: Final = 65_536


class BrokenLink:
    """Passes everything on until it is armed; then it cuts once, where it was told, and passes everything on again."""

    def __init__(self, server_url: str) -> None:
        address = urlsplit(server_url)
        self._host, self._port = str(address.hostname), int(address.port or 0)
        self._bytes_left: int | None = None
        self._answers_left: int | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    def cut_after(self, client_bytes: int) -> None:
        """Cut when this much has reached the server and more is to follow."""
        self._bytes_left = client_bytes

    def lose_answer(self, number: int) -> None:
        """Cut instead of handing on the server's answer of this number, counted from now on from 1."""
        self._answers_left = number - 1

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection in both directions until either side ends, or it is cut."""
        try:
            server_reader, server_writer = await asyncio.open_connection(self._host, self._port)
        except OSError:
            writer.close()
            return
        self._writers |= {writer, server_writer}
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._carry_up(reader, server_writer))
                tasks.create_task(self._carry_down(server_reader, writer))
        except* (OSError, EOFError):
            pass
        finally:
            for side in (writer, server_writer):
                side.close()
                self._writers.discard(side)

    async def _carry_up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(PIECE_BYTES):
            part = piece if self._bytes_left is None else piece[: self._bytes_left]
            writer.write(part)
            await writer.drain()
            if len(part) < len(piece):
                self._bytes_left = None
                break
            if self._bytes_left is not None:
                self._bytes_left -= len(part)
        raise EOFError

    async def _carry_down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(PIECE_BYTES):
            if self._answers_left is not None:
                if self._answers_left == 0:
                    self._answers_left = None
                    break
                self._answers_left -= 1
            writer.write(piece)
            await writer.drain()
        raise EOFError

    def close(self) -> None:
        """Cut every connection that is left."""
        for writer in self._writers:
            writer.close()


@asynccontextmanager
async def broken_link(server_url: str) -> AsyncIterator[tuple[str, BrokenLink]]:
    """Listen on a free port; yield the address for the client, and what breaks it."""
    link = BrokenLink(server_url)
    listener = await asyncio.start_server(link.serve, "127.0.0.1", 0)
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        yield f"nats://127.0.0.1:{port}", link
        link.close()
        # On 3.11 the handlers of open connections are not awaited by the listener.
        await asyncio.sleep(0)
