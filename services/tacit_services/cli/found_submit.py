"""`tacit found submit`: the one step of a founding that needs the services."""

import asyncio
import sys
from pathlib import Path
from typing import Final

import click

from tacit import acts, envelope
from tacit.compose import Composed
from tacit.errors import RefusedError, TacitError
from tacit.keys import Verifier
from tacit_services.cli.config import config_option
from tacit_services.cli.sentences import sentences
from tacit_services.run import founding
from tacit_services.run.founding import FoundingError
from tacit_services.run.named_files import credentials_of, organisation_of
from tacit_services.run.settings import Settings
from tacit_services.run.tls import tls_of
from tacit_services.shell.config import load
from tacit_services.shell.errors import OperatorError
from tacit_services.shell.log import log_to
from tacit_services.shell.nats_connection import connect
from tacit_services.shell.submitting import NatsSubmitter
from tacit_services.up.recording import NoAnswerError, SubmittingRecorder

UNUSABLE: Final = 2
REFUSED: Final = 1
TOLD: Final = (OperatorError, NoAnswerError, TacitError)
NAME: Final = "founding"


@click.command(epilog="\b\nExample:\n  tacit found submit acceptances/*.json --config tacit.toml")
@click.argument("files", metavar="ACT...", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@config_option()
def submit(files: tuple[Path, ...], config: Path | None) -> None:
    """Hand signed acts in to the registrar that serves, and print the place of each in the record."""
    # What the connection logs is for an operator of services; a command says what it has to say itself.
    with log_to(sys.stderr, "error"), sentences(TOLD, UNUSABLE):
        settings = load(Settings, config).settings
        refused = asyncio.run(_submit(settings, [(path, _read_act(path)) for path in files]))
    if refused:
        raise click.exceptions.Exit(REFUSED)


async def _submit(settings: Settings, handed_in: list[tuple[Path, Composed]]) -> int:
    organisation = organisation_of(NAME, settings)
    _, content = founding.read_charter(Path(settings.organisation.charter_file))
    registrar = next(each for each in content.services if each.office == "registrar")
    refused = 0
    nats = settings.nats
    async with connect(nats.urls, credentials_of(nats), NAME, tls_of(nats)) as link:
        recorder = SubmittingRecorder(NatsSubmitter(link, organisation), Verifier(registrar.keys))
        for path, composed in handed_in:
            try:
                leaf = await recorder.record(composed)
            except RefusedError as error:
                refused += 1
                click.echo(f"{path}  refused: {error}")
            else:
                click.echo(f"{path}  {leaf.index}")
    return refused


def _read_act(path: Path) -> Composed:
    try:
        sealed = envelope.decode(path.read_bytes())
        return Composed(acts.decode(sealed.payload), envelope.act_id(sealed.payload), sealed)
    except RefusedError as error:
        raise FoundingError(f"{path} is no signed act: {error}.") from error
