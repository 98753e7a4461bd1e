"""A data folder as a source: through the server that runs on it, or one that runs while the command reads.

It appends nothing.
"""

import asyncio
import sys
import threading
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final, TypeVar

from tacit import detached, envelope, subjects
from tacit.cli.source import Source, UnreadableError
from tacit.detached import Detached
from tacit.errors import RefusedError
from tacit.ids import ActId, Digest
from tacit_services.ports import (
    READ_MESSAGES_MAX,
    BodyStore,
    EventStore,
    RecordGapError,
    StoredMessage,
    StoreFailedError,
)
from tacit_services.shell.errors import DataFolderHeldError, OperatorError
from tacit_services.shell.event_store.bodies import JetStreamBodyStore
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.stream import StreamSettings
from tacit_services.shell.log import log_to
from tacit_services.shell.nats_connection import Credentials, NatsConnection, connect
from tacit_services.shell.nats_server import EmbeddedNats, read_connection
from tacit_services.shell.organisation_files import OrganisationFiles

T = TypeVar("T")

FOLLOW_PAUSE_S: Final = 0.2
READ_WAIT_S: Final = 60.0
STOP_WAIT_S: Final = 30.0
NAME: Final = "reader"


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
    return _reading(folder, organisation)


class FolderSource:
    """A record behind a loop that runs in a thread of its own, so that a command reads it like a file."""

    def __init__(self, loop: asyncio.AbstractEventLoop, store: EventStore, bodies: BodyStore) -> None:
        self._loop = loop
        self._store = store
        self._bodies = bodies

    @property
    def size(self) -> int:
        """How many entries the store holds now."""
        return self._ask(self._store.last_sequence())

    def entries(self) -> Iterator[bytes]:
        """Every entry, read in batches."""
        for batch in self._batches():
            if not batch:
                return
            yield from (message.data for message in batch)

    def follow(self) -> Iterator[bytes]:
        """Every entry, and then what is appended: the store is asked again so often that a person does not notice."""
        for batch in self._batches():
            yield from (message.data for message in batch)
            if not batch:
                time.sleep(FOLLOW_PAUSE_S)

    def body(self, digest: Digest) -> Detached | None:
        """The detached text with this digest; None where it is not held, or what is held is another.

        Raises:
            UnreadableError: the store does not answer.
        """
        try:
            raw = self._ask(self._bodies.get(digest))
            found = detached.decode(raw) if raw is not None else None
        except RefusedError:
            return None
        return found if found is not None and found.digest() == digest else None

    def _batches(self) -> Iterator[list[StoredMessage]]:
        """Batches from the first entry on; an empty one where the store ends for now."""
        first = 1
        while True:
            batch = self._ask(self._store.read(first, READ_MESSAGES_MAX))
            yield batch
            first += len(batch)

    def _ask(self, question: Coroutine[object, object, T]) -> T:
        try:
            return asyncio.run_coroutine_threadsafe(question, self._loop).result(READ_WAIT_S)
        except RecordGapError as error:
            raise UnreadableError(f"{error}: the record must be restored from a copy.") from error
        except (StoreFailedError, TimeoutError) as error:
            raise UnreadableError(f"the store does not answer ({error}): try again.") from error


@contextmanager
def _reading(folder: Path, organisation: ActId) -> Iterator[Source]:
    opened: Future[FolderSource] = Future()
    stop = threading.Event()
    # The server dies with the thread that started it, so this thread outlives every read.
    thread = threading.Thread(target=lambda: asyncio.run(_serve(folder, organisation, opened, stop)), daemon=True)
    # What the adapters log is for an operator of services; a command says what it has to say itself.
    with log_to(sys.stderr, "error"):
        thread.start()
        try:
            yield opened.result()
        except OperatorError as error:
            raise UnreadableError(str(error)) from error
        finally:
            stop.set()
            thread.join(STOP_WAIT_S)


async def _serve(folder: Path, organisation: ActId, opened: Future[FolderSource], stop: threading.Event) -> None:
    record = StreamSettings(subjects.record_stream(organisation), subjects.record_subjects(organisation))
    bodies = StreamSettings(subjects.bodies_stream(organisation), subjects.bodies_subjects(organisation))
    loop = asyncio.get_running_loop()
    try:
        async with connected(folder) as connection:
            stores = JetStreamEventStore(connection, record), JetStreamBodyStore(connection, bodies)
            opened.set_result(FolderSource(loop, *stores))
            await asyncio.to_thread(stop.wait)
    except OperatorError as error:
        if opened.done():
            raise
        opened.set_exception(error)


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
