"""What others have seen within the record, compared with what the store holds at its place. Awaits ports only."""

from collections.abc import Sequence

from tacit.ids import ActId
from tacit_services.copies import Seen, message_digest
from tacit_services.ports import EventStore, StoredMessage
from tacit_services.registrar.errors import RecordDiffersError
from tacit_services.registrar.holding import Holding
from tacit_services.registrar.settings import Ports
from tacit_services.standing import stored_at


class Comparing:
    """Compares for one registrar and one organisation."""

    def __init__(self, ports: Ports, organisation: ActId) -> None:
        self._store = ports.store
        self._holding = Holding(ports.elsewhere, organisation)

    async def check(self, sightings: Sequence[Seen], size: int) -> None:
        """Compare every sighting within the first `size` entries with the message that stands there.

        Raises:
            RecordDiffersError: another one stands there; names the first index at which that copy differs.
            StoreFailedError, RecordGapError: as the store is read.
        """
        for seen in sightings:
            if not seen.digest or not 0 < seen.size <= size:
                continue
            found = await stored_at(self._store, seen.size)
            if message_digest(found.data) != seen.digest:
                raise RecordDiffersError(await self.first_difference(seen), seen.name)

    async def check_joint(self, seen: Seen, size: int) -> None:
        """Compare the last message of the store with that of a holder whose copy may continue it; raises as `check`.

        A holder that begins later is taken at its word.
        """
        held = await self._holding.held(seen, size, 1) if 0 < size <= seen.size else []
        if held and held[0].data != (await stored_at(self._store, size)).data:
            raise RecordDiffersError(min(size - 1, await self.first_difference(seen)), seen.name)

    async def first_difference(self, seen: Seen) -> int:
        """The first index at which the store differs from what that holder has of it."""
        first = await self._holding.first_held(seen, 1, seen.size)
        while first is not None and first <= seen.size:
            held = await self._holding.held(seen, first)
            if not held:
                break
            found = await _read(self._store, first, len(held))
            for ours, theirs in zip(found, held, strict=False):
                if ours.data != theirs.data:
                    return ours.sequence - 1
            first += len(held)
        return seen.size - 1


async def _read(store: EventStore, first: int, count: int) -> list[StoredMessage]:
    found: list[StoredMessage] = []
    while len(found) < count:
        part = await store.read(first + len(found), count - len(found))
        if not part:
            break
        found += part
    return found
