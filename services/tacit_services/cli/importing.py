"""`tacit import`: records that others kept, each as an organisation of its own."""

import asyncio
import random
import sys
from pathlib import Path
from typing import Final

import click
import msgspec
import uvloop

from tacit.cli.progress import progress_bar
from tacit.cli.terminal import output
from tacit_services.cli.bars import BarTeller
from tacit_services.cli.running import TOLD as SERVICES_TOLD
from tacit_services.cli.running import logging_to
from tacit_services.cli.sentences import sentences
from tacit_services.unga.importing import OtherAnswerError
from tacit_services.unga.outcome import Summary
from tacit_services.unga.run import Manner, run_import
from tacit_services.unga.source import FILES, Source, SourceError, read_source
from tacit_services.up.recording import NoAnswerError

DATA: Final = Path(".tacit/unga")
TOLD: Final = (*SERVICES_TOLD, NoAnswerError, OtherAnswerError)
SHOWN_MAX: Final = 20
_DIFFERENT: Final = 1
_UNREADABLE: Final = 2
_FAILED: Final = 3
_INTERRUPTED: Final = 130


@click.group("import", epilog="\b\nExample:\n  tacit import unga votes --limit 100")
def importing() -> None:
    """Bring records that others kept into organisations of their own."""


@importing.command(epilog="\b\nExample:\n  tacit import unga votes --limit 100 --data scratch/unga")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), default=DATA, help="The data folder.")
@click.option("--limit", type=click.IntRange(1), help="The first so many roll calls; without it all.")
@click.option("--twice", is_flag=True, help="Hand in every act twice: it is recorded once, and gets the same receipt.")
@click.option("--shuffle", metavar="SEED", type=int, help="Mix the votes of neighbouring roll calls, by this seed.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def unga(folder: Path, data: Path, limit: int | None, shuffle: int | None, *, twice: bool, as_json: bool) -> None:
    """Re-enact recorded votes of the General Assembly: FOLDER holds the collection.

    Each roll call is a text, each vote a position that is signed with a key made here for its state, and the
    secretariat records the tally. An import that was interrupted goes on from the record. Exit code 1 if a tally of the
    record differs from the collection's.
    """
    source = read_collection(folder)
    # Which vote comes before which is no secret, and has to be the same again.
    manner = Manner(twice=twice, shuffle=None if shuffle is None else random.Random(shuffle).shuffle)  # noqa: S311 - an order, no secret
    with sentences(TOLD, _FAILED), logging_to(data), progress_bar() as progress:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                summary = runner.run(run_import(data, source, limit, BarTeller(progress), manner))
        except KeyboardInterrupt:
            click.echo("tacit: interrupted; the same command goes on from here.", err=True)
            sys.exit(_INTERRUPTED)
    if as_json:
        click.echo(msgspec.json.encode(summary))
    else:
        output().print(_show(summary))
    if summary.tallies.differing:
        sys.exit(_DIFFERENT)


def read_collection(folder: Path) -> Source:
    """The collection in a folder; what is wrong with it is one sentence and a status."""
    try:
        return read_source({name: (folder / name).read_bytes() for name in FILES if (folder / name).is_file()})
    except (SourceError, OSError) as error:
        click.echo(f"tacit: {error}", err=True)
        sys.exit(_UNREADABLE)


def _show(summary: Summary) -> str:
    tallies = summary.tallies
    lines = [
        summary.name,
        f"organisation {summary.organisation}",
        f"{summary.states} states, {summary.roll_calls} roll calls, {summary.entries} entries ({summary.void} void)",
        f"imported {summary.acts} acts in {summary.seconds:.1f} s: {summary.acts_per_second:.0f} acts/s",
        f"record {summary.record_bytes / 1e6:.1f} MB, data folder {summary.stored_bytes / 1e6:.1f} MB",
        f"read back {summary.read_back_entries} entries in {summary.read_back_seconds:.1f} s",
        *(
            f"registrar: {each.resident_bytes / 1e6:.1f} MB at {each.entries} entries"
            for each in summary.registrar_memory
        ),
        f"{tallies.equal} of {tallies.compared} tallies equal those of the collection",
    ]
    if tallies.differing:
        lines.append(f"different: {', '.join(map(str, tallies.differing[:SHOWN_MAX]))}")
    return "\n".join(lines)
