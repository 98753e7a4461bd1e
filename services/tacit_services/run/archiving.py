"""The record of a data folder, notarised to its end: for records that are written by something that runs no notary."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import msgspec
from prometheus_client import CollectorRegistry

from tacit.ids import ActId
from tacit_services.notary import NotaryError, NotarySettings
from tacit_services.notary.main import Stores, assemble, named_log
from tacit_services.shell.errors import OperatorError
from tacit_services.shell.event_store.bodies import JetStreamBodyStore
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.organisation import OrganisationStreams
from tacit_services.shell.kept_state import FileKeptState
from tacit_services.shell.nats_connection import connect
from tacit_services.shell.nats_server import EmbeddedNats
from tacit_services.shell.organisation_files import OrganisationFiles

LOOK_S: Final = 0.1


class NoLogError(OperatorError):
    """There is no log that could be written."""

    def __init__(self, folder: Path, what: str) -> None:
        super().__init__(f"{folder} {what}: only an organisation whose charter names a notary has a log.")


class Archived(msgspec.Struct, frozen=True):
    """What stands in the archive now. `root` is the root of the log over so many entries, in hexadecimal."""

    organisation: ActId
    folder: str
    entries: int
    root: str
    seconds: float
    entries_per_second: float


async def archive_record(folder: Path, settings: NotarySettings) -> Archived:
    """Write down, sign and publish whatever the record of this data folder holds.

    Raises:
        OperatorError: what an operator must put right. NotaryError: as `Notary.run`.
    """
    files, begun_s = OrganisationFiles(folder), asyncio.get_running_loop().time()
    charter, signer = files.read_charter(), files.log_signer()
    log = named_log(charter) if charter is not None else None
    if log is None:
        raise NoLogError(folder, "holds no charter that names a notary")
    if signer is None:
        raise NoLogError(folder, "holds no keys of the log")
    target = Path(settings.archive_folder or files.archive)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(EmbeddedNats(folder))
        link = await stack.enter_async_context(connect(server.url, server.credentials, "notary"))
        streams = OrganisationStreams(log.organisation)
        record = await JetStreamEventStore.open(link, streams.record, make=False)
        bodies = await JetStreamBodyStore.open(link, streams.bodies, make=False)
        stores = Stores(record, bodies, FileKeptState(files.kept_state("notary")))
        # Nobody else runs who might be making the record again.
        alone = msgspec.structs.replace(settings, mend_wait_s=0)
        making = assemble(stores, log, signer, target, CollectorRegistry(), alone)
        notary = (await stack.enter_async_context(making)).notary
        entries, failed = await record.last_sequence(), list[Exception]()
        try:
            async with asyncio.TaskGroup() as tasks:
                notarising = tasks.create_task(notary.run())
                while min(notary.published.size, notary.entries_read) < entries:  # noqa: ASYNC110 - it runs for itself, and tells nobody
                    await asyncio.sleep(LOOK_S)
                notarising.cancel()
        except* NotaryError as group:
            failed += [each for each in group.exceptions if isinstance(each, NotaryError)]
        if failed:
            raise failed[0]
    seconds, head = asyncio.get_running_loop().time() - begun_s, notary.published
    return Archived(log.organisation, str(target), head.size, head.root.hex(), seconds, head.size / seconds)
