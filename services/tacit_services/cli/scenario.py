"""`tacit scenario`: list the scripts that come with Tacit, and play one here and now, in virtual time."""

import asyncio
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import click
import msgspec
from rich.console import Console
from rich.text import Text

from tacit.cli.source import UnreadableError
from tacit.cli.terminal import output, stamp
from tacit_services.cli.virtual import VirtualExercise
from tacit_services.scenario import (
    NAMES,
    Player,
    RowReport,
    RunReport,
    Scenario,
    ScenarioError,
    Stage,
    packaged,
    read,
    report_row,
    scaled,
    sum_up,
    virtual,
)

FOUNDING: Final = timedelta(minutes=1)
"""How long before the first row the organisation is founded."""
MISMATCH: Final = 1


class Described(msgspec.Struct, frozen=True):
    """A scenario in a list."""

    name: str
    title: str
    rows: int
    not_yet_played: int
    members: int
    begins: datetime
    ends: datetime


@click.group(epilog="\b\nExample:\n  tacit scenario run deadline")
def scenario() -> None:
    """Scripts of consultations, with what must hold after every row."""


@scenario.command(name="list", epilog="\b\nExample:\n  tacit scenario list --json")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_(as_json: bool) -> None:
    """List the scenarios that come with Tacit."""
    console = output()
    for each in map(packaged, NAMES):
        described = _describe(each)
        if as_json:
            click.echo(msgspec.json.encode(described))
        else:
            parts = f"{described.rows} rows, {described.not_yet_played} of them not yet played in full"
            console.print(f"{each.name:<14}  {each.title} ({parts})")


def _describe(each: Scenario) -> Described:
    waiting = sum(row.not_yet_played is not None for row in each.rows)
    begins, ends = each.rows[0].at, each.rows[-1].at
    return Described(each.name, each.title, len(each.rows), waiting, len(each.members), begins, ends)


def _names(_context: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in NAMES if name.startswith(incomplete)]


@scenario.command(epilog="\b\nExamples:\n  tacit scenario run article4-2022\n  tacit scenario run deadline --json")
@click.argument("name", metavar="NAME", shell_complete=_names)
@click.option("--speed", type=click.FloatRange(min=0, min_open=True), help="Scale the times as a live playing would.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def run(context: click.Context, name: str, speed: float | None, as_json: bool) -> None:
    """Play a scenario in virtual time and compare the state after every row with what its script says.

    NAME is one of `tacit scenario list`, or a file that ends in .toml.
    Exit code 0: every row came out as expected. 1: one did not. 2: there is no such scenario, or it cannot be played.
    """
    chosen = _choose(name)
    try:
        report = asyncio.run(_run(chosen, speed, None if as_json else output()))
    except ScenarioError as error:
        raise UnreadableError(f"{name} cannot be played to its end: {error}.") from error
    if as_json:
        click.echo(msgspec.json.encode(report))
    context.exit(0 if report.ok else MISMATCH)


def _choose(name: str) -> Scenario:
    path = Path(name)
    try:
        return read(path.read_text("utf-8")) if path.suffix == ".toml" else packaged(name)
    except ScenarioError as error:
        raise UnreadableError(f"{error}: see tacit scenario list, or correct the file.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableError(f"{name} cannot be read ({error}): name a scenario or a file of one.") from error


async def _run(chosen: Scenario, speed: float | None, console: Console | None) -> RunReport:
    player, rows = _player(chosen, speed), []
    if console is not None:
        console.print(f"{chosen.title}: an exercise in virtual time", style="bold")
    async for outcome in player.play():
        rows.append(report_row(outcome, player.state))
        if console is not None:
            for line in show_row(rows[-1]):
                console.print(line)
    report = sum_up(chosen, tuple(rows))
    if console is not None:
        console.print(_verdict(report))
    return report


def _player(chosen: Scenario, speed: float | None) -> Player:
    times = virtual() if speed is None else scaled(chosen, datetime.now(UTC), speed)
    desk = VirtualExercise(chosen.body, chosen.members, times(chosen.rows[0].at) - FOUNDING, os.urandom)
    stage = Stage((chosen.body, chosen.channel), times, desk.author, os.urandom)
    return Player(chosen, desk, stage, desk.fold())


def show_row(row: RowReport) -> Iterator[Text]:
    """A row on a terminal: one line, and one more for each thing that is missing or wrong."""
    style = {"refused": "yellow", "not_played": "dim"}.get(row.result, "")
    what = {"recorded": f"#{row.index}", "refused": row.refused or ""}.get(row.result, row.result.replace("_", " "))
    verdict = ("MISMATCH", "bold red") if row.mismatches else ("OK", "green") if row.act else ("--", "dim")
    line = Text(f"{row.number:>3}  {stamp(row.played_at)}  {row.who:<12}")
    line.append(f"{verdict[0]:<9}", style=verdict[1]).append(row.says, style=style).append(f"  ({what})", style="dim")
    yield line
    for effect in row.effects:
        yield Text(f"{'':42}{effect}", style="cyan")
    if row.not_yet_played:
        yield Text(f"{'':42}not yet played: {row.not_yet_played}", style="dim")
    for mismatch in row.mismatches:
        yield Text(f"{'':42}{mismatch}", style="red")


def _verdict(report: RunReport) -> Text:
    counts = f"{report.recorded} recorded, {report.refused} refused, {report.not_yet_played} not yet played in full"
    if report.ok:
        return Text(f"OK: every row came out as its script says ({counts})", style="bold green")
    return Text(f"MISMATCH: {report.mismatches} of {len(report.rows)} rows ({counts})", style="bold red")
