"""`tacit rebuild`: views folded again from the record, beside those that are being read, then put in their place."""

import sqlite3
import time
from pathlib import Path

import click
import msgspec

from tacit import envelope
from tacit.cli.opening import open_source
from tacit.cli.source import UnreadableError
from tacit.cli.terminal import output
from tacit_services.cli.kept import fold
from tacit_services.projector import VIEWS, Track
from tacit_services.shell.organisation_files import OrganisationFiles
from tacit_services.shell.view_store import ViewFile
from tacit_services.views import SupersededError

_NAMES = tuple(view.table.name for view in VIEWS)


class Rebuilt(msgspec.Struct, frozen=True):
    """A view that is live now. `sha256`: over its rows; of the same record anybody gets the same."""

    view: str
    version: int
    entries: int
    sha256: str


class Report(msgspec.Struct, frozen=True):
    """What was rebuilt, and how fast."""

    entries: int
    seconds: float
    entries_per_second: float
    views: tuple[Rebuilt, ...]


@click.command(epilog="\b\nExample:\n  tacit rebuild .tacit/exercise --view positions")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--view", "names", multiple=True, type=click.Choice(_NAMES), help="This view alone; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def rebuild(folder: Path, names: tuple[str, ...], as_json: bool) -> None:
    """Fold the views of a data folder again from its record and put them in the place of the old ones.

    What reads and writes them goes on meanwhile. A rebuild that was interrupted is taken up where it stopped.
    """
    try:
        report = _rebuild(folder, names or _NAMES)
    except SupersededError as error:
        raise UnreadableError(f"somebody else is building the view {error.name}: wait, or try again.") from error
    except sqlite3.Error as error:
        raise UnreadableError(f"the views in {folder} cannot be written ({error}): make room, or try again.") from error
    if as_json:
        click.echo(msgspec.json.encode(report))
    else:
        _show(report)


def _rebuild(folder: Path, names: tuple[str, ...]) -> Report:
    files = OrganisationFiles(folder)
    charter = files.read_charter()
    if charter is None:
        raise UnreadableError(f"nothing is founded in {folder}: name a folder that `tacit up --data` made.")
    organisation = envelope.act_id(envelope.decode(charter).payload)
    with open_source(str(folder)) as source, ViewFile(files.views, organisation) as file:
        begun = time.perf_counter()
        tracks = [Track.of(view, file.begin_anew(view.table)) for view in VIEWS if view.table.name in names]
        entries = fold(file, tracks, source.entries(), source.size)
        for track in tracks:
            file.swap(track.name, track.generation)
        seconds = time.perf_counter() - begun
        rebuilt = tuple(_told(file, track) for track in tracks)
    return Report(entries, round(seconds, 3), round(entries / seconds, 1), rebuilt)


def _told(file: ViewFile, track: Track) -> Rebuilt:
    return Rebuilt(track.name, track.view.table.version, track.written, file.digest(track.name))


def _show(report: Report) -> None:
    console = output()
    for each in report.views:
        console.print(f"{each.view:<14} version {each.version}  {each.entries:>8} entries  sha256 {each.sha256}")
    console.print(f"{report.entries} entries in {report.seconds:.2f} s ({report.entries_per_second:,.0f} a second)")
