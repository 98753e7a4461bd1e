"""`tacit bench`: the registrar under load, against bounds measured in the same run."""

import asyncio
import sys
from datetime import UTC, datetime

import click
import msgspec
import uvloop

from tacit.cli.terminal import talk
from tacit_services.bench.registrar_bench import Plan, Report, run, show
from tacit_services.bench.relay_bench import RelayPlan, run_relay, show_relay
from tacit_services.shell.log import log_to


@click.command(epilog="\b\nExample:\n  tacit bench --json")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def bench(as_json: bool) -> None:
    """Measure accepted acts a second, the latency of a receipt and the lag of the bus (about a minute).

    Everything runs on a server of its own.
    Figures are ratios against what this machine verifies and stores in the same minute. Exit code 0, whatever they are.
    """
    talk().print("measuring: about a minute")
    with log_to(sys.stderr, "error"), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        report = runner.run(run(datetime.now(UTC), Plan()))
        bus = runner.run(run_relay(datetime.now(UTC), RelayPlan()))
    if as_json:
        click.echo(msgspec.json.encode({**_plain(report), "bus": bus}))
    else:
        click.echo(f"{show(report)}\n{show_relay(bus)}")


def _plain(report: Report) -> dict[str, object]:
    lines = [
        {
            "way": line.way,
            "in_flight": line.in_flight,
            "acts_per_second": line.run.rate,
            "p50_s": line.run.p50_s,
            "p99_s": line.run.p99_s,
            "verify_per_second": line.verify_rate,
            "ratio": line.ratio,
        }
        for line in report.lines
    ]
    return {
        "lines": lines,
        "publish_s": report.publish_s,
        "receipt_s": report.receipt_s,
        "latency_ratio": report.latency_ratio,
    }
