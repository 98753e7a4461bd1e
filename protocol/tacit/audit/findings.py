"""What an audit finds, by name. The names are constants: never renamed, never reused (docs/reference/verification.md).

Where an entry breaks a rule of the record, the finding has that rule's name; these are for what no single entry shows.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final

import msgspec

FINDINGS_KEPT_MAX: Final = 1_000
"""Findings that are kept whole; further ones are counted, so that a spoilt record does not fill the memory."""


class Fault(StrEnum):
    """Every name of a finding that is not the name of a rule."""

    MISSING = "archive.missing"
    """A file of the log is not there: the entries from here on cannot be read."""
    DAMAGED = "archive.damaged"
    """A file of the log is not what its place demands."""
    TILE = "tree.tile"
    """A tile holds another hash than the entry has."""
    WITHHELD = "archive.withheld"
    """An envelope is not at hand, and it was said that all must be."""
    CHECKPOINT_ROOT = "checkpoint.root"
    """The log has signed another root than these entries have."""
    CHECKPOINT_BEYOND = "checkpoint.beyond"
    """The log has signed more entries than there are here: the end was cut off."""
    CHECKPOINT_ORIGIN = "checkpoint.origin"
    """A checkpoint of another log."""
    EQUIVOCATION = "checkpoint.equivocation"
    """Two checkpoints, both signed by the log, that cannot both be true: proof against the log."""
    SEEN_ROOT = "seen.root"
    """An author had seen another root than these entries have."""
    SEEN_BEYOND = "seen.beyond"
    """An author had seen more entries than stand before its act."""
    TIME_AHEAD = "time.ahead"
    """Received, it says, after witnesses had cosigned it."""
    TIME_BEHIND = "time.behind"
    """Received, it says, before witnesses cosigned a checkpoint that does not hold it, while a deadline ran."""
    RESULT = "result.differs"
    """The record does not continue the one of an earlier result."""


class Finding(msgspec.Struct, frozen=True):
    """What is wrong, by the name of a rule or a `Fault`, and at which entry; of a checkpoint, the last it covers."""

    index: int
    rule: str
    detail: str


class Findings:
    """What was found so far: the first so many, and how many there were."""

    def __init__(self) -> None:
        self._kept: list[Finding] = []
        self.count = 0

    def add(self, index: int, rule: str, detail: str) -> None:
        """Keep one finding."""
        self.extend((Finding(index, str(rule), detail),))

    def extend(self, found: Iterable[Finding]) -> None:
        """Keep more of them."""
        for each in found:
            self.count += 1
            if len(self._kept) < FINDINGS_KEPT_MAX:
                self._kept.append(each)

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Finding]:
        return iter(sorted(self._kept, key=lambda each: each.index))
