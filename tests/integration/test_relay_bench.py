"""The measurement of the bus runs, small, and says what it should."""

from datetime import UTC, datetime

import pytest

from tacit_services.bench.relay_bench import RelayPlan, run_relay, show_relay

pytestmark = pytest.mark.requires("nats-server")


async def test_the_lag_of_the_bus_is_measured_at_each_number_in_flight() -> None:
    lines = await run_relay(datetime.now(UTC), RelayPlan(acts=((1, 5), (16, 60))))

    assert [1, 16] == [line.in_flight for line in lines]
    assert all(0 < line.acts <= most for line, most in zip(lines, (5, 60), strict=True))
    assert all(line.rate > 0 and 0 < line.p50_s <= line.p99_s for line in lines)
    assert "from received_at to a listener" in show_relay(lines)
