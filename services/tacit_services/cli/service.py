"""`tacit service`: one service in a process of its own, against NATS servers that somebody else runs."""

import asyncio
import sys
from pathlib import Path
from typing import Final

import click
import uvloop

from tacit_services.cli.config import config_option
from tacit_services.cli.running import TOLD
from tacit_services.cli.sentences import sentences
from tacit_services.cli.stopping import until_stopped
from tacit_services.ports import Clock, FencedError
from tacit_services.run.alone import run_alone
from tacit_services.run.services import SERVICES
from tacit_services.run.settings import Settings
from tacit_services.shell.config import load
from tacit_services.shell.log import libraries_logged, log_to

FAILED: Final = 3
SUPERSEDED: Final = 4
"""Another registrar serves: a supervisor must not start this one again."""

_LIST: Final = "\n".join(f"  {name:<12}{each.words}" for name, each in SERVICES.items())
_EPILOG: Final = f"\b\nServices:\n{_LIST}\n\n\b\nExample:\n  tacit service registrar --config /etc/tacit/tacit.toml"


@click.command("service", epilog=_EPILOG)
@click.argument("name", metavar="NAME", type=click.Choice(list(SERVICES)))
@config_option()
def service(name: str, config: Path | None) -> None:
    """Run one service until it is told to stop (Ctrl-C, SIGTERM), against NATS servers that run already.

    It logs JSON lines on standard error and answers /healthz, /readyz and /metrics on its probe's port.
    """
    run_to_end(name, config)


def run_to_end(name: str, config: Path | None, clock: Clock | None = None) -> None:
    """Run it, and say in a sentence why it ended if it could not go on. `clock`: as `run_alone` takes it."""
    with sentences(TOLD, FAILED), sentences((FencedError,), SUPERSEDED):
        settings = load(Settings, config).settings
        with (
            log_to(sys.stderr, settings.log.level),
            libraries_logged(),
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            runner.run(until_stopped(run_alone(name, settings, clock), lambda: None))
