"""Detached bodies that the store has lost, put back from whoever has them. Awaits ports only.

An act stands without its text, which may lawfully have been shredded: what nobody has is said loudly, and stops nobody.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Annotated, Final

import msgspec
import structlog
from msgspec import Meta

from tacit.detached import is_detached
from tacit.ids import ActId, Count, Digest
from tacit.record import Entry
from tacit.record.archive import folder_of
from tacit_services.copies import Seen
from tacit_services.kept_states import read_beside
from tacit_services.ports import READ_MESSAGES_MAX, OutcomeUnknownError, StoredMessage
from tacit_services.registrar.settings import Limits, Ports
from tacit_services.standing import readable

LAST_NAMED: Final = 256
"""Bodies that were named last: a store that lost its end lacks these, whatever it was given besides."""
BODIES_AT_ONCE: Final = 16
PUT_TRIES: Final = 20
PUT_PAUSE_S: Final = 0.25

log = structlog.get_logger()


class Named:
    """What the record names. Pure."""

    def __init__(self) -> None:
        self.count = 0
        self.last: deque[Digest] = deque(maxlen=LAST_NAMED)

    def passed(self, entry: Entry) -> None:
        """This one has an effect."""
        if entry.act.header.detached is not None:
            self.add(entry.act.header.detached)

    def add(self, digest: Digest) -> None:
        """An act with an effect names this body."""
        self.count += 1
        self.last.append(digest)


class _Named(msgspec.Struct, frozen=True):
    count: Count
    last: Annotated[tuple[Digest, ...], Meta(max_length=LAST_NAMED)]


_decoder: Final = msgspec.msgpack.Decoder(_Named)


def encode_named(named: Named) -> bytes:
    """As it is kept beside a state."""
    return msgspec.msgpack.encode(_Named(named.count, tuple(named.last)))


def decode_named(raw: bytes) -> Named:
    """Read back what `encode_named` wrote. Raises UnusableStateError: another version wrote it."""
    read = read_beside(_decoder, raw)
    named = Named()
    named.count = read.count
    named.last.extend(read.last)
    return named


class Bodies:
    """Puts back for one registrar and one organisation."""

    def __init__(self, ports: Ports, limits: Limits, organisation: ActId) -> None:
        self._ports = ports
        self._limits = limits
        self._organisation = organisation

    async def regain(self, named: Named, sightings: Sequence[Seen], again: Callable[[], Awaitable[list[Seen]]]) -> None:
        """Look whether the store has what the record names, and put back what it lacks.

        Where it never held anything, it was lost whole: those who may have it are waited for. Raises StoreFailedError,
        OutcomeUnknownError, RecordGapError, as stores do.
        """
        ever = await self._ports.bodies.ever() if named.count else 0
        if ever >= named.count and not await self._lacks(named.last):
            return
        log.warning("bodies_lost", count=named.count - ever)
        lost = await self._sweep(sightings)
        waited_s = 0.0
        while lost and not ever and waited_s < self._limits.mend_wait_s:
            await self._ports.sleep(self._limits.mend_pause_s)
            waited_s += self._limits.mend_pause_s
            lost = await self._put_all(await again(), lost)
        if lost:
            log.error("bodies_missing", count=len(lost), index=lost[0].leaf.index)

    async def _lacks(self, digests: Collection[Digest]) -> bool:
        return None in await asyncio.gather(*(self._ports.bodies.get(each) for each in digests))

    async def _sweep(self, sightings: Sequence[Seen]) -> list[Entry]:
        """Through the whole record; gives those whose bodies nobody has."""
        lost: list[Entry] = []
        first = 1
        while part := await self._ports.store.read(first, READ_MESSAGES_MAX):
            lost += await self.put_back(sightings, part)
            first = part[-1].sequence + 1
        return lost

    async def put_back(self, sightings: Sequence[Seen], messages: Sequence[StoredMessage]) -> list[Entry]:
        """Put the bodies of these messages back where they are missing; gives those whose bodies nobody has."""
        entries = [each for each in (readable(message.data) for message in messages) if each is not None]
        return await self._put_all(sightings, [each for each in entries if each.act.header.detached is not None])

    async def _put_all(self, sightings: Sequence[Seen], entries: Sequence[Entry]) -> list[Entry]:
        lost: list[Entry] = []
        holders = [each.holder for each in sightings if each.holder]
        for start in range(0, len(entries), BODIES_AT_ONCE):
            part = entries[start : start + BODIES_AT_ONCE]
            done = await asyncio.gather(*(self._put_one(holders, each) for each in part))
            lost += [entry for entry, is_there in zip(part, done, strict=True) if not is_there]
        return lost

    async def _put_one(self, holders: Sequence[str], entry: Entry) -> bool:
        digest = entry.act.header.detached
        assert digest is not None, "only such entries are looked at"
        if await self._ports.bodies.get(digest) is not None:
            return True
        folder = folder_of((entry.act.header.body, entry.act.header.channel))
        for holder in holders:
            raw = await self._ports.elsewhere.body(self._organisation, holder, folder, digest)
            if raw is not None and is_detached(raw, digest):
                await self._put(digest, raw)
                return True
        log.warning("body_missing", index=entry.leaf.index)
        return False

    async def _put(self, digest: Digest, body: bytes) -> None:
        for _ in range(PUT_TRIES):
            try:
                return await self._ports.bodies.put(digest, body)
            except OutcomeUnknownError:
                await self._ports.sleep(PUT_PAUSE_S)
        raise OutcomeUnknownError
