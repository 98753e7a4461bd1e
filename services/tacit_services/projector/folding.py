"""From entries to rows: folds the record once and asks every view what each entry makes of its rows. Pure.

A view that raises is stopped where it stands, with everything before that entry kept; the others go on.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Final, Protocol

import msgspec
from msgspec import inspect, structs

from tacit.ids import ActId
from tacit.record import Entry
from tacit.rules import Effect, State, apply_bytes
from tacit.rules.effects import EntryVoid
from tacit_services.views import Column, Kind, Placed, Stand, Table, Written

NO_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""When an entry was received before any that says so: only junk can stand there."""
_DIGEST: Final = inspect.type_info(ActId)


class Folded(msgspec.Struct, frozen=True):
    """An entry that has just been folded. `at`: when it was received, or for a void one the entry before it.

    `entry` is None where it cannot be read. `state` is that with the entry in it, to be read now: it will change.
    `void`: why the rules give it no effect, or None.
    """

    index: int
    at: datetime
    entry: Entry | None
    effects: tuple[Effect, ...]
    state: State
    void: EntryVoid | None


Reading = Callable[[Folded], Iterable[msgspec.Struct]]
"""The rows that an entry makes. It computes and nothing else; the same entries give the same rows."""


def no_rows(_folded: Folded) -> Iterable[msgspec.Struct]:
    """Of a view that is read in another way."""
    return ()


class Memory(Protocol):
    """What a view knows of entries that the state has let go of, and the reading that it comes from."""

    def rows(self, folded: Folded) -> Iterable[msgspec.Struct]:
        """As `Reading`, told of every entry from the first one on."""
        ...

    def remembered(self) -> bytes:
        """It as octets."""
        ...

    def recall(self, raw: bytes) -> None:
        """Know what was remembered, as if told of the same entries. Raises UnusableStateError: not of this version."""
        ...


class View(msgspec.Struct, frozen=True):
    """A table, and what an entry adds to it.

    A view that has to know what the state has let go of is `remembering`: each fold begins one memory of its own, and
    that is told every entry from the first one on, also those whose rows are kept already, or recalls what it was told.
    """

    table: Table
    rows: Reading = no_rows
    remembering: Callable[[], Memory] | None = None


class Track(msgspec.Struct):
    """One generation of a view on its way: `written` entries are kept, `size` are computed, `heard` were read.

    `heard` is behind `size` where a view has to remember what its rows were made of: it reads the record again from the
    first entry. `poison`: the entry at which the view raised an `error`; `told`: and somebody was told.
    """

    view: View
    generation: int
    live: bool
    written: int
    size: int
    reading: Reading
    heard: int
    memory: Memory | None = None
    pending: list[Placed] = msgspec.field(default_factory=list)
    poison: int | None = None
    error: str | None = None
    told: bool = False

    @classmethod
    def of(cls, view: View, stand: Stand) -> "Track":
        """Going on from where a generation stands."""
        begun = cls(view, stand.generation, stand.live, stand.size, stand.size, view.rows, stand.size)
        if view.remembering is not None:
            begun.recall(view.remembering(), 0)
        return begun

    def recall(self, memory: Memory, heard: int) -> None:
        """Go on with this memory, of so many entries."""
        self.memory, self.reading, self.heard = memory, memory.rows, heard

    @property
    def name(self) -> str:
        """Of the view."""
        return self.view.table.name

    def take(self, folded: Folded) -> None:
        """Compute the rows of the next entry; what is in there already is passed over."""
        if folded.index < self.heard or self.poison is not None:
            return
        try:
            rows = [Placed(folded.index, folded.at, structs.astuple(row)) for row in self.reading(folded)]
        except Exception as error:  # noqa: BLE001 - whatever a view raises stops that view and nothing else
            self.poison, self.error = folded.index, type(error).__name__
            return
        self.heard = folded.index + 1
        if folded.index < self.size:
            return
        self.pending += rows
        self.size = folded.index + 1

    def due(self, at: datetime | None) -> Written:
        """What is computed and not written yet."""
        return Written(self.name, self.generation, self.written, self.size, at, tuple(self.pending))

    def settle(self) -> None:
        """All that was due is written."""
        self.pending.clear()
        self.written = self.size


class Projection:
    """The fold, and the tracks that run along with it. A track may have heard more than is folded, never less."""

    def __init__(self, state: State, tracks: Iterable[Track]) -> None:
        """`state` is the genesis state, or one from which every track can go on."""
        self.state = state
        self.tracks = list(tracks)

    def take(self, raw: bytes) -> Entry | None:
        """Fold one message of the record; return its entry, None if it cannot be read."""
        index = self.state.size
        entry, effects = apply_bytes(self.state, raw)
        void = next((effect for effect in effects if isinstance(effect, EntryVoid)), None)
        folded = Folded(index, self.state.last_received_at or NO_TIME, entry, effects, self.state, void)
        for track in self.tracks:
            track.take(folded)
        return entry

    @property
    def live_size(self) -> int | None:
        """The first entry that a live view lacks is news; None where no view is live."""
        return min((track.size for track in self.tracks if track.live and track.poison is None), default=None)

    def due(self) -> list[Written]:
        """What is to be written, all of it in one transaction."""
        at = self.state.last_received_at
        return [track.due(at) for track in self.tracks if track.size > track.written]

    def settle(self) -> None:
        """All that was due is written."""
        for track in self.tracks:
            track.settle()

    def drop(self, name: str) -> Track | None:
        """Take a track out."""
        found = next((track for track in self.tracks if track.name == name), None)
        self.tracks = [track for track in self.tracks if track is not found]
        return found


def table(
    name: str,
    version: int,
    row: type[msgspec.Struct],
    *,
    key: tuple[str, ...] = (),
    indexes: tuple[tuple[str, ...], ...] = (),
) -> Table:
    """The table whose columns are the fields of a row."""
    info = inspect.type_info(row)
    assert isinstance(info, inspect.StructType)
    columns = tuple(Column(field.name, _kind(field.type)) for field in info.fields)
    return Table(name, version, columns, key, indexes)


_KINDS: Final[Mapping[type[inspect.Type], Kind]] = {
    inspect.StrType: "text",
    inspect.LiteralType: "text",
    inspect.IntType: "integer",
    inspect.BoolType: "flag",
    inspect.DateTimeType: "instant",
    inspect.VarTupleType: "list",
}


def _kind(info: inspect.Type) -> Kind:
    if isinstance(info, inspect.UnionType):
        (info,) = (each for each in info.types if not isinstance(each, inspect.NoneType))
    return "digest" if info == _DIGEST else _KINDS[type(info)]
