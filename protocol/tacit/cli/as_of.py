"""The option `--as-of`: an entry by its index, or an instant, and how many entries that means."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, TypeVar

import click

from tacit.cli.source import Source
from tacit.rules import apply_bytes, catalogue, genesis

F = TypeVar("F", bound=Callable[..., object])

INDEX_DIGITS_MAX: Final = 15


class AsOf(click.ParamType[int | datetime]):
    """Digits are an index; anything else is an RFC 3339 instant, in UTC where it names no zone."""

    name = "index|instant"

    def convert(
        self, value: int | datetime | str, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | datetime:
        """Read it, or fail with a sentence."""
        if not isinstance(value, str):
            return value
        if value.isascii() and value.isdigit() and len(value) <= INDEX_DIGITS_MAX:
            return int(value)
        return Instant().convert(value, param, ctx)


class Instant(click.ParamType[datetime]):
    """An RFC 3339 instant, in UTC where it names no zone."""

    name = "instant"

    def convert(self, value: datetime | str, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read it, or fail with a sentence."""
        if isinstance(value, datetime):
            return value
        try:
            read = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is neither an index nor an instant such as 2022-02-24T08:50:00Z", param, ctx)
        return read if read.tzinfo else read.replace(tzinfo=UTC)


def as_of_option(*also: str) -> Callable[[F], F]:
    """The option, and names that it bears also."""
    words = "As it stood after this entry, or with what had been received by this instant."
    return click.option("--as-of", *also, "as_of", metavar="INDEX|INSTANT", type=AsOf(), help=words)


def count_as_of(opened: Source, as_of: int | datetime | None) -> int | None:
    """How many entries a record had then; None means all there are. Raises UnreadableError."""
    if not isinstance(as_of, datetime):
        return None if as_of is None else as_of + 1
    folded = genesis(catalogue())
    for count, raw in enumerate(opened.entries()):
        apply_bytes(folded, raw)
        # A void entry was received with the one before it: nobody vouches for what it says itself.
        if folded.last_received_at is not None and folded.last_received_at > as_of:
            return count
    return None
