"""The operator's commands, for the entry-point group `tacit.commands`."""

from typing import Final

import click

from tacit_services.cli.bench import bench
from tacit_services.cli.config import config
from tacit_services.cli.importing import importing
from tacit_services.cli.page import page
from tacit_services.cli.rebuild import rebuild
from tacit_services.cli.replay import replay
from tacit_services.cli.scenario import scenario
from tacit_services.cli.service import service
from tacit_services.cli.up import up
from tacit_services.cli.views import audit, positions, silences

COMMANDS: Final[tuple[click.Command, ...]] = (
    up,
    service,
    config,
    page,
    positions,
    silences,
    audit,
    rebuild,
    replay,
    scenario,
    importing,
    bench,
)
