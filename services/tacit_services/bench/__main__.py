"""`python -m tacit_services.bench`: measure and print."""

import asyncio
import sys
from datetime import UTC, datetime

import uvloop

from tacit_services.bench.registrar_bench import AIM, FLOOR, LATENCY_AIM, P99_S_MAX, Plan, Report, run


def show(report: Report) -> str:
    """A table for a person."""
    lines = [f"{'way':14}{'in flight':>10}{'acts/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'verify/s':>10}{'ratio':>8}"]
    for line in report.lines:
        times = f"{line.run.p50_s * 1e3:9.2f}{line.run.p99_s * 1e3:9.2f}"
        rates = f"{line.run.rate:9.0f}{times}{line.verify_rate:10.0f}{line.ratio:8.3f}"
        lines.append(f"{line.way:14}{line.in_flight:10}{rates}")
    lines.append(f"floor {FLOOR} and aim {AIM} at 256 in flight, p99 below {P99_S_MAX * 1e3:.0f} ms")
    publish, receipt = report.publish_s * 1e3, report.receipt_s * 1e3
    lines.append(f"one receipt {receipt:.2f} ms, one fsynced publish {publish:.2f} ms")
    lines.append(f"latency ratio {report.latency_ratio:.2f}, aim below {LATENCY_AIM:.0f}")
    return "\n".join(lines)


def main() -> None:
    """Measure with the loop that the services use."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.stdout.write(show(runner.run(run(datetime.now(UTC), Plan()))) + "\n")


if __name__ == "__main__":
    main()
