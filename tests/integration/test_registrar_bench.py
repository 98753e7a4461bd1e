"""The measurement runs, small, and says what it should."""

from datetime import UTC, datetime

import pytest

from tacit_services.bench.registrar_bench import Plan, run, show

pytestmark = pytest.mark.requires("nats-server")


async def test_both_ways_are_measured_against_their_bounds() -> None:
    plan = Plan(acts=((1, 5), (16, 100)))

    report = await run(datetime.now(UTC), plan)

    assert [("in process", 1), ("in process", 16), ("over the bus", 1), ("over the bus", 16)] == [
        (line.way, line.in_flight) for line in report.lines
    ]
    assert all(
        line.run.acts in {5, 100} and line.ratio > 0 and line.run.p99_s >= line.run.p50_s for line in report.lines
    )
    assert report.latency_ratio > 0
    assert "aim below 3" in show(report)
