"""The projector as it runs: keeping views, and answering questions to them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from prometheus_client import CollectorRegistry

from tacit import subjects
from tacit.ids import ActId
from tacit.query import STATUS
from tacit_services.kept_fold import KeptFold
from tacit_services.ports import EventStore, KeptState, StoreFailedError
from tacit_services.projector.answering import Answerer, Entitlement, entitled_bodies
from tacit_services.projector.catalogue import VIEWS
from tacit_services.projector.config import RETRY_S
from tacit_services.projector.folding import View
from tacit_services.projector.keeping import Projector
from tacit_services.projector.watch import Watch
from tacit_services.tracing import UNTRACED, Tracing
from tacit_services.views import ViewStore

NAME: Final = "tacit-projector"
VERSION: Final = "0.1.0"
"""Of the questions and answers, as the discovery of NATS tells it."""


class Endpoints(Protocol):
    """Where questions come in."""

    def serving(
        self, name: str, version: str, endpoints: Mapping[str, Callable[[bytes], Awaitable[bytes]]]
    ) -> AbstractAsyncContextManager[None]:
        """Answer on these subjects within the block. Raises StoreFailedError where that is not possible now."""
        ...


@dataclass(frozen=True)
class ProjectorPorts:
    """What a projector is given. There is nothing among it by which it could say anything."""

    store: EventStore
    kept: ViewStore
    endpoints: Endpoints
    registry: CollectorRegistry
    tracing: Tracing = UNTRACED
    state: KeptState | None = None
    """Where the state of the fold is kept; None: the record is folded from entry 0 at each start."""


async def project(
    organisation: ActId,
    ports: ProjectorPorts,
    views: Sequence[View] = VIEWS,
    entitled: Entitlement = entitled_bodies,
    watch: Watch | None = None,
) -> None:
    """Keep the views and answer questions to them, until cancelled. `watch` is what tells whether it is ready.

    Raises:
        RecordGapError: when the record itself has a hole.
    """
    watch = watch or Watch(ports.registry)
    following = KeptFold(ports.state, organisation)
    projector = Projector(ports.store, ports.kept, watch, views, following, ports.tracing)
    answerer = Answerer(ports.kept, lambda: projector.state, watch, entitled)
    endpoints: dict[str, Callable[[bytes], Awaitable[bytes]]] = {
        subjects.query(organisation, view.table.name): partial(answerer.answer, view.table.name) for view in views
    }
    endpoints[subjects.query(organisation, STATUS)] = answerer.status
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(projector.run())
        tasks.create_task(_answer(ports.endpoints, endpoints, watch))


async def _answer(edge: Endpoints, endpoints: Mapping[str, Callable[[bytes], Awaitable[bytes]]], watch: Watch) -> None:
    while True:
        try:
            async with edge.serving(NAME, VERSION, endpoints):
                await asyncio.get_running_loop().create_future()
        except StoreFailedError as error:
            watch.store_failed(error.reason)
            await asyncio.sleep(RETRY_S)
