"""The packaged scenarios over real WebSockets, each service in its process, on three servers as deploy/ has them."""

import asyncio
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import aiohttp
import nats.errors
import nats.js.errors
import pytest

from tacit import subjects
from tacit.record.note import parse_note
from tacit.record.organisation_log import open_checkpoint, organisation_policy
from tacit.rules import State
from tacit_services.cli.service import SUPERSEDED
from tacit_services.notary.main import named_log
from tacit_services.scenario import SPEED
from tests.end_to_end.services_apart import Apart, Stage, apart, founded
from tests.scale import scale_name

pytestmark = [pytest.mark.requires("nats-server"), pytest.mark.timeout(300)]

SPEEDS: Final = {"article4-2022": 1e9, "deadline": SPEED}
"""As fast as they can be played, but no deadline may fall into the seconds in which the servers elect."""


def receipts_are_over(state: State) -> bool:
    """Whether what was to be acknowledged by a deadline has been, or is overdue."""
    asked = [each for body in state.bodies.values() for each in body.acknowledgements.values()]
    return bool(asked) and all(each.status != "OPEN" for each in asked)


KILLED_WHEN: Final[dict[str, Callable[[State], bool]]] = {
    "article4-2022": receipts_are_over,
    "deadline": lambda state: state.in_force,
}
"""From when on the leader may be killed: for the same reason."""
PLAYED: Final = tuple(SPEEDS) if scale_name() != "dev" else ("article4-2022",)
EMPTIED: Final = "article4-2022"
"""While this is played the server loses its store, too, and fetches everything from the other two."""
AWAY_S: Final = 1.0
HEARD_WAIT_S: Final = 30.0
CHECKPOINT_WAIT_S: Final = 30.0
SERVICE_EVENTS: Final = ["service_starting", "service_started", "service_stopped"]
METRICS: Final = {
    "registrar": "tacit_registrar_acts_recorded_total",
    "timekeeper": "process_resident_memory_bytes",
    "projector": "tacit_projector_kept_entries",
    "relay": "tacit_relay_",
    "notary": "tacit_notary_checkpoints_published_total",
    "gateway": "tacit_gateway_sign_ins_total",
}
"""One of each service's own, or of its process."""


async def under_a_checkpoint(stage: Stage) -> None:
    """Wait until everything in the record stands under a published checkpoint of both keys of the log."""
    organisation = stage.apart.organisation
    log = named_log(organisation.charter)
    assert log is not None
    policy, path = organisation_policy(*log), stage.apart.folder / "notary" / "archive" / "checkpoint"
    size = await stage.store.last_sequence()
    async with asyncio.timeout(CHECKPOINT_WAIT_S):
        while open_checkpoint(parse_note(path.read_bytes()), policy).checkpoint.size < size:  # noqa: ASYNC110 - no event tells of a file
            await asyncio.sleep(0.1)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Apart]:
    with apart(tmp_path) as town:
        yield town


async def leader(stage: Stage) -> str:
    """The server that leads the stream of the record; nothing while nobody does."""
    name = subjects.record_stream(stage.apart.organisation.organisation)
    async with stage.apart.linked("administrator") as link:
        try:
            info = await link.client.jetstream().stream_info(name)
        except (nats.errors.Error, nats.js.errors.APIError):
            return ""
    assert info.cluster is not None
    return info.cluster.leader or ""


async def another_leads(stage: Stage, number: int) -> None:
    """Wait until the others have elected: before that an empty server would be asked for what it has lost."""
    async with asyncio.timeout(HEARD_WAIT_S):
        while await leader(stage) in {"", f"n{number}"}:  # noqa: ASYNC110 - servers elect: there is no event
            await asyncio.sleep(0.1)


async def caught_up(stage: Stage, number: int) -> bool:
    """Wait until a server that was away says that it is healthy; then tell whether all three copies are up to date."""
    health = stage.apart.servers.health(number)
    async with asyncio.timeout(HEARD_WAIT_S), aiohttp.ClientSession() as http:
        while not await is_well(http, health):  # noqa: ASYNC110 - another process becomes healthy: no event
            await asyncio.sleep(0.1)
    name = subjects.record_stream(stage.apart.organisation.organisation)
    async with stage.apart.linked("administrator") as link:
        info = await link.client.jetstream().stream_info(name)
    assert info.cluster is not None
    return [True, True] == [each.current for each in info.cluster.replicas or ()]


async def is_well(http: aiohttp.ClientSession, health: str) -> bool:
    try:
        async with http.get(health) as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


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
async def test_a_scenario_comes_out_as_written_while_the_leader_of_the_record_is_killed(name: str, town: Apart) -> None:
    servers = town.servers
    async with town.supervised(), founded(town) as stage:
        async with asyncio.TaskGroup() as tasks:
            playing = tasks.create_task(stage.play(name, SPEEDS[name]))
            await stage.mirror.wait_for(KILLED_WHEN[name])
            killed = servers.kill_named(await leader(stage))
            await asyncio.sleep(AWAY_S)
            if name == EMPTIED:
                shutil.rmtree(servers.store(killed))
                await another_leads(stage, killed)
            servers.revive(killed)

        assert [] == playing.result()
        await everybody_heard_everything(stage)
        for service, port in town.probes.items():
            assert METRICS[service] in await metrics(port)
        await under_a_checkpoint(stage)
        assert SUPERSEDED == await superseded(stage)
        assert await caught_up(stage, killed)
    assert_traced_from_process_to_process(town)
    others = [each for service, each in town.supervisors.items() if service != "registrar"]

    assert [0] * len(others) == [each.code for each in others]
    assert [1] * len(town.supervisors) == [each.starts for each in town.supervisors.values()]
    for each in town.supervisors.values():
        lines = [line for line in each.log.read_text().splitlines() if not line.startswith("tacit: ")]
        assert SERVICE_EVENTS == [event for line in lines if (event := json.loads(line)["event"]) in SERVICE_EVENTS]
