"""What the store lacks, from whoever has it: one holder at a time, and held to what others hold. Awaits ports only."""

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from tacit.ids import ActId
from tacit_services.copies import HELD_MESSAGES_MAX, Seen, message_digest
from tacit_services.ports import StoredMessage
from tacit_services.registrar.errors import CopiesDifferError
from tacit_services.registrar.settings import Ports
from tacit_services.standing import readable

FETCH_MESSAGES_MAX: Final = 16_384
FETCH_BYTES_MAX: Final = 32_000_000
"""Of one holder before anything of it is appended: as much as whoever follows the record keeps of its end."""


class Lacking(NamedTuple):
    """Somebody has seen more than the store has."""

    largest: Seen
    holders: tuple[Seen, ...]
    """Those that may have what is lacking, the one with the most first."""


class Fetched(NamedTuple):
    """Messages that follow the end of the store, next to one another, all from one holder."""

    holder: Seen
    messages: list[StoredMessage]


class MisledError(Exception):
    """What a holder gave is no continuation of this record: nothing of it was appended."""

    def __init__(self, holder: Seen) -> None:
        super().__init__(holder.name)
        self.holder = holder.holder


def lacking(sightings: Sequence[Seen], size: int) -> Lacking | None:
    """What was seen beyond `size` entries; None where nobody has seen more."""
    beyond = sorted((each for each in sightings if each.size > size), key=lambda each: -each.size)
    if not beyond:
        return None
    return Lacking(beyond[0], tuple(each for each in beyond if each.holder))


class Fetching:
    """Fetches for one registrar and one organisation."""

    def __init__(self, ports: Ports, organisation: ActId) -> None:
        self._ports = ports
        self._organisation = organisation

    async def fetch(self, lack: Lacking, after: int, distrusted: Collection[str]) -> Fetched | None:
        """The messages that follow `after`, from the first holder that has any; None where nobody has."""
        for seen in lack.holders:
            if seen.size > after and seen.holder not in distrusted:
                messages = await self._from(seen, after)
                if messages:
                    return Fetched(seen, messages)
        return None

    async def _from(self, seen: Seen, after: int) -> list[StoredMessage]:
        found: list[StoredMessage] = []
        weight = 0
        while len(found) < FETCH_MESSAGES_MAX and weight < FETCH_BYTES_MAX:
            first = after + len(found) + 1
            row = _row(await self._held(seen, first), first - 1)
            if not row:
                break
            found += row
            weight += sum(len(each.data) for each in row)
        return found[:FETCH_MESSAGES_MAX]

    async def _held(self, seen: Seen, first: int) -> list[StoredMessage]:
        return await self._ports.elsewhere.held(self._organisation, seen.holder, first, HELD_MESSAGES_MAX)

    async def check_agreed(self, fetched: Fetched, sightings: Sequence[Seen]) -> None:
        """Compare with what every other one says that it holds there.

        Raises:
            CopiesDifferError: two of them hold different entries; names the first.
        """
        first = fetched.messages[0].sequence
        for seen in sightings:
            at = seen.size - first
            if not seen.digest or seen.holder == fetched.holder.holder or not 0 <= at < len(fetched.messages):
                continue
            if message_digest(fetched.messages[at].data) != seen.digest:
                index = await self._first_difference(fetched, seen)
                raise CopiesDifferError(index, fetched.holder.name, seen.name)

    async def _first_difference(self, fetched: Fetched, seen: Seen) -> int:
        for start in range(0, len(fetched.messages), HELD_MESSAGES_MAX):
            ours = fetched.messages[start : start + HELD_MESSAGES_MAX]
            theirs = {each.sequence: each.data for each in await self._held(seen, ours[0].sequence)}
            for each in ours:
                if each.sequence in theirs and theirs[each.sequence] != each.data:
                    return each.sequence - 1
        return seen.size - 1


def _row(held: Sequence[StoredMessage], after: int) -> list[StoredMessage]:
    """What really follows one another; entries stand in the place that their leaf says."""
    row: list[StoredMessage] = []
    for message in held:
        entry = readable(message.data)
        if message.sequence != after + len(row) + 1 or entry is None or entry.leaf.index != message.sequence - 1:
            break
        row.append(message)
    return row
