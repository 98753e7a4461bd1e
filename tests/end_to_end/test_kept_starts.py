"""The readers of the record in processes of their own begin from what they kept, and do their work as before."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tacit.rules import catalogue, decode_snapshot, encode_snapshot
from tacit_services.relay.main import open_events
from tacit_services.shell.entropy import MACHINE_ENTROPY
from tacit_services.shell.organisation_files import OrganisationFiles
from tacit_services.shell.view_store.file import remove
from tacit_services.up.demonstration import Demonstration
from tests.end_to_end.services_apart import Apart, Stage, apart, founded
from tests.end_to_end.test_services_apart import everybody_heard_everything
from tests.scale import whole

pytestmark = [pytest.mark.requires("nats-server"), pytest.mark.timeout(300), whole]

NAMES: Final = ("gateway", "timekeeper", "relay", "projector")
PLAYED: Final = "article4-2022"
"""In it the timekeeper has something to state, and everybody hears of it over the gateway."""
SPEED: Final = 1e9
WAIT_S: Final = 30.0


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Apart]:
    with apart(tmp_path) as town:
        yield town


def kept(town: Apart, name: str) -> Path:
    return town.folder / name / f"{name}-state"


def told(town: Apart, name: str, event: str) -> list[dict[str, Any]]:
    """The lines of this event in the log of a service, over all its starts."""
    lines = [line for line in town.supervisors[name].log.read_text().splitlines() if line.startswith("{")]
    return [line for line in map(json.loads, lines) if line["event"] == event]


async def lines_told(town: Apart, name: str, event: str, before: int = 0) -> list[dict[str, Any]]:
    """Those lines, once there are more than `before`."""
    async with asyncio.timeout(WAIT_S):
        while len(found := told(town, name, event)) <= before:  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.1)
    return found


async def everything_is_published(stage: Stage) -> None:
    """Wait until every entry has its event, which the relay knows; it would have ended at one of another entry."""
    organisation = stage.apart.organisation.organisation
    async with stage.apart.linked("relay") as link, asyncio.timeout(WAIT_S):
        events = await open_events(link, organisation, stage.apart.servers.replicas)
        while await events.last_sequence() < await stage.store.last_sequence():  # noqa: ASYNC110 - another process publishes
            await asyncio.sleep(0.1)


async def started_again(town: Apart, meanwhile: Callable[[Apart], None] = lambda _: None) -> None:
    """Stop them in order, do something to their files, start them again, and wait until they can do their work."""
    for name in NAMES:
        await asyncio.to_thread(town.supervisors[name].stop)
    meanwhile(town)
    for name in NAMES:
        town.supervisors[name].start()
    await town.ready()


async def does_its_work(stage: Stage) -> None:
    """Play once more, in a channel of its own; how the acts come out is looked at elsewhere."""
    before = len(told(stage.apart, "timekeeper", "deadline_stated"))
    stage.demonstration = Demonstration(stage.apart.organisation, stage.mirror, stage.desk, MACHINE_ENTROPY)
    await stage.play(PLAYED, SPEED)
    assert before < len(await lines_told(stage.apart, "timekeeper", "deadline_stated", before))
    await everybody_heard_everything(stage)
    await everything_is_published(stage)


def make_useless(town: Apart) -> None:
    """Damage one, put a state of other entries in the place of the second, cut the third, lose the views."""
    raw = bytearray(kept(town, "gateway").read_bytes())
    raw[len(raw) // 2] ^= 1
    kept(town, "gateway").write_bytes(raw)
    found = decode_snapshot(kept(town, "timekeeper").read_bytes(), catalogue())
    kept(town, "timekeeper").write_bytes(encode_snapshot(found.state, bytes(32)))
    kept(town, "relay").write_bytes(kept(town, "relay").read_bytes()[:-1])
    remove(OrganisationFiles(town.folder / "projector").views)


async def test_they_go_on_from_what_they_kept_and_fold_all_where_that_is_of_no_use(town: Apart) -> None:
    async with town.supervised(), founded(town) as stage:
        await does_its_work(stage)
        last = await stage.store.last_sequence()
        await started_again(town)
        for name in NAMES:
            assert [last] == [line["size"] for line in await lines_told(town, name, "state_restored")]
        await does_its_work(stage)

        await started_again(town, make_useless)
        await stage.demonstration.leave_silence_running()
        await everybody_heard_everything(stage)
        await everything_is_published(stage)
        state = stage.mirror.state
    reasons = {name: [line["reason"] for line in told(town, name, "state_ignored")] for name in NAMES}
    wrong = {"gateway": "damaged", "timekeeper": "differs", "relay": "damaged", "projector": "longer_than_the_views"}
    assert {name: [reason] for name, reason in wrong.items()} == reasons
    for name in NAMES:
        assert 1 == len(told(town, name, "state_restored"))
        assert state == decode_snapshot(kept(town, name).read_bytes(), catalogue()).state
