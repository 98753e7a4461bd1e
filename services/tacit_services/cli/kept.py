"""Where a command reads a view: from the file that a projector keeps in a data folder, or folded here and now."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click
import msgspec
from msgspec import structs

from tacit.cli.opening import open_source
from tacit.cli.progress import progress_bar
from tacit.cli.source import UnreadableError
from tacit.rules import catalogue, genesis
from tacit_services.projector import Projection, Track, View
from tacit_services.projector.answering import encode_row
from tacit_services.shell.organisation_files import OrganisationFiles
from tacit_services.shell.view_store import ViewFile
from tacit_services.views import SELECT_ROWS_MAX, Held, NotBuiltError, Question, Stand, UnknownColumnError

BATCH_ENTRIES: Final = 1_000
PAGE_ROWS: Final = SELECT_ROWS_MAX
ANY_ORGANISATION: Final = ""
"""In memory there is only one."""


@contextmanager
def open_view(source: str, view: View) -> Iterator[ViewFile]:
    """A view of a source: the one that is kept there, if it is of this version, else one folded from the record.

    Raises:
        UnreadableError: the source cannot be read.
    """
    path = OrganisationFiles(Path(source)).views
    kept = _kept(path, view) if path.is_file() else None
    if kept is not None:
        with kept:
            yield kept
        return
    with ViewFile(":memory:", ANY_ORGANISATION) as file:
        track = Track.of(view, file.begin(view.table))
        with open_source(source) as opened:
            fold(file, [track], opened.entries(), opened.size)
        file.swap(track.name, track.generation)
        yield file


def _kept(path: Path, view: View) -> ViewFile | None:
    try:
        file = ViewFile(path, ANY_ORGANISATION, read_only=True)
        if any(stand.live and stand.version == view.table.version for stand in _stands(file, view)):
            return file
    except sqlite3.Error:
        return None
    file.close()
    return None


def _stands(file: ViewFile, view: View) -> list[Stand]:
    return [stand for stand in file.stands() if stand.name == view.table.name]


def fold(file: ViewFile, tracks: list[Track], entries: Iterator[bytes], size: int) -> int:
    """Fold entries into the tracks; return how many there were.

    Raises:
        UnreadableError: a view raised at an entry.
    """
    projection = Projection(genesis(catalogue()), tracks)
    with progress_bar() as progress:
        task = progress.add_task("folding", total=size)
        for number, raw in enumerate(entries, 1):
            projection.take(raw)
            if number % BATCH_ENTRIES == 0:
                _write(file, projection)
                progress.update(task, completed=number)
    _write(file, projection)
    return projection.state.size


def _write(file: ViewFile, projection: Projection) -> None:
    file.write(projection.due())
    projection.settle()
    for track in projection.tracks:
        if track.poison is not None:
            raise UnreadableError(f"the view {track.name} fails at entry {track.poison} ({track.error}): report it.")


class Asked:
    """The rows of an answer, all pages of it, as of one size of the view."""

    def __init__(self, file: ViewFile, question: Question) -> None:
        """Ask for the first page.

        Raises:
            UnreadableError: the question cannot be answered.
        """
        self._file = file
        try:
            self._page = file.select(structs.replace(question, limit=PAGE_ROWS))
        except (NotBuiltError, UnknownColumnError, OverflowError) as error:
            raise UnreadableError(f"{question.view} cannot be asked for that ({error}): see --help.") from error
        self.stand = self._page.stand
        as_of = question.as_of
        if isinstance(as_of, int) and as_of >= self.stand.size:
            raise UnreadableError(f"the record ends at entry {self.stand.size - 1} here: name an earlier one.")
        # What is appended while we read is not part of this answer.
        pinned = self.stand.size - 1 if as_of is None else as_of
        self._question = structs.replace(question, as_of=pinned, limit=PAGE_ROWS)

    def rows(self) -> Iterator[Held]:
        """Every row, in the order of the record."""
        page = self._page
        while True:
            yield from page.rows
            if not page.more:
                return
            page = self._file.select(structs.replace(self._question, after=page.rows[-1].place))

    def echo_json(self) -> None:
        """One JSON object on standard output, written row by row."""
        head = {"view": self.stand.name, "version": self.stand.version, "entries": self.stand.size}
        click.echo(msgspec.json.encode(head)[:-1] + b',"rows":[', nl=False)
        for number, held in enumerate(self.rows()):
            click.echo((b"," if number else b"") + encode_row(held), nl=False)
        click.echo("]}")
