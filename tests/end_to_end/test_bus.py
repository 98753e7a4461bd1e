"""The bus of `tacit up`, as an integrator finds it: with the files of the data folder and our examples."""

import json
from pathlib import Path

import pytest

from tacit import envelope
from tests.end_to_end.test_up import become_ready, staying_up
from tests.integration.bus_town import run_example
from tests.ports import free_port

pytestmark = pytest.mark.requires("nats-server")

OFFICE = "XVV/permanent-representative"
"""A member that no scenario lets speak: two who sign with one credential would disturb one another."""
FOUNDING_ENTRIES = 92


async def test_an_exercise_is_heard_on_its_bus_and_takes_an_act_from_it(tmp_path: Path) -> None:
    port = free_port()
    connection = tmp_path / "nats" / "connection.json"
    with staying_up(tmp_path, "--port", str(port)):
        await become_ready(port)
        charter = tmp_path / "charter.json"
        organisation = envelope.act_id(envelope.decode(charter.read_bytes()).payload)
        heard = await run_example("bus_listener_plain.py", connection, organisation[:12], "--count", FOUNDING_ENTRIES)
        key = tmp_path / "keys" / f"{OFFICE}.json"
        said = await run_example("bus_submit.py", connection, charter, key, OFFICE, "council/east", "Hello", "Text")
        index = int(said.lines[0].split()[2])
        told = await run_example(
            "bus_listener_plain.py", connection, organisation[:12], "--after", index - 1, "--count", 1
        )

    sequences = [int(json.loads(line)["sequence"]) for line in heard.lines]
    assert [*range(FOUNDING_ENTRIES)] == sequences
    assert (0, 0) == (said.code, told.code), said.errors + told.errors
    event = json.loads(told.lines[0])
    assert (index, "tacit.message.posted.v1") == (int(event["sequence"]), event["type"])
