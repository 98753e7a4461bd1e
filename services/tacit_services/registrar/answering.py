"""Telling the clients: only what is durable, and only after it is."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from tacit.errors import RefusedError, Rule
from tacit.record import Leaf, Refusal
from tacit.record.entry import split_entry
from tacit.signing import Signer
from tacit.submission import Unavailable, encode_answer
from tacit_services.ports import StoredMessage, StoreError, StoreFailedError
from tacit_services.registrar.arrival import Arrival
from tacit_services.registrar.batch import Batch
from tacit_services.registrar.judging import Sought
from tacit_services.registrar.ports import Placed, Row
from tacit_services.registrar.settings import Limits, Ports
from tacit_services.registrar.signatures import sign_answers
from tacit_services.registrar.watch import Watch

Told = Callable[[Arrival, bytes], None]

INLINE_ACTS_MAX: Final = 1
"""So few acts are checked and signed on the spot: the hop to another thread would take longer."""


def unavailable(reason: str) -> bytes:
    """The answer that promises nothing."""
    return encode_answer(Unavailable(reason))


class Answerer:
    """Looks up, signs and hands out the answers of durable batches."""

    def __init__(self, ports: Ports, limits: Limits, signer: Signer, watch: Watch, told: Told) -> None:
        self._ports = ports
        self._limits = limits
        self._signer = signer
        self._watch = watch
        self._told = told

    async def answer(self, batch: Batch) -> None:
        """Answer everybody in the batch."""
        left_open = await self._look_up(batch) if batch.sought else frozenset[int]()
        self._count(batch, left_open)
        size = self._limits.chunk_acts_max
        if len(batch.drafts) <= INLINE_ACTS_MAX:
            self._hand_out(batch.arrivals, sign_answers(batch.drafts, self._signer), 0, left_open)
            return
        chunks = [batch.drafts[at : at + size] for at in range(0, len(batch.drafts), size)]
        signing = [self._ports.workers.start(partial(sign_answers, part, self._signer)) for part in chunks]
        for number, signed in enumerate(signing):
            self._hand_out(batch.arrivals, await signed, number * size, left_open)

    def _hand_out(self, arrivals: Sequence[Arrival], answers: list[bytes], at: int, left_open: frozenset[int]) -> None:
        for place, answer in enumerate(answers, at):
            self._told(arrivals[place], unavailable("index") if place in left_open else answer)

    async def _look_up(self, batch: Batch) -> frozenset[int]:
        """Replace the drafts of repeats by their first leaf; return those of which nothing could be found out."""
        try:
            found = await self._ports.index.find([sought.place for _, sought in batch.sought])
        except StoreFailedError:
            self._watch.index_failed()
            return frozenset(place for place, _ in batch.sought)
        left_open = set[int]()
        for (place, sought), placed in zip(batch.sought, found, strict=True):
            draft = await self._settle(sought, placed)
            if draft is None:
                left_open.add(place)
            else:
                batch.drafts[place] = draft
        return frozenset(left_open)

    async def _settle(self, sought: Sought, placed: Placed | None) -> Leaf | Refusal | None:
        if placed is None:
            # The chain says that the number is taken; an index that does not know by whom has a hole.
            self._watch.index_failed()
            return None
        act, index = placed
        if act != sought.act_id:
            return sought.otherwise
        try:
            stored: list[StoredMessage] = await self._ports.store.read(index + 1, 1)
            leaf, _ = split_entry(stored[0].data)
        except (StoreError, RefusedError, IndexError):
            return None
        return leaf if leaf.act == act else None

    def _count(self, batch: Batch, left_open: frozenset[int]) -> None:
        repeated = -len(batch.messages)
        for place, (arrival, draft) in enumerate(zip(batch.arrivals, batch.drafts, strict=True)):
            if place in left_open:
                continue
            if isinstance(draft, Leaf):
                repeated += 1
                continue
            self._watch.refused(draft)
            if draft.rule is Rule.EQUIVOCATION and arrival.reading is not None:
                self._watch.equivocation(draft, arrival.reading.place)
        self._watch.repeated(repeated)
        if left_open:
            self._watch.unavailable(len(left_open), "index")


class IndexWriter:
    """Tells the index of what is durable, behind everybody's back."""

    def __init__(self, ports: Ports, limits: Limits, watch: Watch, written: Callable[[int], None]) -> None:
        self._index = ports.index
        self._sleep = ports.sleep
        self._limits = limits
        self._watch = watch
        self._written = written
        self._rows: list[Row] = []
        self._size = 0
        self._news = asyncio.Event()

    def add(self, rows: Sequence[Row], size: int) -> None:
        """These rows are durable; with them the record has `size` entries.

        Raises `StoreFailedError` when the index has fallen too far behind: what it lacks is kept in memory.
        """
        self._rows.extend(rows)
        self._size = size
        self._news.set()
        if len(self._rows) > self._limits.index_behind_max:
            raise StoreFailedError("store_error")

    async def run(self) -> None:
        """Write until cancelled. What could not be written is tried again, with what has come since."""
        while True:
            await self._news.wait()
            self._news.clear()
            rows, size = tuple(self._rows), self._size
            try:
                await self._index.write(rows, size)
            except StoreFailedError:
                self._watch.index_failed()
                self._news.set()
            else:
                del self._rows[: len(rows)]
                self._written(size)
            await self._sleep(self._limits.index_pause_s)
