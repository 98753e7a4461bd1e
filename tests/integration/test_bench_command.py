"""`tacit bench` runs, small, and measures what it says: as much of theirs as of ours, of the same size."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

from tacit_services.bench.comparison import Comparison, in_turn
from tacit_services.bench.ledger import Kept, Views
from tacit_services.cli import bench as command
from tacit_services.projector import VIEWS


@pytest.mark.requires("nats-server")
def test_everything_is_measured_beside_its_bound() -> None:
    done = CliRunner().invoke(command.bench, ["--quick", "--json"], catch_exceptions=False)

    assert 0 == done.exit_code, done.output
    found = json.loads(done.stdout.splitlines()[-1])
    compared = [*found["compared"], found["import"]]
    rebuild = f"rebuild of {len(VIEWS)} views"
    assert ["accepted acts", rebuild, rebuild, "import of votes"] == [each["name"] for each in compared]
    assert [1.5, 2.0, None, None] == [each["aim"] for each in compared]
    assert [2, 2, 2, 1] == [len(each["ours"]) for each in compared] == [len(each["theirs"]) for each in compared]
    assert all(each["ratio"] >= each["worst"] > 0 for each in compared)
    ways = ["in process", "over the bus"]
    assert [ways, ways] == [[line["way"] for line in each["lines"]] for each in (found, found["hybrid"])]
    assert all(line["ratio"] > 0 for each in (found, found["hybrid"]) for line in each["lines"])
    assert (300, 0.8) == (found["replay"]["entries"], found["replay"]["replay"]["aim"])
    assert found["replay"]["going_on"] > 0
    assert found["replay"]["state_bytes"] in range(1_000, 100_000)
    assert 0 < found["replay"]["memory_of_a_tenth"] <= found["replay"]["memory_of_all"] * 1.5
    assert (True, 12 + 2 + 60 + 1 + 2) == (found["start"]["sooner"] > 0, found["start"]["entries"])
    assert ["gateway", "timekeeper", "relay", "projector"] == list(found["start"]["readers"])
    assert all(sooner > 0 for sooner in found["start"]["readers"].values())
    assert [4] == [line["in_flight"] for line in found["bus"]]


@pytest.mark.requires("nats-server")
def test_a_person_gets_tables() -> None:
    done = CliRunner().invoke(command.bench, ["import", "--quick"], catch_exceptions=False)

    assert "import of votes: signed and verified by two threads" in done.stdout
    assert "of 4 states" in done.stdout


def test_without_the_library_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "find_spec", lambda name: None if name == "eventsourcing" else find_spec(name))

    done = CliRunner().invoke(command.bench, ["--quick"])

    assert (2, True) == (done.exit_code, "make bench" in done.stderr)


def test_their_events_are_of_the_size_that_is_wished_and_all_are_replayed(tmp_path: Path) -> None:
    with Kept(tmp_path) as kept:
        kept.fit(1_500)
        kept.save_rate(5)
        *_, last = kept._ledger.recorder.select_notifications(1, 100)
        assert (True, True) == (kept.replay_rate() > 0, kept.project_rate() > 0)

    views = Views(env={"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(tmp_path / "views-1.sqlite")})
    rows = views.recorder.select_notifications(1, 100)
    views.close()
    assert 1_500 == len(last.state)
    assert (1 + kept.saved, kept.saved) == (int(str(last.id)), len(rows))


async def test_everybody_has_a_turn_in_every_round() -> None:
    turns: list[str] = []

    async def measure(name: str, rate: float) -> float:
        turns.append(name)
        return rate

    found = await in_turn(3, lambda: measure("ours", 6.0), lambda: measure("theirs", 2.0))

    assert ["ours", "theirs"] * 3 == turns
    compared = Comparison(name="x", ours=found[0], theirs=(2.0, 1.0, 3.0), bound="y", aim=None)
    assert [3.0, 6.0, 2.0] == compared.ratios
    assert 3.0 == compared.ratio
