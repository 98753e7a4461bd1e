"""The packaged scenarios, over real WebSockets, with each service in its own process on a cluster of three servers."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import aiohttp
import pytest

from tacit import subjects
from tacit_services.cli.service import SUPERSEDED
from tacit_services.scenario import NAMES, SPEED
from tacit_services.shell.nats_connection import connect
from tests.cluster import Cluster, cluster
from tests.end_to_end.services_apart import Apart, Stage, founded
from tests.scale import scale_name

pytestmark = [pytest.mark.requires("nats-server"), pytest.mark.timeout(300)]

SPEEDS: Final = {"article4-2022": 1e9, "deadline": SPEED}
"""As fast as they can be played, but no deadline may fall into the seconds in which the servers elect."""
PLAYED: Final = NAMES if scale_name() != "dev" else ("article4-2022",)
AWAY_S: Final = 1.0
HEARD_WAIT_S: Final = 30.0
SERVICE_EVENTS: Final = ["service_starting", "service_started", "service_stopped"]
METRICS: Final = {
    "registrar": "tacit_registrar_acts_recorded_total",
    "timekeeper": "process_resident_memory_bytes",
    "projector": "tacit_projector_kept_entries",
    "relay": "tacit_relay_",
    "gateway": "tacit_gateway_sign_ins_total",
}
"""One of each service's own, or of its process."""


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Cluster]:
    (tmp_path / "nats").mkdir()
    with cluster(tmp_path / "nats") as servers:
        yield servers


async def leader(stage: Stage) -> str:
    """The server that leads the stream of the record."""
    name = subjects.record_stream(stage.apart.organisation.organisation)
    async with connect(stage.apart.urls, None, "asking") as link:
        info = await link.client.jetstream().stream_info(name)
    assert info.cluster is not None
    assert info.cluster.leader is not None
    return info.cluster.leader


async def everybody_heard_everything(stage: Stage) -> None:
    """Wait until each connection has heard the last entry; none is skipped and none repeated on the way."""
    last = await stage.store.last_sequence() - 1
    async with asyncio.timeout(HEARD_WAIT_S):
        while set(stage.desk.heard.values()) != {last}:  # noqa: ASYNC110 - thirty connections: there is no one event
            await asyncio.sleep(0.1)


async def metrics(port: int) -> str:
    async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}/metrics") as answer:
        return await answer.text()


async def superseded(stage: Stage) -> int:
    """Start a second registrar beside the first, say something, and give the code with which the first ends."""
    first = stage.apart.supervisors["registrar"]
    second = stage.apart.another("registrar")
    with second.running():
        async with asyncio.timeout(HEARD_WAIT_S):
            term = stage.mirror.state.term
            await stage.mirror.wait_for(lambda state: state.term > term)
            await stage.demonstration.leave_silence_running()
            return await first.ended()


def assert_traced_from_process_to_process(apart: Apart) -> None:
    """A span of the gateway stands above one of the registrar, and what the projector folded below an append."""
    told = {service: apart.told(service) for service in ("gateway", "registrar", "projector")}
    handed_in = {(span["context"]["trace_id"], span["context"]["span_id"]) for span in told["gateway"]}
    taken = {(x["context"]["trace_id"], x["parent_id"]) for x in told["registrar"] if x["name"] == "registrar.submit"}
    commits = {span["context"]["span_id"] for span in told["registrar"] if span["name"] == "registrar.commit"}
    assert handed_in & taken
    assert commits & {span["parent_id"] for span in told["projector"]}


@pytest.mark.parametrize("name", PLAYED)
async def test_a_scenario_comes_out_as_written_while_the_leader_of_the_record_is_killed(
    name: str, servers: Cluster, tmp_path: Path
) -> None:
    apart = Apart(tmp_path, servers.urls, servers.replicas)
    async with apart.supervised(), founded(apart) as stage:
        killed = servers.kill_named(await leader(stage))
        async with asyncio.TaskGroup() as tasks:
            playing = tasks.create_task(stage.play(name, SPEEDS[name]))
            await asyncio.sleep(AWAY_S)
            servers.revive(killed)

        assert [] == playing.result()
        await everybody_heard_everything(stage)
        for service, port in apart.probes.items():
            assert METRICS[service] in await metrics(port)
        assert SUPERSEDED == await superseded(stage)
    assert_traced_from_process_to_process(apart)
    others = [each for service, each in apart.supervisors.items() if service != "registrar"]

    assert [0] * len(others) == [each.code for each in others]
    assert [1] * len(apart.supervisors) == [each.starts for each in apart.supervisors.values()]
    for each in apart.supervisors.values():
        lines = [line for line in each.log.read_text().splitlines() if not line.startswith("tacit: ")]
        assert SERVICE_EVENTS == [event for line in lines if (event := json.loads(line)["event"]) in SERVICE_EVENTS]
