"""A gateway with a projector behind it, in this process, for pages that are drawn from views."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from prometheus_client import CollectorRegistry

from tacit.ids import ActId
from tacit_services.gateway import GatewayConfig
from tacit_services.gateway.ports import Queries, Submitter
from tacit_services.gateway.wiring import GatewayPorts
from tacit_services.kept_fold import KeptFold
from tacit_services.ports import Clock
from tacit_services.projector import VIEWS
from tacit_services.projector.answering import Answerer
from tacit_services.projector.keeping import Projector
from tacit_services.projector.watch import Watch
from tacit_services.shell.event_store.memory import MemoryBodyStore, MemoryEventStore, MemoryRecord
from tacit_services.shell.querying import MemoryQueries
from tacit_services.shell.view_store import ThreadedViews
from tests.integration.doorstep import gateway
from tests.unit.projector.stage import reach


@asynccontextmanager
async def projected(record: MemoryRecord, organisation: ActId, folder: Path) -> AsyncIterator[Queries]:
    """A projector that follows a record within the block; gives the way to it once its views stand."""
    with ThreadedViews(folder / "views.sqlite", organisation) as kept:
        watch = Watch(CollectorRegistry())
        projector = Projector(MemoryEventStore(record), kept, watch, VIEWS, KeptFold(None, organisation))
        answerer = Answerer(kept, lambda: projector.state, watch)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(projector.run())
            await reach(projector, record.last)
            try:
                yield MemoryQueries({view.table.name: partial(answerer.answer, view.table.name) for view in VIEWS})
            finally:
                running.cancel()


@asynccontextmanager
async def served(
    record: MemoryRecord, organisation: ActId, folder: Path, submitter: Submitter, clock: Clock
) -> AsyncIterator[str]:
    """A gateway to a record and to a projector of it; gives the address."""
    bodies = MemoryBodyStore({})
    async with projected(record, organisation, folder) as queries:
        store = MemoryEventStore(record)
        ports = GatewayPorts(store, bodies, submitter, queries, clock, os.urandom, CollectorRegistry())
        async with gateway(GatewayConfig(organisation=organisation), ports) as url:
            yield url
