"""Puts a relay together: the only file of this service that knows both the handler and the world."""

import asyncio

from prometheus_client import CollectorRegistry

from tacit.ids import ActId
from tacit.rules import catalogue, genesis
from tacit_services.kept_fold import KeptFold
from tacit_services.ports import RecordGapError
from tacit_services.relay.errors import RelayError
from tacit_services.relay.event import CONTENT_TYPE
from tacit_services.relay.relaying import Ports, Relay
from tacit_services.relay.telling import Telling
from tacit_services.relay.watch import Watch
from tacit_services.shell.clock import SystemClock
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.organisation import OrganisationStreams
from tacit_services.shell.nats_connection import NatsConnection


async def assemble(
    connection: NatsConnection,
    organisation: ActId,
    registry: CollectorRegistry,
    kept: KeptFold,
    replicas: int = 1,
) -> Relay:
    """A relay on NATS that goes on from what is `kept`. Of the streams only that of events is made where missing.

    `replicas`: on how many servers that is. Raises `StreamDiffersError`, `StoreFailedError`.
    """
    streams = OrganisationStreams(organisation, replicas)
    ports = Ports(
        record=await JetStreamEventStore.open(connection, streams.record, make=False),
        events=await open_events(connection, organisation, replicas),
        clock=SystemClock(),
        sleep=asyncio.sleep,
    )
    telling = Telling(organisation, genesis(catalogue()))
    return Relay(ports, telling, Watch(registry), kept)


async def open_events(connection: NatsConnection, organisation: ActId, replicas: int = 1) -> JetStreamEventStore:
    """The stream of events, which only relays append to. Raises as `assemble` does."""
    settings = OrganisationStreams(organisation, replicas).events(CONTENT_TYPE)
    return await JetStreamEventStore.open(connection, settings)


async def serve(relay: Relay) -> None:
    """Run a relay and measure its lag until cancelled. Raises as `Relay.run` does."""
    failed: RelayError | RecordGapError | None = None
    async with asyncio.TaskGroup() as tasks:
        looking = tasks.create_task(relay.look())
        try:
            await relay.run()
        except (RelayError, RecordGapError) as error:
            failed = error  # raised below, where no group is made of it
        finally:
            looking.cancel()
    if failed is not None:
        raise failed
