"""The state of the fold as a notary keeps it, so that a start compares the whole record and folds only its end.

What is kept ends with a bundle and is written once a published checkpoint covers it. It is believed if the archive has
its root, since the record is compared with the archive entry by entry.
"""

from tacit.ids import ActId
from tacit.record.tiles import TILE_WIDTH
from tacit.rules import Snapshot, State, catalogue, encode_snapshot
from tacit_services.kept_states import UnusableStateError, read_state
from tacit_services.log_reading import LogReader
from tacit_services.notary.watch import Watch
from tacit_services.ports import KeptState, StoreFailedError


class Keeping:
    """What was kept, and what is to be kept next."""

    def __init__(self, kept: KeptState, watch: Watch, entries: int) -> None:
        self._kept, self._watch, self._entries = kept, watch, entries
        self._size = 0
        self._next: tuple[int, bytes] | None = None

    async def find(self, organisation: ActId, published: int, reader: LogReader) -> Snapshot | None:
        """The state to go on from; None, and said why, where there is none. Raises as `LogReader.root`."""
        try:
            found = await read_state(self._kept, catalogue(), organisation, published)
            if found is not None and not await _has_root(found, published, reader):
                raise UnusableStateError("differs")
        except UnusableStateError as error:
            self._watch.state_ignored(error.reason)
            return None
        if found is not None:
            self._size = found.size
            self._watch.state_restored(found.size)
        return found

    def is_due(self, size: int) -> bool:
        """Whether the state of so many entries is to be kept."""
        return size % TILE_WIDTH == 0 and size - self._size >= self._entries

    def take(self, state: State, root: bytes) -> None:
        """Keep this state as soon as its entries are under a published checkpoint."""
        self._next = (state.size, encode_snapshot(state, root))
        self._size = state.size

    async def covered(self, published: int) -> None:
        """So many entries are under a published checkpoint. Never raises: what cannot be kept now can wait."""
        if self._next is None or self._next[0] > published:
            return
        (size, raw), self._next = self._next, None
        try:
            await self._kept.write(raw)
        except StoreFailedError as error:
            self._watch.state_ignored(error.reason)
        else:
            self._watch.state_kept(size)


async def _has_root(found: Snapshot, published: int, reader: LogReader) -> bool:
    """Whether it ends with a bundle of the archive, and has the root that the archive has there."""
    return found.size % TILE_WIDTH == 0 and (await reader.root(found.size, published)).hex() == found.digest
