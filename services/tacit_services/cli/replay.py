"""`tacit replay`: a span of a record played again, into the terminal or into an organisation of its own."""

import asyncio
import math
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Final

import click
import msgspec
import uvloop

from tacit.cli.as_of import AsOf
from tacit.cli.completion import Name
from tacit.cli.lines import Told, encode_line
from tacit.cli.log import retold, show_entry
from tacit.cli.opening import open_source
from tacit.cli.progress import progress_bar
from tacit.cli.source import Source, UnreadableError
from tacit.cli.terminal import output, talk
from tacit.detached import Detached
from tacit.ids import ChannelId, Digest
from tacit_services.cli.bars import BarTeller
from tacit_services.cli.running import TOLD, logging_to
from tacit_services.cli.sentences import sentences
from tacit_services.cli.store_source import StoreSource
from tacit_services.replay.outcome import Summary
from tacit_services.replay.pacing import Pace
from tacit_services.replay.run import run_replay
from tacit_services.replay.span import Bound, Span, SpanError, resolve

TERMINAL_SPEED: Final = 60.0
"""A minute of the record in a second, where nothing else is said."""
ANNOUNCED_S: Final = 2.0
"""A longer pause is announced, so that nobody takes it for the end."""
SHOWN_MAX: Final = 20
_DIFFERENT: Final = 1
_FAILED: Final = 3
_INTERRUPTED: Final = 130


class Speed(click.ParamType[float]):
    """A number above 0, or `max`, which is read as 0: no pauses."""

    name = "factor|max"

    def convert(self, value: float | str, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it, or fail with a sentence."""
        if value == "max":
            return 0.0
        try:
            read = float(value)
        except ValueError:
            read = math.nan
        if not 0 < read < math.inf:
            self.fail(f"{value!r} is neither a number above 0 nor max", param, ctx)
        return read


@click.command(
    epilog="\b\nExamples:\n  tacit replay record.jsonl --from 40 --speed 600\n"
    "  tacit replay .tacit/exercise --channel east --into scratch/again"
)
@click.argument("source")
@click.option("--from", "first", metavar="INDEX|INSTANT", type=AsOf(), help="Begin with this entry, or at this time.")
@click.option("--to", "last", metavar="INDEX|INSTANT", type=AsOf(), help="End with this entry, or at this time.")
@click.option(
    "--channel", metavar="CHANNEL", type=Name("channels"), help="What was said in this channel, and on the register."
)
@click.option("--speed", type=Speed(), help="So many times as fast as it was; max: without pauses.")
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), help="The data folder of the re-enactment.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line; with --into one in all.")
def replay(
    source: str,
    *,
    first: Bound,
    last: Bound,
    channel: ChannelId | None,
    speed: float | None,
    into: Path | None,
    as_json: bool,
) -> None:
    """Play a span of a record again, into the terminal or into a sandbox organisation.

    In the terminal each entry is shown when it is its time; without --speed a minute of the record takes a second.

    With --into every act is signed again, with keys made for it, and recorded by a registrar of its own in an exercise
    that is marked as a re-enactment; what came of it is then held to the original. Without --speed that is done at
    once, and what was interrupted goes on. Exit code 1 if the outcome is another one.

    Nothing is ever written to SOURCE.
    """
    if into is not None and Path(source).is_dir() and into.resolve() == Path(source).resolve():
        raise UnreadableError("a record is not played into its own folder: name another one.")
    with open_source(source) as opened, suppress(BrokenPipeError):
        span = _span(opened, first, last, channel)
        if into is None:
            _show(opened, span, Pace(TERMINAL_SPEED if speed is None else speed or None), as_json=as_json)
        else:
            _play(opened, span, into, speed or None, as_json=as_json)


def _span(opened: Source, first: Bound, last: Bound, channel: ChannelId | None) -> Span:
    try:
        return resolve(first, last, channel, opened.size, opened.entries())
    except SpanError as error:
        raise UnreadableError(str(error)) from error


def _show(opened: Source, span: Span, pace: Pace, *, as_json: bool) -> None:
    console, now = output(), time.monotonic
    with suppress(KeyboardInterrupt):
        for number, (raw, told) in enumerate(_chosen(opened, span)):
            if told.received_at is not None:
                _wait(pace.wait_s(told.received_at, now()))
            if as_json:
                sys.stdout.buffer.write(encode_line(raw, told) + b"\n")
                sys.stdout.buffer.flush()
            else:
                show_entry(console, told, first=number == 0)


def _chosen(opened: Source, span: Span) -> Iterator[tuple[bytes, Told]]:
    for raw, told in islice(retold(opened.entries(), after=span.first - 1), span.last - span.first + 1):
        if span.names(told.channel):
            yield raw, told


def _wait(seconds: float) -> None:
    if seconds > ANNOUNCED_S:
        talk().print(f"  ... the next entry comes in {_length(seconds)}")
    time.sleep(seconds)


def _length(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))


class _FromSource:
    """A source as what is played: with its texts where it is a data folder."""

    def __init__(self, opened: Source) -> None:
        self._opened = opened

    def entries(self) -> Iterator[bytes]:
        return self._opened.entries()

    def body(self, digest: Digest) -> Detached | None:
        return self._opened.body(digest) if isinstance(self._opened, StoreSource) else None


def _play(opened: Source, span: Span, into: Path, speed: float | None, *, as_json: bool) -> None:
    with sentences(TOLD, _FAILED), logging_to(into), progress_bar() as progress:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                summary = runner.run(run_replay(into, _FromSource(opened), span, speed, BarTeller(progress)))
        except KeyboardInterrupt:
            click.echo("tacit: interrupted; the same command goes on from here.", err=True)
            sys.exit(_INTERRUPTED)
    if as_json:
        click.echo(msgspec.json.encode(summary))
    else:
        output().print(_said(summary))
    if summary.differences:
        sys.exit(_DIFFERENT)


def _said(summary: Summary) -> str:
    skipped, different = summary.skipped, summary.differences
    lines = [
        summary.name,
        f"organisation {summary.organisation}, {summary.entries} entries ({summary.void} void)",
        f"recorded {summary.acts} acts in {summary.seconds:.1f} s: {summary.acts_per_second:.0f} acts/s",
        f"{summary.recorded_before} more were recorded before; {summary.ground} of all lie before the span",
    ]
    if summary.elsewhere:
        lines.append(f"left out, since they belong to other channels: {summary.elsewhere} entries")
    if summary.fillers:
        lines.append(f"filler in the place of a text that is not at hand: {len(summary.fillers)} entries")
    lines += [f"not played: entry {each.index} {each.type or ''}: {each.reason}" for each in skipped[:SHOWN_MAX]]
    lines += [f"and {len(skipped) - SHOWN_MAX} more: --json has them all"] if len(skipped) > SHOWN_MAX else []
    if not different:
        lines.append(f"the outcome is that of the original: {summary.compared} things compared, all equal")
    else:
        lines.append(f"THE OUTCOME IS ANOTHER ONE: {len(different)} of {summary.compared} things differ")
    lines += [f"{each.where}: {each.original} there, {each.sandbox} here" for each in different[:SHOWN_MAX]]
    return "\n".join(lines)
