"""Making a record whole that has lost its end: what others have seen beyond it is appended again, in its order.

Folded and compared before: what is void, what no signed head has, what two copies dispute, is not appended.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence

import structlog

from tacit.ids import ActId
from tacit_services.copies import Seen
from tacit_services.ports import APPEND_MESSAGES_MAX, NewMessage, StoredMessage
from tacit_services.registrar.bodies import Bodies
from tacit_services.registrar.comparing import Comparing
from tacit_services.registrar.errors import CopyDiffersError, RecordBehindError, RecordDiffersError, RegistrarError
from tacit_services.registrar.fetching import (
    FETCH_BYTES_MAX,
    FETCH_MESSAGES_MAX,
    Chain,
    Fetching,
    Lacking,
    MisledError,
    lacking,
)
from tacit_services.registrar.folding import Folding
from tacit_services.registrar.settings import Limits, Ports
from tacit_services.settle import append_settled

log = structlog.get_logger()


class Mending:
    """Makes the record of one organisation whole. `distrusted`: holders that have misled it before."""

    def __init__(
        self, ports: Ports, limits: Limits, folding: Folding, organisation: ActId, distrusted: Collection[str]
    ) -> None:
        self._ports = ports
        self._limits = limits
        self._folding = folding
        self._organisation = organisation
        self._distrusted = distrusted
        self._comparing = Comparing(ports, organisation)
        self._bodies = Bodies(ports, limits, organisation)
        self._fetching = Fetching(ports, organisation)

    async def mend(self, sightings: list[Seen], again: Callable[[], Awaitable[list[Seen]]]) -> None:
        """Append what is lacking, and compare what was seen within. `again` asks everybody once more.

        Raises:
            RegistrarError: it cannot be had, it is disputed, or what stands there is not what was seen.
            MisledError: that holder must not be asked again; what was folded is spoilt.
            FencedError: somebody else writes here; the same. Also as stores fail.
        """
        await self._check_heads()
        waited_s = 0.0
        while lack := lacking(sightings, self._folding.state.size):
            chain = await self._fetching.chain(lack, self._folding.state.size, self._distrusted)
            is_spent = waited_s >= self._limits.mend_wait_s
            # A part is compared with fewer roots than the whole: it is made durable where nothing better can be had.
            if self._is_whole(chain, lack) or (chain.messages and is_spent):
                await self._append_again(chain, sightings)
                continue
            if is_spent:
                raise self._lost(lack)
            await self._ports.sleep(self._limits.mend_pause_s)
            waited_s += self._limits.mend_pause_s
            sightings = await again()
        await self._comparing.check(self._trusted(sightings), self._folding.state.size)
        await self._check_heads()
        await self._bodies.regain(self._folding.named, sightings, again)

    def _is_whole(self, chain: Chain, lack: Lacking) -> bool:
        """Whether it is all that is lacking, or as much as is compared at once."""
        count, weight = len(chain.messages), sum(len(each.data) for each in chain.messages)
        lacks = lack.largest.size - self._folding.state.size
        return count >= min(lacks, FETCH_MESSAGES_MAX) or weight >= FETCH_BYTES_MAX

    def _trusted(self, sightings: Sequence[Seen]) -> list[Seen]:
        return [each for each in sightings if each.holder not in self._distrusted]

    async def _check_heads(self) -> None:
        if (head := self._folding.heads.failed) is not None:
            raise RecordDiffersError(await self._comparing.first_difference(head), head.name)

    def _lost(self, lack: Lacking) -> RegistrarError:
        size = self._folding.state.size
        if self._distrusted:
            return CopyDiffersError(size)
        return RecordBehindError(lack.largest.name, lack.largest.size, size)

    async def _append_again(self, chain: Chain, sightings: Sequence[Seen]) -> None:
        before, messages = self._folding.state.size, chain.messages
        holders = [each for each in self._trusted(sightings) if each.holder]
        for seen in holders:
            await self._comparing.check_joint(seen, before)
        rows = await self._folding.try_on(messages)
        if rows is None:
            raise self._misled(chain)
        await self._fetching.check_agreed(chain, holders, self._folding.heads.proven)
        await self._bodies.put_back(sightings, messages)
        await self._append(messages, before)
        log.warning("record_mended", after=before, count=len(messages))
        await self._folding.index(self._organisation, rows)

    def _misled(self, chain: Chain) -> MisledError:
        """Who gave what is void; else everybody up to the root that nobody has signed."""
        base, void_at, failed = chain.messages[0].sequence, self._folding.void_at, self._folding.heads.failed
        givers = chain.givers if void_at is None else [chain.givers[void_at - base]]
        if void_at is None and failed is not None:
            givers = givers[: failed.size + 1 - base]
        error = MisledError(*givers)
        log.warning("copy_differs", after=base - 1, cause=str(error))
        return error

    async def _append(self, messages: Sequence[StoredMessage], after: int) -> None:
        for start in range(0, len(messages), APPEND_MESSAGES_MAX):
            new = [NewMessage(each.subject, each.data) for each in messages[start : start + APPEND_MESSAGES_MAX]]
            store, sleep = self._ports.store, self._ports.sleep
            await append_settled(store, new, after + start, sleep=sleep, limits=self._limits.settle)
