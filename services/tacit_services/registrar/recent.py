"""The recent acts by place: repeats of these are answered without asking anybody."""

from tacit.reading import Place
from tacit.record import Leaf


class Recent:
    """A bounded map from place to leaf. What the index has not been told of yet stays, whatever the bound."""

    def __init__(self, leaves_max: int, told: int) -> None:
        """Remember `leaves_max` acts; the index knows the first `told` entries already."""
        self._max = leaves_max
        self._leaves: dict[Place, Leaf] = {}
        self._told = told

    def __len__(self) -> int:
        return len(self._leaves)

    def add(self, place: Place, leaf: Leaf) -> None:
        """Remember an act that is about to be recorded."""
        self._leaves[place] = leaf
        if len(self._leaves) > self._max:
            self._forget()

    def find(self, place: Place) -> Leaf | None:
        """The leaf of the act at a place."""
        return self._leaves.get(place)

    def told(self, size: int) -> None:
        """The index knows the first `size` entries."""
        self._told = max(self._told, size)
        while len(self._leaves) > self._max and self._forget():
            pass

    def _forget(self) -> bool:
        oldest = next(iter(self._leaves))
        if self._leaves[oldest].index >= self._told:
            return False
        del self._leaves[oldest]
        return True
