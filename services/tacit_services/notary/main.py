"""Puts a notary together: the only file of this service that knows both the handler and the world."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp
import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry

from tacit import acts, envelope, log_query, subjects
from tacit.acts import CharterDeposited
from tacit.errors import RefusedError
from tacit.record.log_signing import LogSigner
from tacit.record.organisation_log import log_vkeys
from tacit.rules import catalogue, genesis
from tacit_services.archive import Archive
from tacit_services.notary.answering import Answerer
from tacit_services.notary.confirming import Log
from tacit_services.notary.errors import NoLogKeysError
from tacit_services.notary.notarising import Notary, Ports
from tacit_services.notary.settings import NotarySettings
from tacit_services.notary.site import site
from tacit_services.notary.watch import Watch
from tacit_services.ports import BodyStore, Clock, EventStore, KeptState, StoreFailedError
from tacit_services.shell.archive import FolderArchive
from tacit_services.shell.clock import SystemClock
from tacit_services.shell.listening import Listener, listen
from tacit_services.shell.micro import NatsMicro
from tacit_services.shell.witnesses import HttpWitness

CLOSE_WAIT_S: Final = 1.0
OPEN_PAUSE_S: Final = 0.5
"""Between two tries to open the endpoints."""
SERVICE: Final = ("tacit-notary", "0.1.0")
"""Name and version, as `nats micro ls` shows them."""

told = structlog.get_logger()


@dataclass(frozen=True)
class Stores:
    """The record that is notarised, its detached bodies, what is kept of its fold, the clock of its checkpoints."""

    record: EventStore
    bodies: BodyStore
    kept: KeptState
    clock: Clock = field(default_factory=SystemClock)


@dataclass(frozen=True)
class Assembled:
    """A notary and the archive that it writes."""

    notary: Notary
    log: Log
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
    with FolderArchive(folder) as archive, archive.swept():
        async with aiohttp.ClientSession() as session:
            witnesses = {
                state: HttpWitness(session, wanted.prefixes[state])
                for state in {witness.state for witness in log.charter.witnesses}
                if state in wanted.prefixes
            }
            ports = Ports(stores.record, stores.bodies, archive, witnesses, stores.clock, asyncio.sleep, stores.kept)
            notary = Notary(ports, log, signer, genesis(catalogue()), wanted, Watch(registry))
            yield Assembled(notary, log, archive, wanted)


async def serve(
    assembled: Assembled,
    begun: Callable[[str], None] | None = None,
    endpoints: NatsMicro | None = None,
    listener: Listener | None = None,
) -> None:
    """Notarise, and serve the log, until cancelled; `begun` is told the address of the log.

    With `endpoints` it also says over the bus where the log stands, and proves it. `listener`: a socket that is bound
    already and is to be used, instead of one at the address that the settings give.

    Raises:
        PortTakenError: another program listens there.
        NotaryError, RecordGapError: as `Notary.run`.
    """
    host, port = assembled.settings.host, assembled.settings.port
    runner = web.AppRunner(site(assembled.archive), access_log=None, shutdown_timeout=CLOSE_WAIT_S)
    try:
        await runner.setup()
        port = await listen(runner, host, port, listener)
        told.info("log_served", port=port)
        if begun is not None:
            begun(f"http://{host}:{port}")
        async with AsyncExitStack() as stack:
            if endpoints is not None:
                await _answer(assembled, endpoints, stack)
            await assembled.notary.run()
    finally:
        await runner.cleanup()


async def _answer(assembled: Assembled, endpoints: NatsMicro, stack: AsyncExitStack) -> None:
    """Answer on the bus until the stack is closed; opened again and again until the bus takes it."""
    answerer = Answerer(assembled.archive, lambda: assembled.notary.signed)
    answering = {log_query.STANDING: answerer.standing, log_query.PROOFS: answerer.proofs}
    organisation = assembled.log.organisation
    served = {subjects.log(organisation, word): each for word, each in answering.items()}
    while True:
        try:
            await stack.enter_async_context(endpoints.serving(*SERVICE, served))
        except StoreFailedError:
            await asyncio.sleep(OPEN_PAUSE_S)
        else:
            return
