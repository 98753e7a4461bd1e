"""Commands by name and place: listed and completed without importing what they need, loaded when one is used."""

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import NamedTuple

import click
from click.shell_completion import CompletionItem


class Offer(NamedTuple):
    """A command that is not imported yet. `where`: "module:attribute"; `help`: the one line of a list."""

    name: str
    where: str
    help: str

    def load(self) -> click.Command:
        """Import it.

        Raises:
            ClickException: it is not there or cannot be imported.
        """
        module, _, attribute = self.where.partition(":")
        try:
            found = getattr(import_module(module), attribute)
        except Exception as error:
            raise click.ClickException(f"the command {self.name} cannot be loaded: {error}") from error
        if not isinstance(found, click.Command):
            raise click.ClickException(f"the command {self.name} cannot be loaded: {self.where} is none")
        return found


class _Commands(MutableMapping[str, click.Command]):
    """Commands by name; an offer is loaded when it is asked for."""

    def __init__(self) -> None:
        self._held: dict[str, click.Command | Offer] = {}

    def __getitem__(self, name: str) -> click.Command:
        held = self._held[name]
        if isinstance(held, Offer):
            held = self._held[name] = held.load()
        return held

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._held[name] = command

    def __delitem__(self, name: str) -> None:
        del self._held[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def offer(self, offer: Offer) -> None:
        self._held[offer.name] = offer

    def lines(self) -> Iterator[tuple[str, str]]:
        """Names with a line of help, in order; nothing is loaded."""
        for name, held in sorted(self._held.items()):
            if isinstance(held, Offer):
                yield name, held.help
            elif not held.hidden:
                yield name, held.get_short_help_str(limit=click.get_current_context().terminal_width or 80)


class OfferingGroup(click.Group):
    """A group that also holds offers."""

    def __init__(self, *args: object, **settings: object) -> None:
        super().__init__(*args, **settings)  # type: ignore[arg-type] # handed on as they came
        self._offered = _Commands()
        self.commands = self._offered

    def offer(self, offer: Offer) -> None:
        """Add a command that is loaded when it is used."""
        self._offered.offer(offer)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in the help, without loading anything."""
        rows = list(self._offered.lines())
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Names that begin so, then options; nothing is loaded."""
        names = [CompletionItem(name, help=line) for name, line in self._offered.lines() if name.startswith(incomplete)]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]
