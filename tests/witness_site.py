"""A witness in memory behind HTTP, with the statuses of `tlog-witness`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from tacit.errors import RefusedError
from tacit.record.add_checkpoint import SIZE_TYPE, monitoring_path
from tacit_services.shell.witnesses import MemoryWitness
from tacit_services.witnessing import WitnessRefusedError, WitnessSizeError, WitnessUnreachableError


class Server:
    """A witness behind HTTP."""

    def __init__(self, witness: MemoryWitness) -> None:
        self.witness = witness
        self.answer: web.Response | None = None

    async def add(self, request: web.Request) -> web.Response:
        if self.answer is not None:
            return self.answer
        if self.witness.mood == "away":
            return web.Response(status=503)
        try:
            return web.Response(body=await self.witness.add(await request.read()))
        except WitnessSizeError as error:
            return web.Response(status=409, body=f"{error.size}\n".encode(), content_type=SIZE_TYPE)
        except WitnessRefusedError as error:
            return web.Response(status=error.status)
        except WitnessUnreachableError:
            return web.Response(status=503)
        except RefusedError:
            return web.Response(status=400)

    async def show(self, request: web.Request) -> web.Response:
        for origin, note in self.witness.stored.items():
            if monitoring_path(origin) == f"{request.match_info['log']}/checkpoint":
                return self.answer or web.Response(body=note.encode())
        return web.Response(status=404)


@asynccontextmanager
async def serving(witness: MemoryWitness) -> AsyncIterator[tuple[Server, str]]:
    """Serve it within the block; gives the prefix."""
    server = Server(witness)
    app = web.Application()
    app.add_routes([web.post("/add-checkpoint", server.add), web.get("/{log}/checkpoint", server.show)])
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield server, f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()
