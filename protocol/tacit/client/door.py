"""The door of whoever lodges for others, the chair, the secretariat or another office: evidence in, an act out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

from tacit.client.delegation import Delegation
from tacit.client.errors import ActRefusedError, ClientError
from tacit.client.evidence_file import EvidenceFile, evidence_in
from tacit.errors import RefusedError
from tacit.limits import FRAME_BYTES_MAX
from tacit.rates import Rates

PATH: Final = "/v1/lodge"
LODGED_PER_ADDRESS_PER_S: Final = 1.0
LODGED_PER_S: Final = 5.0
"""Each may become a signed act: an address, and all together, may ask so often."""
BURST_S: Final = 10.0
LODGE_WAIT_S: Final = 20.0
"""For the registrar's answer; after that whoever asked may come again."""


class Door:
    """One act at a time in each place, as `Delegation.lodge` has it; the same evidence is lodged once."""

    def __init__(self, delegation: Delegation) -> None:
        self._delegation = delegation
        self._rates = Rates(LODGED_PER_ADDRESS_PER_S, LODGED_PER_S, BURST_S, asyncio.get_running_loop().time())

    async def lodge(self, request: web.Request) -> web.Response:
        """200 lodged, 202 nothing to lodge, 400 unreadable, 409 refused by a rule, 429 too often, 503 no answer."""
        if not self._rates.allow(request.remote or "", asyncio.get_running_loop().time()):
            return web.Response(status=429)
        try:
            found = evidence_in(await request.read())
        except RefusedError as error:
            return web.Response(status=400, text=str(error.rule))
        return web.Response(status=202) if found is None else await self._lodge(found)

    async def _lodge(self, found: EvidenceFile) -> web.Response:
        try:
            async with asyncio.timeout(LODGE_WAIT_S):
                leaf = await self._delegation.lodge(found)
        except ActRefusedError as refused:
            return web.Response(status=409, text=str(refused.rule))
        except (ClientError, TimeoutError):
            return web.Response(status=503)
        return web.Response(text=str(leaf.index))


@asynccontextmanager
async def open_door(delegation: Delegation, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Lodge within the block what others hand in at `/v1/lodge`; gives that address. Put TLS before it.

    It takes evidence files, and submissions as witnesses send them on to the chair.

    Raises:
        OSError: the port cannot be had.
    """
    app = web.Application(client_max_size=FRAME_BYTES_MAX)
    app.add_routes([web.post(PATH, Door(delegation).lodge)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.0)
    try:
        await runner.setup()
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield f"http://{host}:{site.port}{PATH}"
    finally:
        await runner.cleanup()
