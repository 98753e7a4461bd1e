"""`tacit completion`: what a shell reads to complete commands, options, and names out of a data folder."""

from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Final

import click
from click.shell_completion import CompletionItem, get_completion_class

VARIABLE: Final = "_TACIT_COMPLETE"
SHELLS: Final = ("bash", "zsh", "fish")
NAMES: Final = "tacit.names"
"""The entry-point group by which other distributions name what lies in a folder: each names a callable that takes a
path and a kind ("channels" or "references") and returns names. It has to be quick, and to import little."""


@click.command(epilog='\b\nExample:\n  eval "$(tacit completion bash)"')
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the script by which a shell completes commands, options, channels and references.

    Put its line into the start-up file of the shell; fish reads ~/.config/fish/completions/tacit.fish.
    """
    script = get_completion_class(shell)
    assert script is not None, "one of the shells that click knows"
    click.echo(script(click.Command("tacit"), {}, "tacit", VARIABLE).source())


class Name(click.ParamType[str]):
    """A name out of the record that the argument `source` of the same command names, completed where it is a folder."""

    name = "text"

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def shell_complete(self, ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Names that begin so. Whatever goes wrong, a shell gets none rather than an error."""
        # A line that ends in an option without its value is not parsed: then the source is the first of what is left.
        source = ctx.params.get("source") or next((each for each in ctx.args if not each.startswith("-")), "")
        named = (name for entry in entry_points(group=NAMES) for name in _names(entry, Path(source), self._kind))
        return [CompletionItem(name) for name in named if name.startswith(incomplete)]


def _names(entry: EntryPoint, folder: Path, kind: str) -> list[str]:
    try:
        return list(entry.load()(folder, kind))
    except Exception:  # noqa: BLE001 - a shell that completes has no place for somebody's traceback
        return []
