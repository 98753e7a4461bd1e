"""The tree over the record as it is read, held to the heads that archive and witnesses have seen. Pure."""

from collections.abc import Sequence

from tacit.record.merkle import CompactRange, leaf_hash
from tacit_services.copies import Seen


class Heads:
    """Compares the root at each size that somebody has signed. `failed` is the first that the record does not have."""

    def __init__(self) -> None:
        """Before the first entry."""
        self._tree = CompactRange()
        self._ahead: list[Seen] = []
        self.failed: Seen | None = None
        self.proven = 0
        """So many entries have led to a signed root."""

    @property
    def tree(self) -> CompactRange:
        """The tree over what has passed."""
        return self._tree

    def copy(self) -> "Heads":
        """Another that holds the record, from its first entry on, to what this one is still to hold it to."""
        other = Heads()
        other._ahead = list(self._ahead)
        return other

    def expect(self, sightings: Sequence[Seen]) -> None:
        """From now on hold the record to these, too; those that it has passed already are passed over."""
        new = [each for each in sightings if each.root and each.size > self._tree.size and each not in self._ahead]
        self._ahead = sorted([*self._ahead, *new], key=lambda each: each.size)

    def passed(self, entry: bytes) -> None:
        """This follows in the record, as the log holds it."""
        self._tree.append(leaf_hash(entry))
        while self._ahead and self._ahead[0].size <= self._tree.size:
            seen = self._ahead.pop(0)
            if seen.root == self._tree.root():
                self.proven = seen.size
            elif self.failed is None:
                self.failed = seen
