"""The store of an outbox that ends with its process: the fake, and what a client has that asks for no other."""

from collections.abc import Sequence
from typing import Final

from tacit.client.store import Kept, Stage
from tacit.ids import ActId
from tacit.session import Difference, Equivocation

FINISHED_MAX: Final = 1_000
"""Acts of which this store remembers how they ended; a file remembers all of them."""


class MemoryStore:
    """`OutboxStore` in this process."""

    def __init__(self) -> None:
        self._waiting: dict[ActId, Kept] = {}
        self._finished: dict[ActId, Kept] = {}
        self._checkpoints: tuple[bytes, ...] = ()
        self._evidence: list[Equivocation] = []
        self._reach: Stage | None = None
        self._differences: list[Difference] = []

    def waiting(self) -> list[Kept]:
        """As `OutboxStore.waiting`."""
        return list(self._waiting.values())

    def put(self, kept: Sequence[Kept]) -> None:
        """As `OutboxStore.put`."""
        self._waiting.update({each.act: each for each in kept})

    def finish(self, kept: Sequence[Kept]) -> None:
        """As `OutboxStore.finish`."""
        for each in kept:
            self._waiting.pop(each.act, None)
            self._finished[each.act] = each
        while len(self._finished) > FINISHED_MAX:
            del self._finished[next(iter(self._finished))]

    def finished(self, act: ActId) -> Kept | None:
        """As `OutboxStore.finished`."""
        return self._finished.get(act)

    def checkpoints(self) -> tuple[bytes, ...]:
        """As `OutboxStore.checkpoints`."""
        return self._checkpoints

    def note(self, *checkpoints: bytes) -> None:
        """As `OutboxStore.note`."""
        self._checkpoints = checkpoints

    def reaches(self, stage: Stage) -> None:
        """As `OutboxStore.reaches`."""
        self._reach = stage

    def reach(self) -> Stage | None:
        """As `OutboxStore.reach`."""
        return self._reach

    def accuse(self, equivocation: Equivocation) -> None:
        """As `OutboxStore.accuse`."""
        if equivocation not in self._evidence:
            self._evidence.append(equivocation)

    def evidence(self) -> list[Equivocation]:
        """As `OutboxStore.evidence`."""
        return list(self._evidence)

    def differs(self, difference: Difference) -> None:
        """As `OutboxStore.differs`."""
        if difference not in self._differences:
            self._differences.append(difference)

    def differences(self) -> list[Difference]:
        """As `OutboxStore.differences`."""
        return list(self._differences)
