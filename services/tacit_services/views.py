"""What read models are made of, and the promise of the store that keeps them.

A view is one table whose rows carry the entries between which they held, so that it can be read as of any entry or
instant. This room imports no IO and knows no act: values are plain, instants are aware and in UTC.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Literal, Protocol

import msgspec

Kind = Literal["text", "digest", "integer", "flag", "instant", "list"]
Value = str | int | datetime | tuple[str, ...] | None
"""A value of any kind: text, 64 hexadecimal digits, a number, a flag, an instant, a list of words, or nothing."""
Row = tuple[Value, ...]

SELECT_ROWS_MAX: Final = 1_000
"""The longest page of one answer."""


class Column(msgspec.Struct, frozen=True):
    """A column and the kind of its values."""

    name: str
    kind: Kind


class Table(msgspec.Struct, frozen=True):
    """A view as it is kept. With a `key` a new row ends the one before it of the same key; without, rows only add up.

    Changing anything here, or what the rows are made of, takes a new `version`: it is built beside the old one.
    """

    name: str
    version: int
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()


class Stand(msgspec.Struct, frozen=True):
    """How far one generation of a view is. `size`: entries that are in it; `stopped`: the entry that it choked on."""

    name: str
    generation: int
    version: int
    live: bool
    size: int
    at: datetime | None
    stopped: int | None


class Placed(msgspec.Struct, frozen=True):
    """A row with the entry that made it, and when that was received."""

    index: int
    at: datetime
    row: Row


class Written(msgspec.Struct, frozen=True):
    """What the entries from `expected` up to `size` did to one generation of a view."""

    name: str
    generation: int
    expected: int
    size: int
    at: datetime | None
    rows: tuple[Placed, ...]


class Filter(msgspec.Struct, frozen=True):
    """A condition on a column; `begins` is for text alone."""

    column: str
    relation: Literal["is", "begins"]
    value: Value


class Question(msgspec.Struct, frozen=True):
    """What is asked of a view.

    As of `as_of` (an index: with that entry; an instant: with what was received until then; None: now) the rows that
    held, or with `history` all that had ever held by then. `since` and `until` bound when a row began. `bodies`: only
    rows of these bodies and of the register, of a body with a number as if the record had ended before that entry; None
    means all. `after` is the place after which the page begins.
    """

    view: str
    filters: tuple[Filter, ...] = ()
    as_of: int | datetime | None = None
    history: bool = False
    since: datetime | None = None
    until: datetime | None = None
    bodies: Mapping[str, int | None] | None = None
    after: int = 0
    limit: int = SELECT_ROWS_MAX


class Held(msgspec.Struct, frozen=True):
    """A row as it was kept, its place in the view, and between which entries it held."""

    place: int
    from_index: int
    from_at: datetime
    until_index: int | None
    until_at: datetime | None
    values: dict[str, Value]


class Page(msgspec.Struct, frozen=True):
    """An answer: from which version, when how many entries were in it, its columns, and whether there is more."""

    stand: Stand
    columns: tuple[str, ...]
    rows: tuple[Held, ...]
    more: bool


class ViewError(Exception):
    """The root of what can be wrong with a question or with a writer."""


class NotBuiltError(ViewError):
    """There is no such view, or none that was ever built to the end."""


class UnknownColumnError(ViewError):
    """The view has no such column, or the value is not of its kind."""


class SupersededError(ViewError):
    """This generation is gone, or somebody else has written to it: begin again."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class ViewStore(Protocol):
    """Keeps views. Every call raises `StoreFailedError` where the store fails; then nothing of it is kept."""

    async def begin(self, table: Table) -> Stand:
        """The live generation, if it has this version; else the one that is being built; else a new, empty one."""
        ...

    async def write(self, written: Sequence[Written]) -> None:
        """Keep all of it or nothing. Raises SupersededError if a generation does not stand at `expected`."""
        ...

    async def swap(self, name: str, generation: int) -> None:
        """Make this generation the live one, at once for every reader, and drop the older ones."""
        ...

    async def stop(self, name: str, generation: int, index: int) -> None:
        """Remember that this generation choked on an entry."""
        ...

    async def stands(self) -> list[Stand]:
        """How far every generation is."""
        ...

    async def select(self, question: Question) -> Page:
        """Ask the live generation. Raises NotBuiltError, UnknownColumnError."""
        ...
