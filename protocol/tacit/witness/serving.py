"""Puts a witness together and serves until cancelled. Only a command calls it."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import aiohttp
from aiohttp import web
from yarl import URL

from tacit.ids import ActId
from tacit.rates import Rates
from tacit.record.witness_signing import WitnessSigner
from tacit.witness.app import Edge, prefix_of
from tacit.witness.attesting import Attestor
from tacit.witness.cosigning import Cosigner
from tacit.witness.counting import Counts
from tacit.witness.file import WitnessFile
from tacit.witness.http import HttpForwarding, HttpSource
from tacit.witness.mirror import FolderMirror
from tacit.witness.ports import Clock, Forwarding, LogFiles
from tacit.witness.settings import WitnessSettings, witnessed
from tacit.witness.telling import told_with
from tacit.witness.timing import Timing

STOP_WAIT_S: Final = 2.0

log: Final = logging.getLogger("tacit.witness")


def utc_now() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


def elapsed_s() -> float:
    """Seconds that pass also while the machine sleeps, where it can count them; nobody sets them."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


async def serve_witness(
    settings: WitnessSettings,
    signer: WitnessSigner,
    data: Path,
    started: Callable[[str], None],
    clock: Clock = utc_now,
    forwards: Mapping[ActId, Sequence[str]] | None = None,
    elapsed_s: Callable[[], float] = elapsed_s,
) -> None:
    """Serve until cancelled. `started` is told the address (`http://host:port`) once it can be asked.

    `forwards`: where submissions are sent on to, in the place of what the settings say. `elapsed_s` counts the seconds
    that pass, whatever the clock is set to.

    Raises:
        StoreError: the store in `data` cannot be had, or another witness has it.
        OSError: the port cannot be had.
    """
    own = {each.organisation: (*each.registrar, *each.chair) for each in settings.logs}
    store, counts = await asyncio.to_thread(WitnessFile, data), Counts()
    timing = Timing(clock, elapsed_s, counts)
    failed: list[OSError] = []
    try:
        async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as tasks:
            forwarding = HttpForwarding(http, own if forwards is None else forwards, counts, tasks)
            edge = _edge(settings, signer, store, _files(settings, data, http), timing, counts, forwarding)
            async with _listening(settings, edge.app()) as port:
                log.info("witness_serves", extra=told_with(name=signer.name, state=settings.state, port=port))
                started(str(URL.build(scheme="http", host=settings.host, port=port)))
                await asyncio.Event().wait()
    except* OSError as group:
        failed += [error for error in group.exceptions if isinstance(error, OSError)]
    finally:
        await asyncio.to_thread(store.close)
    if failed:
        raise failed[0]


def _files(settings: WitnessSettings, data: Path, http: aiohttp.ClientSession) -> LogFiles:
    logs = witnessed(settings)
    urls = {each.organisation: each.url for each in settings.logs if each.url is not None}
    sources = {each.origin: HttpSource(http, urls[each.organisation]) for each in logs if each.organisation in urls}
    mirrors = {
        each.origin: FolderMirror(data / "mirror" / prefix_of(each), sources[each.origin])
        for each in logs
        if each.mirrored
    }
    return LogFiles(sources, mirrors)


def _edge(
    settings: WitnessSettings,
    signer: WitnessSigner,
    store: WitnessFile,
    files: LogFiles,
    timing: Timing,
    counts: Counts,
    forwarding: Forwarding,
) -> Edge:
    logs = witnessed(settings)
    organisations = tuple(each.organisation for each in logs)
    cosigner = Cosigner(store, signer, logs, timing, counts, files)
    attestor = Attestor(store, signer.ed25519, settings.state, organisations, timing, counts, forwarding)
    return Edge(cosigner, attestor, logs, files.mirrors, counts, _rates(settings))


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
