"""A data folder as a source: through the server that runs on it, or one that runs while the command reads."""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from tacit import envelope
from tacit.cli.source import Source, UnreadableError
from tacit.errors import RefusedError
from tacit_services.cli.store_source import NAME, reading
from tacit_services.shell.errors import DataFolderHeldError
from tacit_services.shell.event_store.organisation import OrganisationStreams
from tacit_services.shell.nats_connection import Credentials, NatsConnection, connect
from tacit_services.shell.nats_server import FOLDER as STORE
from tacit_services.shell.nats_server import EmbeddedNats, read_connection
from tacit_services.shell.organisation_files import OrganisationFiles


def open_folder(folder: Path) -> AbstractContextManager[Source] | None:
    """Open a data folder, or return None where none is founded in it.

    Raises:
        UnreadableError: (also out of the block) with a sentence and the remedy.
    """
    charter = OrganisationFiles(folder).read_charter()
    if charter is None:
        return None
    try:
        organisation = envelope.act_id(envelope.decode(charter).payload)
    except RefusedError as error:
        raise UnreadableError(f"the charter in {folder} is damaged ({error.rule}): restore it from a copy.") from error
    if not (folder / STORE).is_dir():
        # To start a server there would make the store of a data folder in what may be anybody's.
        raise UnreadableError(
            f"{folder} holds a charter and no store: name a folder that `tacit up --data` made; if this is one that "
            f"lost its store, restore it from its archive (tacit restore ARCHIVE {folder})."
        )
    return reading(partial(connected, folder), OrganisationStreams(organisation))


@asynccontextmanager
async def connected(folder: Path, name: str = NAME) -> AsyncIterator[NatsConnection]:
    """A connection to a server that is started on the folder, or to the one that runs there. Raises OperatorError."""
    async with AsyncExitStack() as stack:
        try:
            server = await stack.enter_async_context(EmbeddedNats(folder))
            url, credentials = server.url, server.credentials
        except DataFolderHeldError:
            running = read_connection(folder)
            if running is None:
                raise
            url, credentials = running.url, Credentials(running.user, running.password)
        yield await stack.enter_async_context(connect(url, credentials, name))
