"""`tacit restore`: a record rebuilt from its archive, in a data folder or on servers that settings name."""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final, TypeVar

import click
import msgspec
import uvloop

from tacit.cli.progress import progress_bar
from tacit.cli.terminal import output
from tacit_services.archived import ArchiveUnusableError
from tacit_services.archived_completing import complete
from tacit_services.archived_tiles import complete_log
from tacit_services.cli.bars import BarTeller
from tacit_services.cli.config import config_option
from tacit_services.cli.recovered import RecoveredFiles
from tacit_services.cli.sentences import sentences
from tacit_services.ports import FencedError, StoreError
from tacit_services.restoring import RestoreRefusedError, Teller
from tacit_services.run.restoring_to import KEPT, KeptFile, Outcome, Place, data_folder, named_servers, restore_to
from tacit_services.run.settings import Settings
from tacit_services.shell.archive import FolderArchive
from tacit_services.shell.config import load
from tacit_services.shell.errors import OperatorError
from tacit_services.shell.log import log_to

T = TypeVar("T")

FAILED: Final = 3
REFUSED: Final = 1
SHOWN_MAX: Final = 20


class Report(msgspec.Struct, frozen=True):
    """What was done. `found`: entries that were there; `behind`: those after the archive's; `left`: not put back.

    `envelopes` and `log_files`: as in `Completed`.
    """

    organisation: str
    entries: int
    root: str
    found: int
    appended: int
    behind: int
    left: int
    bodies: int
    missing_bodies: tuple[str, ...]
    envelopes: int
    log_files: int


class Completed(msgspec.Struct, frozen=True):
    """What was written into the archive: envelopes that were put back, files of the log."""

    envelopes: int
    log_files: int


@click.command(
    epilog="\b\nExamples:\n  tacit restore exercise/archive exercise.new\n  tacit restore exercise/archive --envelopes "
    "archive.backup"
)
@click.argument("archive", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
@config_option()
@click.option("--anew", is_flag=True, help="Make a damaged record again; what it holds behind the archive is kept.")
@click.option("--envelopes", "recovered", multiple=True, type=click.Path(path_type=Path, exists=True),
              help="First put envelopes back that the archive lacks, from this copy. Repeatable.")  # fmt: skip
@click.option("--log", "with_log", is_flag=True,
              help="Before that write files of the log again, from leaves here or in those copies.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def restore(
    archive: Path,
    folder: Path | None,
    config: Path | None,
    recovered: tuple[Path, ...],
    *,
    anew: bool,
    with_log: bool,
    as_json: bool,
) -> None:
    """Restore a record from the notary's ARCHIVE: into the data folder FOLDER, or the servers that settings name.

    The whole archive is checked first, then what the record holds is compared with it, then what it lacks is appended,
    octet by octet. Interrupted, the same command goes on. Nothing that differs is written over. With --envelopes or
    --log alone only the archive is completed. Exit code 1 if archive or record must not be used so.
    """
    with (
        sentences((ArchiveUnusableError, RestoreRefusedError, FencedError), REFUSED),
        sentences((OperatorError,), FAILED),
        sentences((StoreError,), FAILED),
    ):
        kept = KeptFile((folder or Path()) / KEPT)
        completed = _run(lambda progress: _complete(archive, recovered, progress, with_log=with_log))
        if (recovered or with_log) and folder is None and config is None:
            _say(completed, _completed(completed), as_json=as_json)
            return
        place = _place(folder, config)
        outcome = _run(lambda progress: _restore(place, archive, kept, progress, anew=anew))
    report = _report(outcome, completed)
    _say(report, _show(report, kept.path), as_json=as_json)


def _say(report: Report | Completed, words: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(report))
    else:
        output().print(words)


def _place(folder: Path | None, config: Path | None) -> AbstractAsyncContextManager[Place]:
    return data_folder(folder) if folder is not None else named_servers(load(Settings, config).settings)


def _run(work: Callable[[Teller], Coroutine[None, None, T]]) -> T:
    # What the adapters log is for an operator of services; a command says what it has to say itself.
    with (
        log_to(sys.stderr, "error"),
        progress_bar() as progress,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        return runner.run(work(BarTeller(progress)))


async def _complete(named: Path, recovered: Sequence[Path], teller: Teller, *, with_log: bool) -> Completed:
    found = RecoveredFiles(recovered)
    with FolderArchive(named) as archive:
        files = await complete_log(archive, found, teller) if with_log else 0
        return Completed(await complete(archive, found, teller) if recovered else 0, files)


def _completed(done: Completed) -> str:
    return f"{done.envelopes} envelopes and {done.log_files} files of the log were put back into the archive"


async def _restore(
    place: AbstractAsyncContextManager[Place], named: Path, kept: KeptFile, teller: Teller, *, anew: bool
) -> Outcome:
    with FolderArchive(named) as archive:
        async with place as there:
            return await restore_to(there, archive, named, teller, kept, anew=anew)


def _report(outcome: Outcome, completed: Completed) -> Report:
    found = outcome.restored
    return Report(
        organisation=outcome.organisation,
        entries=found.entries,
        root=found.root.hex(),
        found=found.found,
        appended=found.appended,
        behind=found.beyond,
        left=outcome.left,
        bodies=found.bodies,
        missing_bodies=tuple(f"{each.digest} (entry {each.index})" for each in found.missing),
        envelopes=completed.envelopes,
        log_files=completed.log_files,
    )


def _show(report: Report, kept: Path) -> str:
    lines = [
        f"organisation {report.organisation}",
        f"{report.found} entries were there, {report.appended} appended from the archive; its root {report.root}",
        f"{report.bodies} detached bodies; {len(report.missing_bodies)} are held by nobody",
        *(f"missing: {each}" for each in report.missing_bodies[:SHOWN_MAX]),
    ]
    if report.envelopes or report.log_files:
        lines.append(_completed(Completed(report.envelopes, report.log_files)))
    if report.behind:
        lines.append(f"{report.behind} entries behind the archive were left as they are")
    if report.left:
        lines.append(f"{report.left} entries behind the archive do not follow one another: they are kept in {kept}")
    return "\n".join(lines)
