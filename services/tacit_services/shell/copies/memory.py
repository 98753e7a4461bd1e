"""The fake of copies on the bus: those that are shown in this process."""

import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from msgspec import structs

from tacit.ids import Digest
from tacit_services.copies import RecordCopy, Seen
from tacit_services.ports import StoredMessage


class MemoryCopies:
    """`SharedCopies` of whoever shows some here."""

    def __init__(self) -> None:
        self._shown: dict[str, Sequence[RecordCopy]] = {}
        self._numbers = itertools.count()

    @asynccontextmanager
    async def showing(self, service: str, copies: Sequence[RecordCopy]) -> AsyncIterator[None]:
        """Answer for these within the block; the list may grow."""
        own = f"{service}.{next(self._numbers)}"
        self._shown[own] = copies
        try:
            yield
        finally:
            del self._shown[own]

    async def seen(self) -> list[Seen]:
        """Ask each."""
        every = [(f"{own}.{at}", copy) for own, copies in self._shown.items() for at, copy in enumerate(copies)]
        told = [(holder, await copy.seen()) for holder, copy in every]
        return [structs.replace(seen, holder=holder) for holder, seen in told if seen is not None]

    async def held(self, holder: str, first: int, limit: int) -> list[StoredMessage]:
        """Ask that one."""
        copy = self._copy(holder)
        return [] if copy is None else await copy.held(first, limit)

    async def body(self, holder: str, folder: str, digest: Digest) -> bytes | None:
        """Ask that one."""
        copy = self._copy(holder)
        return None if copy is None else await copy.body(folder, digest)

    def _copy(self, holder: str) -> RecordCopy | None:
        own, _, at = holder.rpartition(".")
        copies = self._shown.get(own, ())
        return copies[int(at)] if at.isdecimal() and int(at) < len(copies) else None
