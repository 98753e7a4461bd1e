"""The operator's commands, for the entry-point group `tacit.commands`."""

from typing import Final

import click

from tacit_services.cli.bench import bench
from tacit_services.cli.importing import importing
from tacit_services.cli.scenario import scenario
from tacit_services.cli.up import up

COMMANDS: Final[tuple[click.Command, ...]] = (up, scenario, importing, bench)
