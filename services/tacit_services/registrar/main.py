"""Puts a registrar together: the only file of this service that knows both the handler and the world."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry

from tacit import envelope
from tacit.rules import catalogue
from tacit.signing import Signer
from tacit_services.ports import Clock
from tacit_services.registrar.service import Registrar
from tacit_services.registrar.settings import Limits, Ports
from tacit_services.registrar.watch import Watch
from tacit_services.shell.act_index import SqliteActIndex
from tacit_services.shell.clock import SystemClock
from tacit_services.shell.elsewhere import Nobody
from tacit_services.shell.event_store.bodies import JetStreamBodyStore
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.organisation import OrganisationStreams
from tacit_services.shell.nats_connection import NatsConnection
from tacit_services.shell.requests import NatsRequests
from tacit_services.shell.threads import Threads
from tacit_services.tracing import UNTRACED, Tracing

WORKERS: Final = 2
"""Threads for signatures; more than there are processors gain nothing."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How it is to work, beside what it cannot do without. `replicas`: on how many servers its streams are kept.

    `clock`: the machine's unless another is given, as a re-enactment does.
    """

    limits: Limits | None = None
    tracing: Tracing = UNTRACED
    replicas: int = 1
    clock: Clock | None = None


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
    streams = OrganisationStreams(envelope.act_id(envelope.decode(charter).payload), options.replicas)
    store = await JetStreamEventStore.open(connection, streams.record)
    body_store = await JetStreamBodyStore.open(connection, streams.bodies)
    with Threads(WORKERS, "signatures") as workers, SqliteActIndex(index_file) as index:
        ports = Ports(
            store=store,
            bodies=body_store,
            clock=options.clock or SystemClock(),
            workers=workers,
            index=index,
            elsewhere=Nobody(),
            requests=NatsRequests(connection),
            sleep=asyncio.sleep,
            tracing=options.tracing,
        )
        yield Registrar(ports, signer, Watch(registry), rulesets=catalogue(), charter=charter, limits=options.limits)
