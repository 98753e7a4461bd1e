"""What the store lacks, from whoever has it, and held to what everybody else holds. Awaits ports only."""

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from tacit.ids import ActId
from tacit_services.copies import Seen
from tacit_services.ports import StoredMessage
from tacit_services.registrar.errors import CopiesDifferError
from tacit_services.registrar.holding import Holding
from tacit_services.registrar.settings import Ports
from tacit_services.standing import in_a_row

FETCH_MESSAGES_MAX: Final = 16_384
FETCH_BYTES_MAX: Final = 32_000_000
"""Before anything of it is appended: as much as whoever follows the record keeps of its end."""


class Lacking(NamedTuple):
    """Somebody has seen more than the store has."""

    largest: Seen
    holders: tuple[Seen, ...]
    """Those that may have what is lacking, the one with the most first."""


class Chain(NamedTuple):
    """Messages that follow the end of the store, next to one another, and who gave each."""

    messages: list[StoredMessage]
    givers: list[Seen]


class MisledError(Exception):
    """What these holders gave is no continuation of this record: nothing of it was appended."""

    def __init__(self, *holders: Seen) -> None:
        super().__init__(", ".join(sorted({each.name for each in holders})))
        self.holders = {each.holder for each in holders}


def lacking(sightings: Sequence[Seen], size: int) -> Lacking | None:
    """What was seen beyond `size` entries; None where nobody has seen more."""
    beyond = sorted((each for each in sightings if each.size > size), key=lambda each: -each.size)
    if not beyond:
        return None
    return Lacking(beyond[0], tuple(each for each in beyond if each.holder))


class Fetching:
    """Fetches for one registrar and one organisation."""

    def __init__(self, ports: Ports, organisation: ActId) -> None:
        self._holding = Holding(ports.elsewhere, organisation)

    async def chain(self, lack: Lacking, after: int, distrusted: Collection[str]) -> Chain:
        """The messages that follow `after`: of the holder that has most, then of whoever continues them.

        Up to `FETCH_MESSAGES_MAX` and `FETCH_BYTES_MAX`; none where nobody has any.
        """
        chain, weight = Chain([], []), 0
        holders = [each for each in lack.holders if each.holder not in distrusted]
        while len(chain.messages) < FETCH_MESSAGES_MAX and weight < FETCH_BYTES_MAX:
            # Whoever gave the last one goes on: where something is wrong, fewer are to blame.
            found = await self._next([*chain.givers[-1:], *holders], after + len(chain.messages))
            if found is None:
                break
            seen, row = found
            chain.messages.extend(row)
            chain.givers.extend([seen] * len(row))
            weight += sum(len(each.data) for each in row)
        return chain

    async def _next(self, holders: Sequence[Seen], after: int) -> tuple[Seen, list[StoredMessage]] | None:
        for seen in holders:
            row = in_a_row(await self._holding.held(seen, after + 1), after) if seen.size > after else []
            if row:
                return seen, row
        return None

    async def check_agreed(self, chain: Chain, holders: Sequence[Seen], proven: int) -> None:
        """Compare with everything that every other one holds there. A signed root decides about the first `proven`.

        Raises:
            CopiesDifferError: two of them hold different entries; names the first.
            MisledError: it holds another one than the signed root has.
        """
        for seen in holders:
            at = await self._first_difference(chain, seen)
            if at is None:
                continue
            if at < proven:
                raise MisledError(seen)
            giver = chain.givers[at + 1 - chain.messages[0].sequence]
            raise CopiesDifferError(at, giver.name, seen.name)

    async def _first_difference(self, chain: Chain, seen: Seen) -> int | None:
        """By index; None where they agree as far as both go. A copy holds its end, from somewhere on."""
        base, end = chain.messages[0].sequence, min(chain.messages[-1].sequence, seen.size)
        at = await self._holding.first_held(seen, base, end)
        while at is not None and at <= end:
            held = await self._holding.held(seen, at)
            for theirs in held:
                if base <= theirs.sequence <= end and chain.messages[theirs.sequence - base].data != theirs.data:
                    return theirs.sequence - 1
            if not held:
                break
            at = held[-1].sequence + 1
        return None
