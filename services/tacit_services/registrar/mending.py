"""What others have seen of the record, and what to do where the store has less, or something else. Awaits ports only.

A sighting is compared with what the store holds at its place; what lies beyond the store's end is fetched from whoever
holds it and appended again, in its order, before anything else is recorded.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import structlog

from tacit import detached
from tacit.errors import RefusedError
from tacit.ids import ActId, Digest
from tacit.record import Entry
from tacit.record.archive import folder_of
from tacit_services.copies import HELD_MESSAGES_MAX, Seen, message_digest
from tacit_services.ports import EventStore, OutcomeUnknownError, StoredMessage
from tacit_services.registrar.errors import RecordBehindError, RecordDiffersError
from tacit_services.registrar.settings import Ports
from tacit_services.standing import readable

PUT_TRIES: Final = 20
PUT_PAUSE_S: Final = 0.25

log = structlog.get_logger()


class Lacking(NamedTuple):
    """Somebody has seen more than the store has."""

    largest: Seen
    holders: tuple[Seen, ...]
    """Those that may have what is lacking, the one with the most first."""


def lacking(sightings: Sequence[Seen], size: int) -> Lacking | None:
    """What was seen beyond `size` entries; None where nobody has seen more."""
    beyond = sorted((each for each in sightings if each.size > size), key=lambda each: -each.size)
    if not beyond:
        return None
    return Lacking(beyond[0], tuple(each for each in beyond if each.holder))


class Mending:
    """Compares and fetches for one registrar."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def check(self, organisation: ActId, sightings: Sequence[Seen], size: int) -> None:
        """Compare every sighting within the first `size` entries with the message that stands there.

        Raises:
            RecordDiffersError: another one stands there; names the first index at which that copy differs.
            StoreFailedError, RecordGapError: as the store is read.
        """
        for seen in sightings:
            if not seen.digest or not 0 < seen.size <= size:
                continue
            [found] = await self._ports.store.read(seen.size, 1)
            if message_digest(found.data) != seen.digest:
                raise RecordDiffersError(await self.first_difference(organisation, seen), seen.name)

    async def first_difference(self, organisation: ActId, seen: Seen) -> int:
        """The first index at which the store differs from what that holder has of it."""
        first = await self._first_held(organisation, seen)
        while first <= seen.size:
            held = await self._ports.elsewhere.held(organisation, seen.holder, first, HELD_MESSAGES_MAX)
            if not held:
                break
            found = await _read(self._ports.store, first, len(held))
            for ours, theirs in zip(found, held, strict=False):
                if ours.data != theirs.data:
                    return ours.sequence - 1
            first += len(held)
        return seen.size - 1

    async def _first_held(self, organisation: ActId, seen: Seen) -> int:
        """By halving: a copy holds its end, from somewhere on."""
        low, high = 1, seen.size
        while low < high:
            middle = (low + high) // 2
            if await self._ports.elsewhere.held(organisation, seen.holder, middle, 1):
                high = middle
            else:
                low = middle + 1
        return low

    async def fetch(self, organisation: ActId, lack: Lacking, after: int) -> list[StoredMessage]:
        """Some of the messages that follow `after`, from whoever has them; none where nobody has. Bodies come along.

        Raises StoreFailedError, OutcomeUnknownError: as bodies are stored.
        """
        for seen in lack.holders:
            if seen.size <= after:
                continue
            held = await self._ports.elsewhere.held(organisation, seen.holder, after + 1, HELD_MESSAGES_MAX)
            row = _row(held, after)
            if row:
                await self._put_bodies(organisation, lack.holders, row)
                log.warning("record_mended", after=after, count=len(row))
                return row
        return []

    async def _put_bodies(
        self, organisation: ActId, holders: Sequence[Seen], messages: Sequence[StoredMessage]
    ) -> None:
        for entry in filter(None, (readable(each.data) for each in messages)):
            digest = entry.act.header.detached
            if digest is None or await self._ports.bodies.get(digest) is not None:
                continue
            body = await self._body(organisation, holders, entry, digest)
            if body is None:
                log.warning("body_missing", index=entry.leaf.index)
            else:
                await self._put(digest, body)

    async def _body(self, organisation: ActId, holders: Sequence[Seen], entry: Entry, digest: Digest) -> bytes | None:
        folder = folder_of((entry.act.header.body, entry.act.header.channel))
        for seen in holders:
            raw = await self._ports.elsewhere.body(organisation, seen.holder, folder, digest)
            if raw is not None and _is_body(raw, digest):
                return raw
        return None

    async def _put(self, digest: Digest, body: bytes) -> None:
        for _ in range(PUT_TRIES):
            try:
                return await self._ports.bodies.put(digest, body)
            except OutcomeUnknownError:
                await self._ports.sleep(PUT_PAUSE_S)
        raise OutcomeUnknownError


def behind(lack: Lacking, size: int) -> RecordBehindError:
    """The sentence with which a registrar stops that cannot get what is lacking."""
    return RecordBehindError(lack.largest.name, lack.largest.size, size)


async def _read(store: EventStore, first: int, count: int) -> list[StoredMessage]:
    found: list[StoredMessage] = []
    while len(found) < count:
        part = await store.read(first + len(found), count - len(found))
        if not part:
            break
        found += part
    return found


def _row(held: Sequence[StoredMessage], after: int) -> list[StoredMessage]:
    """What really follows one another; entries stand in the place that their leaf says."""
    row: list[StoredMessage] = []
    for message in held:
        entry = readable(message.data)
        if message.sequence != after + len(row) + 1 or entry is None or entry.leaf.index != message.sequence - 1:
            break
        row.append(message)
    return row


def _is_body(raw: bytes, digest: Digest) -> bool:
    try:
        return detached.decode(raw).digest() == digest
    except RefusedError:
        return False
