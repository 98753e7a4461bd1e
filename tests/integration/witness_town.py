"""A witness as a process of its own, and who asks it over HTTP."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import aiohttp
from aiohttp import web

from tacit.record.cosignature import NoteSigner
from tacit.witness import make_key
from tests.unit.witness.forking import KEYS, ORGANISATION

ROOT: Final = Path(__file__).resolve().parents[2]
START_WAIT_S: Final = 60
ANSWER_WAIT_S: Final = 30


def settle(folder: Path, name: str = "witness.xaa.example", **settings: str) -> NoteSigner:
    """Write key and settings of a witness of XAA; settings are those of its one log, in TOML."""
    signer = make_key(folder / "witness.key", name, os.urandom(32))
    keys = ", ".join(f'"{key}"' for key in KEYS)
    more = "\n".join(f"{name} = {value}" for name, value in settings.items())
    (folder / "witness.toml").write_text(
        f'state = "XAA"\nkey = "witness.key"\ndata = "data"\nport = 0\ncheckpoints_per_s = 1000.0\n'
        f"attests_per_address_per_s = 1000.0\nattests_per_s = 1000.0\n\n[[logs]]\n"
        f'organisation = "{ORGANISATION}"\nkeys = [{keys}]\n{more}\n'
    )
    return signer.ed25519


class Running:
    """A running witness and its address."""

    def __init__(self, process: asyncio.subprocess.Process, address: str, http: aiohttp.ClientSession) -> None:
        self.process = process
        self.address = address
        self._http = http

    async def post(self, path: str, raw: bytes) -> tuple[int, str, bytes]:
        async with self._http.post(f"{self.address}/{path}", data=raw) as answer:
            return answer.status, answer.headers["Content-Type"], await answer.read()

    async def get(self, path: str) -> tuple[int, str, bytes]:
        async with self._http.get(f"{self.address}/{path}") as answer:
            return answer.status, answer.headers["Content-Type"], await answer.read()

    async def kill(self) -> None:
        """As hard as can be."""
        self.process.kill()
        await self.process.wait()


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "tacit.cli", "witness", *map(str, arguments)]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "protocol")}


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Running]:
    """Run the witness whose settings lie in the folder; end it in order unless it was killed."""
    with (folder / "witness.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *command("run", folder / "witness.toml"), stdout=asyncio.subprocess.PIPE, stderr=log, env=environment()
        )
    assert process.stdout is not None
    async with asyncio.timeout(START_WAIT_S):
        address = (await process.stdout.readline()).decode().strip()
    assert address, (folder / "witness.log").read_text()
    timeout = aiohttp.ClientTimeout(total=ANSWER_WAIT_S)
    async with aiohttp.ClientSession(timeout=timeout) as http:
        try:
            yield Running(process, address, http)
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()


@asynccontextmanager
async def website(*routes: web.RouteDef) -> AsyncIterator[str]:
    """Somebody whom the witness asks, at an address on loopback."""
    app = web.Application()
    app.add_routes(routes)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{site.port}"
    finally:
        await runner.cleanup()
