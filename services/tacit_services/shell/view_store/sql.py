"""Tables of views in the words of SQLite: statements, and values as it keeps them. Every instant is in microseconds.

Names that become part of a statement come from our own definitions, or are looked up among them first.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from tacit_services.views import Column, Filter, Held, Kind, Placed, Question, Table, UnknownColumnError, Value

Sql = str | int | bytes | None
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_TYPES: Final[dict[Kind, str]] = {
    "text": "TEXT",
    "digest": "BLOB",
    "integer": "INTEGER",
    "flag": "INTEGER",
    "instant": "INTEGER",
    "list": "TEXT",
}
_HELD: Final = ("place", "from_index", "from_at", "until_index", "until_at")


def to_sql(kind: Kind, value: Value) -> Sql:
    """A value as SQLite keeps it.

    Raises:
        UnknownColumnError: it is not of this kind.
    """
    try:
        return None if value is None else _WRITE[kind](value)
    except (TypeError, ValueError) as error:
        raise UnknownColumnError(kind) from error


def instant_to_sql(value: Value) -> int:
    """Microseconds since 1970. Raises TypeError."""
    if not isinstance(value, datetime):
        raise TypeError("no instant")
    return (value - _EPOCH) // _MICROSECOND


def instant_from_sql(value: Sql) -> datetime:
    """The instant, in UTC."""
    assert isinstance(value, int), "an instant is kept as a number"
    return _EPOCH + value * _MICROSECOND


def _text(value: Value) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _number(value: Value) -> int:
    if not isinstance(value, str | int):
        raise TypeError("no number")
    return int(value)


_WRITE: Final[dict[Kind, Callable[[Value], Sql]]] = {
    "text": _text,
    "digest": lambda value: bytes.fromhex(_text(value)),
    "integer": _number,
    "flag": _number,
    "instant": instant_to_sql,
    "list": lambda value: msgspec.json.encode(value).decode(),
}


def _from_sql(kind: Kind, value: Sql) -> Value:
    if value is None:
        return None
    if kind == "digest" and isinstance(value, bytes):
        return value.hex()
    if kind == "flag":
        return bool(value)
    if kind == "instant":
        return instant_from_sql(value)
    if kind == "list" and isinstance(value, str):
        return msgspec.json.decode(value, type=tuple[str, ...])
    assert isinstance(value, str | int), "text and numbers are kept as they are"
    return value


class Statements:
    """The statements of one generation of a view."""

    def __init__(self, table: Table, generation: int) -> None:
        self._table = table
        self._write = tuple(_WRITE[column.kind] for column in table.columns)
        self.columns = tuple(column.name for column in table.columns)
        self.name = f"{table.name}_{generation}"
        marks = ", ".join("?" for _ in range(len(table.columns) + 2))
        names = ", ".join(column.name for column in table.columns)
        self.insert = f"INSERT INTO {self.name} (from_index, from_at, {names}) VALUES ({marks})"  # noqa: S608 - names of our own
        self.drop = f"DROP TABLE IF EXISTS {self.name}"
        self.every = f"SELECT from_index, from_at, until_index, until_at, {names} FROM {self.name} ORDER BY place"  # noqa: S608 - the same

    @property
    def create(self) -> list[str]:
        """What makes the table, its indexes, and a trigger by which a new row ends the one before it."""
        columns = ", ".join(f"{column.name} {_TYPES[column.kind]}" for column in self._table.columns)
        bounds = "from_index INTEGER NOT NULL, from_at INTEGER NOT NULL, until_index INTEGER, until_at INTEGER"
        made = [f"CREATE TABLE {self.name} (place INTEGER PRIMARY KEY, {bounds}, {columns})"]
        for number, index in enumerate(self._table.indexes):
            made.append(f"CREATE INDEX {self.name}_{number} ON {self.name} ({', '.join(index)}, from_index)")
        return made + (self._ending() if self._table.key else [])

    def _ending(self) -> list[str]:
        key = ", ".join(self._table.key)
        same = " AND ".join(f"{name} = NEW.{name}" for name in self._table.key)
        end = f"UPDATE {self.name} SET until_index = NEW.from_index, until_at = NEW.from_at"  # noqa: S608 - names of our own
        begin = f"CREATE TRIGGER {self.name}_end BEFORE INSERT ON {self.name} BEGIN"
        return [
            f"CREATE UNIQUE INDEX {self.name}_open ON {self.name} ({key}) WHERE until_index IS NULL",
            f"{begin} {end} WHERE {same} AND until_index IS NULL; END",
        ]

    def values(self, placed: Placed) -> list[Sql]:
        """What `insert` is given. Raises TypeError or ValueError where a view of ours gives a value of another kind."""
        row = [None if value is None else write(value) for write, value in zip(self._write, placed.row, strict=True)]
        return [placed.index, instant_to_sql(placed.at), *row]

    def select(self, question: Question) -> tuple[str, list[Sql]]:
        """The statement that answers a question, and what it is given. Raises UnknownColumnError."""
        where: list[str] = ["place > ?"]
        given: list[Sql] = [question.after]
        conditions = [self._condition(each) for each in question.filters]
        conditions += [*_as_of(question), *_began(question), *self._bodies(question)]
        for text, values in conditions:
            where.append(text)
            given += values
        names = ", ".join((*_HELD, *(column.name for column in self._table.columns)))
        text = f"SELECT {names} FROM {self.name} WHERE {' AND '.join(where)} ORDER BY place LIMIT ?"  # noqa: S608 - the same
        return text, [*given, question.limit + 1]

    def _condition(self, wanted: Filter) -> tuple[str, list[Sql]]:
        column = self._column(wanted.column)
        value = to_sql(column.kind, wanted.value)
        if wanted.relation == "is":
            return f"{column.name} IS ?", [value]
        if column.kind != "text" or not isinstance(value, str):
            raise UnknownColumnError(column.name)
        # Not LIKE: it ignores case, and gives two characters a meaning of their own.
        return f"substr({column.name}, 1, ?) = ?", [len(value), value]

    def _column(self, name: str) -> Column:
        found = next((column for column in self._table.columns if column.name == name), None)
        if found is None:
            raise UnknownColumnError(name)
        return found

    def _bodies(self, question: Question) -> list[tuple[str, list[Sql]]]:
        if question.bodies is None:
            return []
        self._column("body")
        bodies: list[Sql] = [*sorted(body for body, left in question.bodies.items() if left is None)]
        texts, given = ["body IS NULL", f"body IN ({', '.join('?' for _ in bodies)})"], bodies
        for body, left in _left(question):
            texts.append("(body = ? AND from_index < ?)")
            given += [body, left]
        return [(f"({' OR '.join(texts)})", given)]

    def held(self, row: tuple[Sql, ...], question: Question) -> Held:
        """A row that was selected, as it looked at the time that was asked for."""
        place, from_index, from_at, until_index, until_at, *values = row
        assert isinstance(place, int)
        assert isinstance(from_index, int)
        ended = isinstance(until_index, int) and not _later(question, until_index, until_at)
        columns = self._table.columns
        named = {column.name: _from_sql(column.kind, each) for column, each in zip(columns, values, strict=True)}
        for body, left in _left(question):
            # What ended it is not for this reader.
            ended = ended and not (named.get("body") == body and isinstance(until_index, int) and until_index >= left)
        return Held(
            place=place,
            from_index=from_index,
            from_at=instant_from_sql(from_at),
            until_index=until_index if ended and isinstance(until_index, int) else None,
            until_at=instant_from_sql(until_at) if ended else None,
            values=named,
        )


def _left(question: Question) -> list[tuple[str, int]]:
    """The bodies that are shown up to an entry only."""
    return sorted((body, left) for body, left in (question.bodies or {}).items() if left is not None)


def _later(question: Question, until_index: int, until_at: Sql) -> bool:
    """Whether a row ended only after what was asked for."""
    as_of = question.as_of
    if isinstance(as_of, datetime):
        return isinstance(until_at, int) and until_at > instant_to_sql(as_of)
    return as_of is not None and until_index > as_of


def _as_of(question: Question) -> list[tuple[str, list[Sql]]]:
    if question.as_of is None:
        return [] if question.history else [_not_ended(question, "until_index IS NULL", [])]
    instant = isinstance(question.as_of, datetime)
    began, ended = ("from_at", "until_at") if instant else ("from_index", "until_index")
    value = instant_to_sql(question.as_of) if instant else int(str(question.as_of))
    conditions: list[tuple[str, list[Sql]]] = [(f"{began} <= ?", [value])]
    if not question.history:
        conditions.append(_not_ended(question, f"({ended} IS NULL OR {ended} > ?)", [value]))
    return conditions


def _not_ended(question: Question, text: str, given: list[Sql]) -> tuple[str, list[Sql]]:
    """A row of a body that the reader has left holds on, if it was not ended before."""
    texts, values = [text], [*given]
    for body, left in _left(question):
        texts.append("(body = ? AND until_index >= ?)")
        values += [body, left]
    return f"({' OR '.join(texts)})", values


def _began(question: Question) -> list[tuple[str, list[Sql]]]:
    bounds = (("from_at >= ?", question.since), ("from_at <= ?", question.until))
    return [(text, [instant_to_sql(value)]) for text, value in bounds if value is not None]
