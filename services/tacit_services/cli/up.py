"""`tacit up`: runs an exercise on this machine and says what happens."""

import asyncio
import sys
from pathlib import Path
from typing import Final

import click
import msgspec
import uvloop

from tacit.client import ClientError
from tacit_services.cli.config import config_option
from tacit_services.cli.running import TOLD as SERVICES_TOLD
from tacit_services.cli.running import logging_to
from tacit_services.cli.sentences import sentences
from tacit_services.cli.stopping import until_stopped
from tacit_services.cli.telling import ConsoleTeller
from tacit_services.run.settings import Settings
from tacit_services.scenario import SPEED
from tacit_services.shell.config import load
from tacit_services.shell.traces import traces_to
from tacit_services.up.exercise import Wish, exercise_design, run_exercise
from tacit_services.up.recording import NoAnswerError
from tacit_services.up.runtime import Site

PORT: Final = 8420
DATA: Final = Path(".tacit/exercise")
TOLD: Final = (*SERVICES_TOLD, ClientError, NoAnswerError)
"""Errors whose text is a sentence with a remedy."""

_MISMATCH: Final = 1
_FAILED: Final = 3


@click.command("up", epilog="\b\nExample:\n  tacit up --once --json --data /var/tmp/exercise")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), default=DATA, help="The data folder.")
@click.option("--port", type=click.IntRange(0, 65535), help=f"Port of page and WebSocket; 0: any free one. [{PORT}]")
@click.option("--speed", type=click.FloatRange(1), default=SPEED, help="Seconds of the scenario in one second.")
@click.option("--traces", metavar="TARGET", help="Tell traces to an OTLP URL, a file, or - (standard error).")
@click.option("--traces-ratio", type=click.FloatRange(0, 1), help="Of how many acts. [1.0]")
@config_option()
@click.option("--once", is_flag=True, help="End when the scenarios have been played.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object as the last line of standard output.")
def up(
    data: Path,
    port: int | None,
    speed: float,
    traces: str | None,
    traces_ratio: float | None,
    config: Path | None,
    *,
    once: bool,
    as_json: bool,
) -> None:
    """Run an exercise: one server, all services, a consultation and a silence through real connections.

    It is founded in an empty data folder and goes on in one that is there. Stop it with Ctrl-C. Of the settings those
    of gateway and registrar count here; it runs a server of its own, and the options say where.
    """
    teller = ConsoleTeller(to_stderr=as_json)
    with sentences(TOLD, _FAILED):
        settings = load(Settings, config).settings
        target = settings.traces.target if traces is None else traces
        ratio = settings.traces.ratio if traces_ratio is None else traces_ratio
        with (
            logging_to(data),
            traces_to(target, ratio) as traced,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            site = Site(data, exercise_design(), port=_port(port, once=once), settings=settings, traced=traced)
            playing = until_stopped(run_exercise(Wish(site, speed, once), teller), teller.stopping)
            counts, mismatches = runner.run(playing) or (None, 0)
    if as_json and counts is not None:
        click.echo(msgspec.json.encode(counts))
    if mismatches:
        sys.exit(_MISMATCH)


def _port(asked: int | None, *, once: bool) -> int:
    """A run that ends by itself has no address that anybody would keep."""
    if asked is not None:
        return asked
    return 0 if once else PORT
