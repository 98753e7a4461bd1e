"""What a service finds around it, whoever runs it: alone in its process, or beside the others under `tacit up`."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import structlog
from prometheus_client import CollectorRegistry

from tacit.compose import Author
from tacit.ids import ORGANISATION, ActId, OfficeName
from tacit.record.log_signing import LogSigner
from tacit.signing import Signer
from tacit_services.copies import RecordCopy
from tacit_services.last_seen import LastSeen
from tacit_services.ports import Clock, StoreFailedError
from tacit_services.run.settings import Settings
from tacit_services.shell.event_store.bodies import JetStreamBodyStore
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.organisation import OrganisationStreams
from tacit_services.shell.event_store.stream import StreamSettings, ensure_stream
from tacit_services.shell.kept_state import FileKeptState
from tacit_services.shell.listening import Listener
from tacit_services.shell.nats_connection import NatsConnection
from tacit_services.shell.organisation_files import OrganisationFiles
from tacit_services.shell.probes import Found, Look, readiness
from tacit_services.shell.submitting import NatsSubmitter
from tacit_services.tracing import Tracing

STORE_PAUSE_S: Final = 0.5
"""Between two tries to open a stream: a cluster may be electing, the registrar may not have founded yet."""

T = TypeVar("T")

log = structlog.get_logger()


@dataclass(frozen=True)
class Identity:
    """The organisation, and the keys that are at hand here.

    `signer` raises LookupError (or an OperatorError) for an office whose keys are not, `log_signer` for the log's.
    """

    organisation: ActId
    charter: bytes
    signer: Callable[[OfficeName], Signer]
    log_signer: Callable[[], LogSigner]

    def author(self, office: OfficeName) -> Author:
        """One of the organisation's own offices with its keys; raises as `signer` does."""
        return Author(self.organisation, ORGANISATION, office, self.signer(office))


@dataclass(frozen=True)
class Around:
    """The world of one service."""

    identity: Identity
    settings: Settings
    link: NatsConnection
    registry: CollectorRegistry
    clock: Clock
    tracing: Tracing
    folder: Path | None
    """Where the service keeps files that it can build anew; None: it keeps none."""
    copies: list[RecordCopy] = field(default_factory=list)
    """What it has of the record, for whoever has lost some of it."""
    log_listener: Listener | None = None
    """Where the log is to be served, bound already; None: at the address that the notary's settings give."""

    @property
    def organisation(self) -> ActId:
        """The id of the organisation."""
        return self.identity.organisation

    @property
    def streams(self) -> OrganisationStreams:
        """Its streams."""
        return OrganisationStreams(self.organisation, self.settings.nats.replicas)

    async def record(self, name: str = "") -> LastSeen:
        """The record, waited for until it is there. Its end is remembered, as that of `name` where it is shown."""
        store = await self.patiently(lambda: JetStreamEventStore.open(self.link, self.streams.record, make=False))
        seen = LastSeen(store, name)
        self.copies.append(seen)
        return seen

    async def bodies(self) -> JetStreamBodyStore:
        """The detached bodies, waited for until they are there."""
        return await self.patiently(lambda: JetStreamBodyStore.open(self.link, self.streams.bodies, make=False))

    async def made(self, *streams: StreamSettings) -> None:
        """Make these streams where they are missing, for as long as it takes."""
        for stream in streams:
            await self.patiently(partial(ensure_stream, self.link, stream))

    def submitter(self) -> NatsSubmitter:
        """The way to the registrar."""
        return NatsSubmitter(self.link, self.organisation)

    @property
    def files(self) -> OrganisationFiles:
        """Its files. Raises LookupError where it keeps none."""
        if self.folder is None:
            message = "a service without a folder"
            raise LookupError(message)
        return OrganisationFiles(self.folder)

    def kept_state(self, service: str) -> FileKeptState | None:
        """Where a service keeps the state of its fold; None where it keeps no files."""
        return None if self.folder is None else FileKeptState(self.files.kept_state(service))

    def unlinked(self) -> str | None:
        """Why nothing can go out now, for a readiness; or None."""
        return None if self.link.is_connected else "not_connected"

    async def patiently(self, opening: Callable[[], Awaitable[T]]) -> T:
        """What `opening` returns, tried again for as long as the store fails. Raises whatever else it raises."""
        told = False
        while True:
            try:
                return await opening()
            except StoreFailedError as error:
                if not told:
                    log.warning("store_waited_for", reason=error.reason)
                told = True
                await asyncio.sleep(STORE_PAUSE_S)


class Standing:
    """What a service says of itself. Not ready before it has begun."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.address = ""
        """Where clients reach it, if it has such an address."""
        self._look: Look = lambda: readiness("starting")

    def look(self) -> Found:
        """Whether it is ready now."""
        return self._look()

    def watch(self, look: Look) -> None:
        """From now on `look` says whether it is ready."""
        self._look = look

    def begin(self, address: str = "") -> None:
        """It has begun."""
        self.address = address
        self.begun.set()
