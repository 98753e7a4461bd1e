"""Waiting until somebody listens: a server that was just started."""

import asyncio
from typing import Final
from urllib.parse import urlsplit

LISTEN_WAIT_S: Final = 30.0


async def listening(url: str) -> None:
    """Return once a connection is taken there."""
    where = urlsplit(url)
    async with asyncio.timeout(LISTEN_WAIT_S):
        while True:
            try:
                _, writer = await asyncio.open_connection(where.hostname, where.port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
