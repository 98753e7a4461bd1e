"""Puts a notary together: the only file of this service that knows both the handler and the world."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp
import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry

from tacit import acts, envelope
from tacit.acts import CharterDeposited
from tacit.errors import RefusedError
from tacit.record.log_signing import LogSigner
from tacit.record.organisation_log import log_vkeys
from tacit.rules import catalogue, genesis
from tacit_services.archive import Archive
from tacit_services.notary.confirming import Log
from tacit_services.notary.errors import NoLogKeysError
from tacit_services.notary.notarising import Notary, Ports
from tacit_services.notary.settings import NotarySettings
from tacit_services.notary.site import site
from tacit_services.notary.watch import Watch
from tacit_services.ports import BodyStore, EventStore
from tacit_services.shell.archive import FolderArchive
from tacit_services.shell.clock import SystemClock
from tacit_services.shell.errors import PortTakenError
from tacit_services.shell.witnesses import HttpWitness

CLOSE_WAIT_S: Final = 1.0

told = structlog.get_logger()


@dataclass(frozen=True)
class Stores:
    """The record that is notarised, and its detached bodies."""

    record: EventStore
    bodies: BodyStore


@dataclass(frozen=True)
class Assembled:
    """A notary and the archive that it writes."""

    notary: Notary
    archive: Archive
    settings: NotarySettings


def named_log(charter: bytes) -> Log | None:
    """The log that a charter, in its envelope, names; None if it names none.

    Raises:
        RefusedError: it is no charter.
    """
    payload = envelope.decode(charter).payload
    content = acts.decode(payload).content
    if not isinstance(content, CharterDeposited):
        return None
    log = Log(envelope.act_id(payload), content)
    try:
        log_vkeys(*log)
    except RefusedError:
        return None
    return log


@asynccontextmanager
async def assemble(
    stores: Stores,
    log: Log,
    signer: LogSigner,
    folder: Path,
    registry: CollectorRegistry,
    settings: NotarySettings | None = None,
) -> AsyncIterator[Assembled]:
    """A notary that writes its archive in `folder`. Raises NoLogKeysError if the keys are not those of the charter."""
    wanted = settings or NotarySettings()
    if [key.key for key in signer.keys] != [vkey.key for vkey in log_vkeys(*log)]:
        raise NoLogKeysError("The keys at hand are not those that the charter names for the log: restore the key file.")
    with FolderArchive(folder) as archive:
        async with aiohttp.ClientSession() as session:
            witnesses = {
                witness.state: HttpWitness(session, wanted.prefixes[witness.state])
                for witness in log.charter.witnesses
                if witness.state in wanted.prefixes
            }
            ports = Ports(stores.record, stores.bodies, archive, witnesses, SystemClock(), asyncio.sleep)
            yield Assembled(Notary(ports, log, signer, genesis(catalogue()), wanted, Watch(registry)), archive, wanted)


async def serve(assembled: Assembled, begun: Callable[[str], None] | None = None) -> None:
    """Notarise, and serve the log, until cancelled; `begun` is told the address of the log.

    Raises:
        PortTakenError: another program listens there.
        NotaryError, RecordGapError: as `Notary.run`.
    """
    host, port = assembled.settings.host, assembled.settings.port
    runner = web.AppRunner(site(assembled.archive), access_log=None, shutdown_timeout=CLOSE_WAIT_S)
    try:
        await runner.setup()
        listening = web.TCPSite(runner, host, port)
        try:
            await listening.start()
        except OSError as error:
            raise PortTakenError(port) from error
        port = runner.addresses[0][1]
        told.info("log_served", port=port)
        if begun is not None:
            begun(f"http://{host}:{port}")
        await assembled.notary.run()
    finally:
        await runner.cleanup()
