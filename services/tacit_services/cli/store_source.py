"""A record in a store as a source: read through a connection, on a loop in a thread of its own. It appends nothing."""

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Final, TypeVar

from tacit import detached
from tacit.cli.source import Source, UnreadableError
from tacit.detached import Detached
from tacit.errors import RefusedError
from tacit.ids import Digest
from tacit_services.ports import (
    READ_MESSAGES_MAX,
    BodyStore,
    EventStore,
    RecordGapError,
    StoredMessage,
    StoreFailedError,
)
from tacit_services.shell.errors import OperatorError
from tacit_services.shell.event_store.bodies import JetStreamBodyStore
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.organisation import OrganisationStreams
from tacit_services.shell.log import log_to
from tacit_services.shell.nats_connection import NatsConnection

T = TypeVar("T")

FOLLOW_PAUSE_S: Final = 0.2
READ_WAIT_S: Final = 60.0
STOP_WAIT_S: Final = 30.0
NAME: Final = "reader"
"""As which it connects: also the user that deploy/ has for it, to whom its inbox belongs."""

LOST: Final = "the server holds no record: start the services, or restore it from its archive (tacit restore ARCHIVE)."

Connecting = Callable[[], AbstractAsyncContextManager[NatsConnection]]
"""Makes the connection; raises OperatorError."""


class StoreSource:
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
            raise UnreadableError(
                f"entry {error.sequence - 1} is missing: restore the record from its archive (tacit restore ARCHIVE)."
            ) from error
        except StoreFailedError as error:
            if error.reason == "no_stream":
                raise UnreadableError(LOST) from error
            raise UnreadableError(f"the store does not answer ({error}): try again.") from error
        except TimeoutError as error:
            raise UnreadableError(f"the store does not answer ({error}): try again.") from error


@contextmanager
def reading(connecting: Connecting, streams: OrganisationStreams) -> Iterator[Source]:
    """The record of an organisation behind a connection, which lasts as long as the block.

    Raises:
        UnreadableError: (also out of the block) with a sentence and the remedy.
    """
    opened: Future[StoreSource] = Future()
    stop = threading.Event()
    # A server that was started for this dies with the thread that started it, so this thread outlives every read.
    thread = threading.Thread(target=lambda: asyncio.run(_serve(connecting, streams, opened, stop)), daemon=True)
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


async def _serve(
    connecting: Connecting, streams: OrganisationStreams, opened: Future[StoreSource], stop: threading.Event
) -> None:
    loop = asyncio.get_running_loop()
    try:
        async with connecting() as connection:
            stores = JetStreamEventStore(connection, streams.record), JetStreamBodyStore(connection, streams.bodies)
            opened.set_result(StoreSource(loop, *stores))
            await asyncio.to_thread(stop.wait)
    except OperatorError as error:
        if opened.done():
            raise
        opened.set_exception(error)
