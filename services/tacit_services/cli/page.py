"""`tacit page`: the page of a record that lies in a data folder, with nobody who could add to it."""

import asyncio
from pathlib import Path
from typing import Final

import click
import uvloop

from tacit_services.cli.running import TOLD, logging_to
from tacit_services.cli.sentences import sentences
from tacit_services.cli.stopping import until_stopped
from tacit_services.cli.up import PORT
from tacit_services.run.showing import showing

_FAILED: Final = 3


@click.command("page", epilog="\b\nExample:\n  tacit page .tacit/unga")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option(
    "--port", type=click.IntRange(0, 65535), default=PORT, help=f"Port of the page; 0: any free one. [{PORT}]"
)
def page(folder: Path, port: int) -> None:
    """Show the record of a data folder on the read-only page, until Ctrl-C.

    FOLDER is one that `tacit up` or `tacit import` made and that nothing runs on now. Nothing is added to the record:
    there is no registrar. What the page is drawn from is folded from the record first, which takes minutes where there
    are hundreds of thousands of entries; the page says so and comes by itself. The next time it begins from what was
    kept.
    """
    with (
        sentences(TOLD, _FAILED),
        logging_to(folder),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(until_stopped(_show(folder, port), lambda: click.echo("stopping", err=True)))


async def _show(folder: Path, port: int) -> None:
    async with showing(folder, port) as address:
        click.echo(f"{address}/  (roll calls, where votes were counted: {address}/votes)  Stop with Ctrl-C.")
        await asyncio.get_running_loop().create_future()
