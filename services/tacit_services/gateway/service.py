"""Builds a gateway from its ports and serves until it is cancelled. Only a `main` (or `tacit up`) calls it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ssl import SSLContext

import structlog
from aiohttp import web
from yarl import URL

from tacit.rules import Verifiers, catalogue, genesis
from tacit_services.gateway.app import Edge, build_app
from tacit_services.gateway.board import Board
from tacit_services.gateway.board_feed import BoardFeed, Boards
from tacit_services.gateway.board_log import BoardLog
from tacit_services.gateway.board_views import BoardViews
from tacit_services.gateway.config import DRAIN_S, GatewayConfig
from tacit_services.gateway.doors import Doors
from tacit_services.gateway.enquiries import Enquiries
from tacit_services.gateway.going_on import Charter, GatewayFold
from tacit_services.gateway.health import Health, Readiness
from tacit_services.gateway.log_feed import LogFeed
from tacit_services.gateway.log_follower import LogFollower
from tacit_services.gateway.metrics import Metrics
from tacit_services.gateway.open_submit import OpenSubmit
from tacit_services.gateway.page_files import page_routes
from tacit_services.gateway.recent import Ring
from tacit_services.gateway.tail import Tail
from tacit_services.gateway.tries import Tries
from tacit_services.gateway.wiring import GatewayPorts, Wiring
from tacit_services.kept_fold import KeptFold

log = structlog.get_logger()


async def serve(
    config: GatewayConfig,
    ports: GatewayPorts,
    started: Callable[[str], None],
    watched: Callable[[Callable[[], Readiness]], None] | None = None,
) -> None:
    """Serve clients until cancelled; then say goodbye to all and close within `DRAIN_S`.

    `started` is told the address (`http://host:port`) once clients can connect; `watched`, before that, how to ask
    whether it is ready. A record that is not founded yet is waited for.

    Raises:
        RecordGapError: the record itself has a hole.
        OSError: the port cannot be had.
    """
    doors = Doors(config.connections_max, config.connections_per_credential_max)
    tries = Tries(
        config.sign_in_tries_per_s,
        config.sign_in_tries_burst,
        config.sign_in_addresses_max,
        asyncio.get_running_loop().time,
    )
    charter, metrics = Charter(), Metrics(ports.registry)
    ring = Ring(config.ring_entries, config.ring_bytes_max)
    state = genesis(catalogue())
    board = Board(state)
    tail = Tail(ports.store, state, ring, (charter.watch, doors.watch, board.watch))
    health = Health(config, ports.store, ports.submitter, tail, metrics)
    if watched is not None:
        watched(health.readiness)
    audiences = set(config.audiences)
    enquiries = Enquiries(config, ports.queries, tail, metrics)
    log_feed = LogFeed(config, ports.log, metrics)
    board_log = BoardLog(config.organisation, ports.clock.now, metrics)
    feed = BoardFeed(config, Boards(board, board_log, log_feed), tail, ports.clock, metrics)
    wiring = Wiring(
        config, audiences, ports, tail, enquiries, log_feed, doors, tries, Verifiers(), metrics, charter.envelope
    )
    async with asyncio.TaskGroup() as tasks:
        kept = KeptFold(ports.kept, config.organisation)
        tasks.create_task(tail.follow(kept, GatewayFold(tail, charter, board)))
        tasks.create_task(health.watch())
        tasks.create_task(wiring.log.watch())
        app = build_app(Edge(wiring, health), audiences)
        app.add_routes([web.post("/v1/submit", OpenSubmit(wiring).submit)])
        if config.board:
            tasks.create_task(_follow_log(tail, log_feed, board_log))
            views = BoardViews(config, enquiries)
            app.add_routes([*page_routes(), *feed.routes(), views.route()])
        async with _listening(config, ports.tls, app, doors, feed) as port:
            address = URL.build(scheme="https" if ports.tls else "http", host=config.host, port=port)
            audiences.update(() if config.audiences else (address.authority, f"localhost:{port}"))
            log.info("gateway_started", port=port)
            started(str(address))
            await asyncio.Event().wait()


async def _follow_log(tail: Tail, feed: LogFeed, board: BoardLog) -> None:
    await tail.beyond(0)
    board.learn(tail.state.charter)
    if board.has_log:
        await LogFollower(feed, board).follow()


@asynccontextmanager
async def _listening(
    config: GatewayConfig, tls: SSLContext | None, app: web.Application, doors: Doors, feed: BoardFeed
) -> AsyncIterator[int]:
    """Listen; at the end take nobody in any more, say goodbye, and wait `DRAIN_S` for the connections to close."""

    async def say_goodbye(_: web.Application) -> None:
        feed.close()
        log.info("gateway_stopping", connections=doors.close())

    app.on_shutdown.append(say_goodbye)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=DRAIN_S)
    try:
        await runner.setup()
        site = web.TCPSite(runner, config.host, config.port, ssl_context=tls)
        await site.start()
        yield site.port
    finally:
        await runner.cleanup()
