"""The record of a data folder, shown: a server, the projector and the gateway, and nobody who could add to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry

from tacit import envelope
from tacit.ids import NOTARY, OfficeName
from tacit.record.log_signing import LogSigner
from tacit.signing import Signer
from tacit_services.gateway import GatewaySettings
from tacit_services.run.around import Around, Identity, Standing
from tacit_services.run.catalogue import RUN
from tacit_services.run.settings import Settings
from tacit_services.shell.clock import SystemClock
from tacit_services.shell.errors import OperatorError
from tacit_services.shell.nats_connection import connect
from tacit_services.shell.nats_process import check_port
from tacit_services.shell.nats_server import EmbeddedNats
from tacit_services.shell.organisation_files import OrganisationFiles
from tacit_services.tracing import untraced

SHOWN: Final = ("projector", "gateway")


class NothingFoundedError(OperatorError):
    """There is no organisation in this folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"There is no record in {folder}: name the data folder of tacit up or of an import.")


@asynccontextmanager
async def showing(folder: Path, port: int) -> AsyncIterator[str]:
    """Serve the page of this record within the block; gives its address. `port` 0: any free one.

    The gateway folds the record and the projector builds what it lacks meanwhile: the page says so.

    Raises:
        OperatorError: what an operator must put right (port, folder, disk, binary).
    """
    charter = OrganisationFiles(folder).read_charter()
    if charter is None:
        raise NothingFoundedError(folder)
    if port:
        check_port(port)
    organisation = envelope.act_id(envelope.decode(charter).payload)
    identity, settings = (
        Identity(organisation, charter, _no_keys, _no_log_keys),
        Settings(gateway=GatewaySettings(port=port)),
    )
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(EmbeddedNats(folder))
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        standings = {name: Standing() for name in SHOWN}
        registry, clock = CollectorRegistry(), SystemClock()
        for name, standing in standings.items():
            link = await stack.enter_async_context(connect(server.url, server.credentials, name))
            around = Around(identity, settings, link, registry, clock, untraced(name), folder)
            stack.callback(tasks.create_task(_run(name, around, standing)).cancel)
            await standing.begun.wait()
        yield standings["gateway"].address


async def _run(name: str, around: Around, standing: Standing) -> None:
    await RUN[name](around, standing)


def _no_keys(office: OfficeName) -> Signer:
    """Nobody speaks here. Raises LookupError."""
    raise LookupError(office)


def _no_log_keys() -> LogSigner:
    """Nothing is signed here. Raises LookupError."""
    raise LookupError(NOTARY)
