"""Puts a registrar together: the only file of this service that knows both the handler and the world."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp
from prometheus_client import CollectorRegistry

from tacit import envelope
from tacit.ids import ActId, StateCode
from tacit.rules import catalogue
from tacit.signing import Signer
from tacit_services.archived_copy import ArchivedCopy
from tacit_services.archived_end import ArchivedEnd
from tacit_services.copies import RecordCopy
from tacit_services.ports import Clock
from tacit_services.registrar.mirrored import MirroredCopy
from tacit_services.registrar.service import Registrar
from tacit_services.registrar.settings import Limits, Ports
from tacit_services.registrar.signed_heads import SignedHeads
from tacit_services.registrar.watch import Watch
from tacit_services.shell.act_index import SqliteActIndex
from tacit_services.shell.archive import FolderArchive
from tacit_services.shell.clock import SystemClock
from tacit_services.shell.copies import BusCopies
from tacit_services.shell.elsewhere import Everybody
from tacit_services.shell.event_store.bodies import JetStreamBodyStore
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.organisation import OrganisationStreams
from tacit_services.shell.event_store.stream import ensure_stream
from tacit_services.shell.kept_state import FileKeptState
from tacit_services.shell.nats_connection import NatsConnection
from tacit_services.shell.requests import NatsRequests
from tacit_services.shell.threads import Threads
from tacit_services.shell.witnesses import HttpWitness
from tacit_services.tracing import UNTRACED, Tracing

WORKERS: Final = 2
"""Threads for signatures; more than there are processors gain nothing."""
STATE_FILE: Final = "registrar-state"
"""Beside the index: the state of the fold. It may be missing or deleted at any time."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How it is to work, beside what it cannot do without. `replicas`: on how many servers its streams are kept.

    `clock`: the machine's unless another is given, as a re-enactment does. `archive`: where the notary's archive lies,
    if it lies on this machine. `witnesses`: where each state's witness shows what it cosigned last.
    """

    limits: Limits | None = None
    tracing: Tracing = UNTRACED
    replicas: int = 1
    clock: Clock | None = None
    archive: Path | None = None
    witnesses: Mapping[StateCode, str] = field(default_factory=dict)


@asynccontextmanager
async def assemble(
    connection: NatsConnection,
    charter: bytes,
    signer: Signer,
    index_file: Path,
    registry: CollectorRegistry,
    options: Options | None = None,
) -> AsyncIterator[Registrar]:
    """A registrar on NATS for the organisation of this charter (an envelope), which it founds if nothing is recorded.

    `index_file` may be missing or deleted at any time while no registrar runs. The streams are opened, and made where
    they are missing.

    Raises `RefusedError` or `NotFoundedError` where `charter` is none, `StreamDiffersError`, `StoreFailedError`.
    """
    options = options or Options()
    organisation = envelope.act_id(envelope.decode(charter).payload)
    streams = OrganisationStreams(organisation, options.replicas)
    store = await JetStreamEventStore.open(connection, streams.record)
    body_store = await JetStreamBodyStore.open(connection, streams.bodies)

    async def remade() -> None:
        for stream in (streams.record, streams.bodies):
            await ensure_stream(connection, stream)

    async with AsyncExitStack() as stack:
        workers = stack.enter_context(Threads(WORKERS, "signatures"))
        index = stack.enter_context(SqliteActIndex(index_file))
        elsewhere = await stack.enter_async_context(_everybody(connection, organisation, charter, options))
        ports = Ports(
            store=store,
            bodies=body_store,
            clock=options.clock or SystemClock(),
            workers=workers,
            index=index,
            kept=FileKeptState(index_file.with_name(STATE_FILE)),
            elsewhere=elsewhere,
            requests=NatsRequests(connection),
            sleep=asyncio.sleep,
            remade=remade,
            tracing=options.tracing,
        )
        yield Registrar(ports, signer, Watch(registry), rulesets=catalogue(), charter=charter, limits=options.limits)


@asynccontextmanager
async def _everybody(
    connection: NatsConnection, organisation: ActId, charter: bytes, options: Options
) -> AsyncIterator[Everybody]:
    async with AsyncExitStack() as stack:
        archive: FolderArchive | None = None
        copies: list[RecordCopy] = []
        if options.archive is not None and options.archive.is_dir():
            archive = stack.enter_context(FolderArchive(options.archive))
            shown = (archive, organisation, "the archive on this machine")
            copies += [ArchivedCopy(*shown), ArchivedEnd(*shown)]
        session = await stack.enter_async_context(aiohttp.ClientSession())
        for state, prefix in options.witnesses.items():
            copies.append(MirroredCopy(state, HttpWitness(session, prefix), charter, archive))
        yield Everybody(SignedHeads(BusCopies(connection, organisation), charter), copies)
