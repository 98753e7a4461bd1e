"""`tacit bench`: what this machine does, as ratios against bounds measured in the same run."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import click
import msgspec
import uvloop

from tacit.cli.terminal import output, talk
from tacit.ids import Suite
from tacit_services.bench.comparison import ComparedPlan, Comparison, show_comparisons
from tacit_services.bench.import_bench import generated, run_import_bench
from tacit_services.bench.log_bench import LogPlan, run_log_bench, show_log
from tacit_services.bench.registrar_bench import Plan, Report, run, show
from tacit_services.bench.relay_bench import RelayPlan, run_relay, show_relay
from tacit_services.bench.replay_bench import ReplayPlan, run_replay_bench, show_replay
from tacit_services.bench.start_bench import run_start_bench
from tacit_services.cli.importing import read_collection
from tacit_services.shell.log import log_to

NAMES: Final = ("registrar", "hybrid", "relay", "log", "replay", "start", "compared", "import")
HYBRID: Final[Suite] = "ed25519+mldsa65"
SAMPLE_CALLS: Final = 120


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """How much is measured of each."""

    registrar: Plan = Plan()
    hybrid: Plan = Plan(acts=((1, 50), (256, 1_500)), suite=HYBRID)
    relay: RelayPlan = RelayPlan()
    log: LogPlan = LogPlan()
    replay: ReplayPlan = ReplayPlan()
    start: int = 20_000
    """Acts."""
    compared: ComparedPlan = ComparedPlan()
    generated: tuple[int, int] = (60, 100)
    """States and roll calls."""
    signed: int = 2_000


QUICK: Final = Sizes(
    registrar=Plan(acts=((4, 20),), members=3),
    hybrid=Plan(acts=((4, 20),), members=3, suite=HYBRID),
    relay=RelayPlan(acts=((4, 20),)),
    log=LogPlan(entries=1_000, rounds=1, proofs=20, load_s=1, per_second=40),
    replay=ReplayPlan(acts=300, rounds=1, bound=100),
    start=60,
    compared=ComparedPlan(rounds=2, acts=40, saves=10, entries=60, events=20),
    generated=(4, 3),
    signed=20,
)


@click.command(epilog="\b\nExample:\n  tacit bench registrar relay --json")
@click.argument("names", nargs=-1, type=click.Choice(NAMES))
@click.option("--unga", type=click.Path(path_type=Path, exists=True, file_okay=False), help="The collection to import.")
@click.option("--roll-calls", type=click.IntRange(1), default=SAMPLE_CALLS, help="Of it. [120]")
@click.option("--whole", is_flag=True, help="Import the whole collection: that takes an hour.")
@click.option("--quick", is_flag=True, help="So little that it says nothing about the machine, only that it runs.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def bench(
    names: tuple[str, ...], unga: Path | None, roll_calls: int, *, whole: bool, quick: bool, as_json: bool
) -> None:
    """Measure registrar, bus, log, audit, views and import (all of them, or those named; some minutes).

    Everything runs on a server of its own. Figures are ratios against what this machine verifies and stores, or what
    the library `eventsourcing` saves and replays, in the same minutes. Exit code 0, whatever they are.
    """
    chosen = names or NAMES
    if "compared" in chosen and find_spec("eventsourcing") is None:
        click.echo(
            "tacit: `compared` needs the library eventsourcing: `make bench`, or tacit-services[bench].", err=True
        )
        sys.exit(2)
    talk().print(f"measuring: {', '.join(chosen)}")
    sizes, found = QUICK if quick else Sizes(), dict[str, object]()
    with log_to(sys.stderr, "error"), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for name in chosen:
            measured, shown = runner.run(_measure(name, sizes, unga, None if whole else roll_calls))
            found |= measured
            if not as_json:
                output().print(shown, highlight=False, soft_wrap=True)
    if as_json:
        click.echo(msgspec.json.encode(found))


async def _measure(name: str, sizes: Sizes, unga: Path | None, limit: int | None) -> tuple[dict[str, object], str]:
    """What was found, for a program and for a person."""
    now = datetime.now(UTC)
    if name == "registrar":
        report = await run(now, sizes.registrar)
        return _plain(report), show(report)
    if name == "hybrid":
        report = await run(now, sizes.hybrid)
        return {"hybrid": _plain(report)}, f"{HYBRID}\n{show(report)}"
    if name == "relay":
        lines = await run_relay(now, sizes.relay)
        return {"bus": lines}, show_relay(lines)
    if name == "log":
        log = await run_log_bench(now, sizes.log)
        return {"log": {**msgspec.structs.asdict(log), "audit": _rows([log.audit])[0]}}, show_log(log)
    if name == "replay":
        replay = await run_replay_bench(now, sizes.replay)
        found = {**msgspec.structs.asdict(replay), "replay": _rows([replay.replay])[0]}
        return {"replay": found}, show_replay(replay)
    if name == "start":
        begun = await run_start_bench(now, sizes.start)
        sooner = {"registrar": begun.sooner, **begun.readers}
        times = ", ".join(f"{service} {each:.1f}" for service, each in sooner.items())
        words = f"begun from the state that it kept, so many times sooner at work: {times} ({begun.entries} entries)"
        return {"start": msgspec.structs.asdict(begun)}, words
    if name == "compared":
        # Only here: who measures the rest needs no other library.
        from tacit_services.bench.compared import run_compared  # noqa: PLC0415 - see above

        compared = await run_compared(now, sizes.compared)
        return {"compared": _rows(compared)}, show_comparisons(compared)
    source = generated(*sizes.generated) if unga is None else read_collection(unga)
    comparison, summary = await run_import_bench(source, limit, sizes.signed)
    shown = (
        f"{show_comparisons([comparison])}\n{summary.acts} acts of {summary.states} states in {summary.seconds:.1f} s"
    )
    return {"import": {**_rows([comparison])[0], "acts": summary.acts, "states": summary.states}}, shown


def _rows(found: Sequence[Comparison]) -> list[dict[str, object]]:
    return [{**msgspec.structs.asdict(each), "ratio": each.ratio, "worst": min(each.ratios)} for each in found]


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
