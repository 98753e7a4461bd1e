"""Puts a witness together and serves until cancelled. Only a command calls it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import aiohttp
from aiohttp import web
from yarl import URL

from tacit.rates import Rates
from tacit.record.witness_signing import WitnessSigner
from tacit.witness.app import Edge, prefix_of
from tacit.witness.attesting import Attestor
from tacit.witness.cosigning import Cosigner
from tacit.witness.counting import Counts
from tacit.witness.file import WitnessFile
from tacit.witness.http import HttpForwarding, HttpSource
from tacit.witness.mirror import FolderMirror
from tacit.witness.ports import Clock, LogFiles
from tacit.witness.settings import WitnessSettings, witnessed
from tacit.witness.telling import told_with

STOP_WAIT_S: Final = 2.0

log: Final = logging.getLogger("tacit.witness")


def utc_now() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


async def serve_witness(
    settings: WitnessSettings, signer: WitnessSigner, data: Path, started: Callable[[str], None], clock: Clock = utc_now
) -> None:
    """Serve until cancelled. `started` is told the address (`http://host:port`) once it can be asked.

    Raises:
        StoreError: the store in `data` cannot be had, or another witness has it.
        OSError: the port cannot be had.
    """
    store = await asyncio.to_thread(WitnessFile, data)
    try:
        async with aiohttp.ClientSession() as http:
            await _serve(settings, signer, store, data, http, started, clock)
    finally:
        await asyncio.to_thread(store.close)


async def _serve(
    settings: WitnessSettings,
    signer: WitnessSigner,
    store: WitnessFile,
    data: Path,
    http: aiohttp.ClientSession,
    started: Callable[[str], None],
    clock: Clock,
) -> None:
    logs, counts = witnessed(settings), Counts()
    sources = {
        each.origin: HttpSource(http, told.url)
        for each, told in zip(logs, settings.logs, strict=True)
        if told.url is not None
    }
    mirrors = {
        each.origin: FolderMirror(data / "mirror" / prefix_of(each), sources[each.origin])
        for each in logs
        if each.mirrored
    }
    addresses = {each.organisation: (*each.registrar, *each.chair) for each in settings.logs}
    cosigner = Cosigner(store, signer, logs, clock, counts, LogFiles(sources, mirrors))
    async with asyncio.TaskGroup() as tasks:
        forwarding = HttpForwarding(http, addresses, counts, tasks)
        attestor = Attestor(store, signer.ed25519, settings.state, tuple(addresses), clock, counts, forwarding)
        edge = Edge(cosigner, attestor, logs, mirrors, counts, _rates(settings))
        async with _listening(settings, edge.app()) as port:
            address = URL.build(scheme="http", host=settings.host, port=port)
            log.info("witness_serves", extra=told_with(name=signer.name, state=settings.state, port=port))
            started(str(address))
            await asyncio.Event().wait()


def _rates(settings: WitnessSettings) -> tuple[Rates, Rates]:
    now_s = asyncio.get_running_loop().time()
    checkpoints, burst_s = settings.checkpoints_per_s, settings.burst_s
    return (
        Rates(checkpoints, checkpoints, burst_s, now_s),
        Rates(settings.attests_per_address_per_s, settings.attests_per_s, burst_s, now_s),
    )


@asynccontextmanager
async def _listening(settings: WitnessSettings, app: web.Application) -> AsyncIterator[int]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOP_WAIT_S)
    try:
        await runner.setup()
        site = web.TCPSite(runner, settings.host, settings.port)
        await site.start()
        yield site.port
    finally:
        await runner.cleanup()
