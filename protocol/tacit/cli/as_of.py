"""The option `--as-of`: an entry by its index, or an instant."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, TypeVar

import click

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
