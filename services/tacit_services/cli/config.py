"""`tacit config`: which settings are in force, and where each comes from. And the option by which a file is named."""

from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Final, TypeVar

import click
import msgspec

from tacit_services.cli.sentences import sentences
from tacit_services.run.named_files import check_files
from tacit_services.run.services import SERVICES
from tacit_services.run.settings import Settings
from tacit_services.shell.config import CONFIG_VARIABLE, MASKED, Loaded, Setting, load
from tacit_services.shell.errors import OperatorError

UNUSABLE: Final = 2
COLUMN: Final = 48
"""Where the origin of a setting begins, if its value is short enough."""

F = TypeVar("F", bound=Callable[..., object])


def config_option() -> Callable[[F], F]:
    """`--config FILE`."""
    kind = click.Path(path_type=Path, dir_okay=False)
    return click.option("--config", metavar="FILE", type=kind, help=f"Settings, in TOML. [{CONFIG_VARIABLE}]")


@click.command("config", epilog="\b\nExample:\n  tacit config --print --config /etc/tacit/tacit.toml")
@config_option()
@click.option("--print", "show", is_flag=True, help="Every setting with its value and where it comes from.")
@click.option("--check", metavar="NAME", type=click.Choice(list(SERVICES)), help="Whether this service can start so.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def config(config: Path | None, check: str | None, *, show: bool, as_json: bool) -> None:
    """The settings as they are put together: default, file, environment; a later one wins. Secrets are masked.

    With --check the files that the settings name are read, too.
    """
    with sentences((OperatorError,), UNUSABLE):
        loaded = load(Settings, config)
        if check:
            check_files(check, loaded.settings)
    if as_json:
        click.echo(_json(loaded))
    elif show or not check:
        click.echo(_toml(loaded))


def _toml(loaded: Loaded[Settings]) -> str:
    sections = groupby(loaded.listed(), lambda setting: setting.path[:-1])
    return "\n\n".join("\n".join([f"[{'.'.join(name)}]", *map(_line, within)]) for name, within in sections)


def _line(setting: Setting) -> str:
    return f"{setting.path[-1]} = {setting.shown}".ljust(COLUMN) + f"  # {setting.origin}"


def _json(loaded: Loaded[Settings]) -> bytes:
    return msgspec.json.encode(
        {
            setting.name: {
                "value": MASKED if setting.secret and setting.value else setting.value,
                "default": setting.default,
                "origin": setting.origin,
            }
            for setting in loaded.listed()
        }
    )
