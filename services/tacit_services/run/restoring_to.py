"""Where `tacit restore` restores to: the server of a data folder, or servers that settings name."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple

from tacit import envelope
from tacit.errors import RefusedError
from tacit.ids import ActId
from tacit_services.archive import Archive
from tacit_services.archived import ArchivedRecord
from tacit_services.restoring import Restored, RestoreRefusedError, Target, Teller, restore
from tacit_services.run.named_files import credentials_of
from tacit_services.run.reading import reading
from tacit_services.run.settings import Settings
from tacit_services.run.tls import tls_of
from tacit_services.salvaging import Salvage, append_salvage, decode_salvage, salvage
from tacit_services.shell.errors import OperatorError
from tacit_services.shell.event_store.bodies import JetStreamBodyStore
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.organisation import OrganisationStreams
from tacit_services.shell.event_store.stream import delete_stream
from tacit_services.shell.nats_connection import NatsConnection, connect
from tacit_services.shell.nats_server import EmbeddedNats
from tacit_services.shell.new_file import written_beside
from tacit_services.shell.organisation_files import OrganisationFiles

NAME: Final = "restore"
KEPT: Final = "restore.kept"
"""What a damaged record held behind its archive, until it stands in the new one."""


class NothingToRestoreError(OperatorError):
    """There is no checkpoint in the archive."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"There is no checkpoint in {folder}: name the folder in which the notary keeps the archive.")


class NothingKnownError(OperatorError):
    """The settings name no charter, so nobody can say which organisation is meant."""

    def __init__(self) -> None:
        super().__init__("organisation.charter_file is not set: name the charter of the organisation to restore.")


class Place(NamedTuple):
    """A server, and the organisation that must be restored there; None: the archive's, whichever it is."""

    link: NatsConnection
    organisation: ActId | None
    replicas: int
    files: OrganisationFiles | None


@asynccontextmanager
async def data_folder(folder: Path) -> AsyncIterator[Place]:
    """The server of a data folder, which must not run. Raises OperatorError."""
    files = OrganisationFiles(folder)
    async with (
        EmbeddedNats(folder) as server,
        connect(server.url, server.credentials, NAME) as link,
    ):
        raw = files.read_charter()
        yield Place(link, None if raw is None else _organisation(raw, folder), 1, files)


@asynccontextmanager
async def named_servers(settings: Settings) -> AsyncIterator[Place]:
    """The servers that settings name; their user must be allowed to make and fill streams. Raises OperatorError."""
    if not settings.organisation.charter_file:
        raise NothingKnownError
    path = settings.organisation.charter_file
    charter = reading("organisation.charter_file", path, Path.read_bytes)
    credentials, tls = credentials_of(settings.nats), tls_of(settings.nats)
    async with connect(settings.nats.urls, credentials, NAME, tls) as link:
        yield Place(link, _organisation(charter, Path(path)), settings.nats.replicas, None)


def _organisation(charter: bytes, path: Path) -> ActId:
    try:
        return envelope.act_id(envelope.decode(charter).payload)
    except RefusedError as error:
        raise OperatorError(f"The charter in {path} is damaged ({error.rule}): restore it from a copy.") from error


class KeptFile:
    """A file that keeps messages of a record that is made again, until they stand in the new one."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Salvage:
        """What it keeps; nothing where there is no such file."""
        try:
            return decode_salvage(self.path.read_bytes())
        except FileNotFoundError:
            return Salvage(())

    def add(self, found: Salvage) -> None:
        """Keep this, too; durable when it returns."""
        with written_beside(self.path, self.read().joined(found).encode()) as publish:
            publish()

    def remove(self) -> None:
        """Nothing in it is needed any more."""
        self.path.unlink(missing_ok=True)


class Outcome(NamedTuple):
    """What was restored, and how many messages behind the archive could not be appended (the kept file has them)."""

    organisation: ActId
    restored: Restored
    left: int


async def restore_to(
    place: Place, archive: Archive, named: Path, teller: Teller, kept: KeptFile, *, anew: bool
) -> Outcome:
    """Restore the archive (in the folder `named`) there; `anew`: a stream that is not its beginning is made again.

    What that stream held behind the archive is durable in the file `kept` before it is deleted, and appended at last.
    Raises as `restore` does.
    """
    archived = await ArchivedRecord.open(archive, place.organisation)
    if archived is None:
        raise NothingToRestoreError(named)
    organisation = archived.kin.organisation
    if place.files is not None and place.organisation is None:
        place.files.write_charter(archived.kin.envelope)
    streams = OrganisationStreams(organisation, place.replicas)
    bodies = await JetStreamBodyStore.open(place.link, streams.bodies)

    async def target() -> Target:
        return Target(await JetStreamEventStore.open(place.link, streams.record), bodies, asyncio.sleep)

    found = await target()
    try:
        restored = await restore(archived, found, teller)
    except RestoreRefusedError:
        if not anew:
            raise
        await asyncio.to_thread(kept.add, await salvage(found.record, archived.size))
        await delete_stream(place.link, streams.record)
        found = await target()
        restored = await restore(archived, found, teller)
    left = await _append_kept(found, kept, teller)
    return Outcome(organisation, restored, left)


async def _append_kept(target: Target, kept: KeptFile, teller: Teller) -> int:
    """Append what the file keeps, and remove it once all of it stands in the record."""
    held = await asyncio.to_thread(kept.read)
    left = await append_salvage(held, target, teller) if held.messages else ()
    if not left:
        await asyncio.to_thread(kept.remove)
    return len(left)
