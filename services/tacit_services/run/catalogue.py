"""How each service is put together and run, by its name.

A new service enters here and in `services`, and both `tacit up` and `tacit service` have it. Each runs until it is
cancelled, and then stops in order.
"""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, Final

import structlog

from tacit.rules import catalogue, genesis
from tacit_services.archived_copy import ArchivedCopy
from tacit_services.archived_end import ArchivedEnd
from tacit_services.gateway import GatewayConfig
from tacit_services.gateway.service import serve as serve_gateway
from tacit_services.gateway.wiring import GatewayPorts
from tacit_services.kept_fold import KeptFold
from tacit_services.notary.main import Stores, named_log
from tacit_services.notary.main import assemble as assemble_notary
from tacit_services.notary.main import serve as serve_notary
from tacit_services.projector.service import ProjectorPorts, project
from tacit_services.projector.watch import Watch as ProjectorWatch
from tacit_services.registrar.main import Options as RegistrarOptions
from tacit_services.registrar.main import assemble as assemble_registrar
from tacit_services.relay.main import assemble as assemble_relay
from tacit_services.relay.main import serve as serve_relay
from tacit_services.run.around import Around, Standing
from tacit_services.run.tls import server_tls
from tacit_services.shell.archive import FolderArchive
from tacit_services.shell.copies import showing
from tacit_services.shell.entropy import MACHINE_ENTROPY
from tacit_services.shell.kept_state import FileKeptState
from tacit_services.shell.log_asking import NatsLog
from tacit_services.shell.micro import NatsMicro
from tacit_services.shell.probes import readiness
from tacit_services.shell.querying import NatsQueries
from tacit_services.shell.view_store import ThreadedViews
from tacit_services.timekeeper import keep_time

log = structlog.get_logger()


async def _register(around: Around, standing: Standing) -> None:
    streams = around.streams
    await around.made(streams.record, streams.bodies)
    making = assemble_registrar(
        around.link,
        around.identity.charter,
        around.identity.signer("registrar"),
        around.files.registrar_index,
        around.registry,
        RegistrarOptions(
            limits=around.settings.registrar,
            tracing=around.tracing,
            replicas=streams.replicas,
            clock=around.clock,
            archive=_archive_folder(around),
            witnesses=around.settings.notary.prefixes,
        ),
    )
    async with making as registrar, asyncio.TaskGroup() as tasks:
        registering = tasks.create_task(registrar.run())
        try:
            await registrar.serving.wait()
            standing.watch(lambda: readiness(registrar.unready()))
            standing.begin()
            await _until_cancelled()
        finally:
            await registrar.stop()
            await asyncio.wait([registering])


async def _keep_time(around: Around, standing: Standing) -> None:
    author, store = around.identity.author("timekeeper"), await around.record()
    kept = KeptFold(around.kept_state("timekeeper"), around.organisation)
    standing.watch(lambda: readiness(around.unlinked(), kept.unready))
    standing.begin()
    await keep_time(store, around.submitter(), around.clock, author, genesis(catalogue()), kept)


async def _project(around: Around, standing: Standing) -> None:
    watch, store = ProjectorWatch(around.registry), await around.record("a projector")
    with ThreadedViews(around.files.views, around.organisation) as kept:
        ports = ProjectorPorts(
            store=store,
            kept=kept,
            endpoints=NatsMicro(around.link),
            registry=around.registry,
            tracing=around.tracing,
            state=around.kept_state("projector"),
        )
        standing.watch(watch.status)
        standing.begin()
        await project(around.organisation, ports, watch=watch)


async def _relay(around: Around, standing: Standing) -> None:
    kept = KeptFold(around.kept_state("relay"), around.organisation)
    asked = (around.link, around.organisation, around.registry, kept, around.streams.replicas)
    relay = await around.patiently(partial(assemble_relay, *asked))
    standing.watch(lambda: readiness(around.unlinked(), kept.unready))
    standing.begin()
    await serve_relay(relay)


async def _notarise(around: Around, standing: Standing) -> None:
    named = named_log(around.identity.charter)
    if named is None:
        log.warning("notary_not_named")
        standing.watch(lambda: readiness(None))
        standing.begin()
        await _until_cancelled()
        return
    folder, settings = _archive_folder(around), around.settings.notary
    # Before the record is there: a registrar that has to make it again asks for this.
    with FolderArchive(folder) as archive:
        shown = (archive, around.organisation, "the notary's archive")
        around.copies.extend((ArchivedCopy(*shown), ArchivedEnd(*shown)))
        kept = FileKeptState(around.files.kept_state("notary"))
        stores = Stores(await around.record("the notary"), await around.bodies(), kept, around.clock)
        making = assemble_notary(stores, named, around.identity.log_signer(), folder, around.registry, settings)
        async with making as assembled:
            standing.watch(lambda: readiness(around.unlinked()))
            await serve_notary(assembled, standing.begin, NatsMicro(around.link), around.log_listener)


async def _serve_clients(around: Around, standing: Standing) -> None:
    config = GatewayConfig.of(around.organisation, around.settings.gateway)
    ports = GatewayPorts(
        store=await around.record("a gateway"),
        bodies=await around.bodies(),
        submitter=around.submitter(),
        queries=NatsQueries(around.link, around.organisation),
        clock=around.clock,
        entropy=MACHINE_ENTROPY,
        registry=around.registry,
        tracing=around.tracing,
        tls=server_tls(around.settings.gateway),
        log=NatsLog(around.link, around.organisation),
        kept=around.kept_state("gateway"),
    )
    await serve_gateway(config, ports, started=standing.begin, watched=standing.watch)


def _archive_folder(around: Around) -> Path:
    return Path(around.settings.notary.archive_folder or around.files.archive)


async def run_service(name: str, around: Around, standing: Standing) -> None:
    """Run one service until cancelled, and show what it has of the record to whoever has lost some of it."""
    if name not in SHOWING:
        await RUN[name](around, standing)
        return
    async with showing(around.link, around.organisation, name, around.copies):
        await RUN[name](around, standing)


async def _until_cancelled() -> None:
    await asyncio.get_running_loop().create_future()


SHOWING: Final = frozenset({"projector", "notary", "gateway"})
"""Those who say how far they have seen the record, and give it back."""

RUN: Final[dict[str, Callable[[Around, Standing], Coroutine[Any, Any, None]]]] = {
    "registrar": _register,
    "timekeeper": _keep_time,
    "projector": _project,
    "relay": _relay,
    "notary": _notarise,
    "gateway": _serve_clients,
}
