"""What came of an import: figures, and the counts that the record gives beside those of the collection. Pure."""

from collections.abc import Mapping, Sequence

import msgspec

from tacit.ids import ActId
from tacit.rules import Tally
from tacit.rules.state import Body
from tacit_services.unga.source import RollCall


class Memory(msgspec.Struct, frozen=True):
    """What the registrar's process took of the memory when the record had so many entries."""

    entries: int
    resident_bytes: int


class Comparison(msgspec.Struct, frozen=True):
    """How many tallies of the record equal those of the collection; the ids of the roll calls where they differ."""

    compared: int
    equal: int
    differing: tuple[int, ...]


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """One run. `acts` and `seconds` are those of the import proper, without founding and reading."""

    organisation: ActId
    name: str
    states: int
    roll_calls: int
    acts: int
    seconds: float
    acts_per_second: float
    entries: int
    void: int
    record_bytes: int
    stored_bytes: int
    read_back_entries: int
    read_back_seconds: float
    registrar_memory: tuple[Memory, ...]
    tallies: Comparison


def compare(calls: Sequence[RollCall], tallies: Mapping[int, Tally], body: Body) -> Comparison:
    """Hold the tallies of the record to those of the collection; one that the record lacks differs."""
    differing = tuple(call.rcid for call in calls if _recorded(call, body) != tallies[call.rcid])
    return Comparison(len(calls), len(calls) - len(differing), differing)


def _recorded(call: RollCall, body: Body) -> Tally | None:
    text = body.texts.get(body.references.get(call.reference) or "")
    return text.tally if text is not None else None
