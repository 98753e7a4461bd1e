"""The comparisons run, small, and measure what they say: as much of theirs as of ours, of the same size."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tacit.ids import Suite
from tacit_services.bench.compared import ComparedPlan, run_compared
from tacit_services.bench.comparison import Comparison, in_turn, show_comparisons
from tacit_services.bench.import_bench import generated, run_import_bench
from tacit_services.bench.ledger import Kept, Views
from tacit_services.bench.registrar_bench import Plan, run
from tacit_services.projector import VIEWS

SMALL = ComparedPlan(rounds=2, acts=40, saves=10, entries=60, events=20)


@pytest.mark.requires("nats-server")
async def test_registrar_and_projector_are_measured_beside_theirs_in_every_round() -> None:
    found = await run_compared(datetime.now(UTC), SMALL)

    assert ["accepted acts", *[f"rebuild of {len(VIEWS)} views"] * 2] == [each.name for each in found]
    assert all(len(each.ours) == len(each.theirs) == SMALL.rounds for each in found)
    assert all(rate > 0 for each in found for rate in (*each.ours, *each.theirs))
    assert [1.5, 2.0, None] == [each.aim for each in found]
    assert "Application.save of eventsourcing, SQLite" in show_comparisons(found)


def test_their_events_are_of_the_size_that_is_wished_and_all_are_replayed(tmp_path: Path) -> None:
    with Kept(tmp_path) as kept:
        kept.fit(1_500)
        kept.save_rate(5)
        first, *_, last = kept._ledger.recorder.select_notifications(1, 100)
        assert (kept.replay_rate() > 0, kept.project_rate() > 0) == (True, True)

    views = Views(env={"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(tmp_path / "views-1.sqlite")})
    rows = views.recorder.select_notifications(1, 100)
    views.close()
    assert 1_500 == len(last.state)
    assert (1 + kept.saved, kept.saved) == (int(str(last.id)), len(rows)), first.id


@pytest.mark.requires("nats-server")
async def test_an_import_is_measured_beside_its_bound() -> None:
    comparison, summary = await run_import_bench(generated(states=4, calls=3), None, signed=20)

    assert (3, 3) == (summary.tallies.compared, summary.tallies.equal)
    assert 0 < summary.acts
    assert (summary.acts_per_second,) == comparison.ours
    assert comparison.ratio > 0


@pytest.mark.requires("nats-server")
async def test_the_other_suite_is_measured_against_its_own_bound() -> None:
    suite: Suite = "ed25519+mldsa65"

    report = await run(datetime.now(UTC), Plan(acts=((8, 20),), suite=suite, members=3))

    assert [20, 20] == [line.run.acts for line in report.lines]
    assert all(line.ratio > 0 for line in report.lines)


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
