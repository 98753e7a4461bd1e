"""Who else has seen the record: copies on the bus, copies that this process reaches. It only asks, all at once."""

import asyncio
from collections.abc import Sequence
from typing import Final

from msgspec import structs

from tacit.ids import Digest
from tacit_services.copies import RecordCopy, Seen, SharedCopies
from tacit_services.ports import StoredMessage

HERE: Final = "here."
"""How the holders begin that are in this process."""


class Nobody:
    """`Elsewhere` where there is nobody to ask."""

    async def seen(self, organisation: str) -> list[Seen]:  # noqa: ARG002 - a fake takes every argument of its port
        """Nobody can say."""
        return []

    async def held(
        self,
        organisation: str,  # noqa: ARG002 - the same
        holder: str,  # noqa: ARG002 - the same
        first: int,  # noqa: ARG002 - the same
        limit: int,  # noqa: ARG002 - the same
    ) -> list[StoredMessage]:
        """Nobody has any."""
        return []

    async def body(
        self,
        organisation: str,  # noqa: ARG002 - the same
        holder: str,  # noqa: ARG002 - the same
        folder: str,  # noqa: ARG002 - the same
        digest: Digest,  # noqa: ARG002 - the same
    ) -> bytes | None:
        """Nobody has it."""
        return None


class Everybody:
    """`Elsewhere` for one organisation."""

    def __init__(self, bus: SharedCopies | None, copies: Sequence[RecordCopy]) -> None:
        self._bus = bus
        self._copies = copies

    async def seen(self, organisation: str) -> list[Seen]:  # noqa: ARG002 - it is for one
        """Ask all at once."""
        over_bus = self._bus.seen() if self._bus is not None else _none()
        told, *others = await asyncio.gather(over_bus, *(copy.seen() for copy in self._copies))
        assert isinstance(told, list), "the bus is the first"
        for number, each in enumerate(others):
            if isinstance(each, Seen):
                told.append(structs.replace(each, holder=f"{HERE}{number}"))
        return told

    async def held(
        self,
        organisation: str,  # noqa: ARG002 - it is for one
        holder: str,
        first: int,
        limit: int,
    ) -> list[StoredMessage]:
        """Ask that one."""
        own = self._own(holder)
        if own is not None:
            return await own.held(first, limit)
        return await self._bus.held(holder, first, limit) if self._bus is not None else []

    async def body(self, organisation: str, holder: str, folder: str, digest: Digest) -> bytes | None:  # noqa: ARG002 - the same
        """Ask that one."""
        own = self._own(holder)
        if own is not None:
            return await own.body(folder, digest)
        return await self._bus.body(holder, folder, digest) if self._bus is not None else None

    def _own(self, holder: str) -> RecordCopy | None:
        return self._copies[int(holder.removeprefix(HERE))] if holder.startswith(HERE) else None


async def _none() -> list[Seen]:
    return []
