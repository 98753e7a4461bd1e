"""`tacit archive`: the record of a data folder in plain files, under a signed checkpoint."""

import asyncio
from pathlib import Path
from typing import Final

import click
import msgspec
import uvloop

from tacit_services.cli.config import config_option
from tacit_services.cli.running import TOLD, logging_to
from tacit_services.cli.sentences import sentences
from tacit_services.cli.stopping import until_stopped
from tacit_services.run.archiving import Archived, archive_record
from tacit_services.run.settings import Settings
from tacit_services.shell.config import load

_FAILED: Final = 3


@click.command("archive", epilog="\b\nExample:\n  tacit archive .tacit/unga --json")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@config_option()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def archive(folder: Path, config: Path | None, *, as_json: bool) -> None:
    """Write the record of a data folder into its archive, up to its end, and sign a checkpoint over it.

    FOLDER is one that `tacit up` or `tacit import` made and that nothing runs on now. What is in the archive already is
    compared with the record and not written again. Of the settings those of the notary count.
    """
    with (
        sentences(TOLD, _FAILED),
        logging_to(folder),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        working = archive_record(folder, load(Settings, config).settings.notary)
        found = runner.run(until_stopped(working, lambda: click.echo("stopping", err=True)))
    if found is not None:
        click.echo(msgspec.json.encode(found) if as_json else _said(found))


def _said(found: Archived) -> str:
    return (
        f"{found.entries} entries in {found.folder}, {found.seconds:.1f} s ({found.entries_per_second:.0f} a second)\n"
        f"root {found.root}"
    )
