"""A witness as a copy of the record: how far it has cosigned, and the leaves that it mirrors. Awaits ports only.

A mirror holds leaves and nothing else (design: a leaf says nothing that a mirror may not hold). With the envelopes that
an archive keeps beside its log they are the record again; the root that the witness has cosigned proves them.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from tacit import envelope
from tacit.errors import RefusedError
from tacit.ids import ActId, Digest, StateCode
from tacit.record.organisation_log import origin
from tacit.record.tiles import ENTRIES, TILE_WIDTH, decode_bundle, tile_at
from tacit_services.archive import Archive
from tacit_services.archived_messages import ArchivedMessages
from tacit_services.copies import Seen, bounded
from tacit_services.ports import StoredMessage, StoreFailedError
from tacit_services.registrar.ports import LeafMirror
from tacit_services.registrar.witnessed import seen_by_witness
from tacit_services.witnessing import WitnessError

WITNESS_WAIT_S: Final = 3.0
"""For a witness to say what it has seen; one that is down holds up a start no longer."""


class MirroredCopy:
    """`RecordCopy` over the witness of a state, and the envelopes in an archive where there is one."""

    def __init__(self, state: StateCode, witness: LeafMirror, charter: bytes, archive: Archive | None) -> None:
        self._state = state
        self._witness = witness
        self._charter = charter
        self._organisation: ActId = envelope.act_id(envelope.decode(charter).payload)
        self._kept = ArchivedMessages(archive, self._organisation) if archive is not None else None
        self._size = 0

    async def seen(self) -> Seen | None:
        """The last checkpoint that it cosigned, signed by a key of the log."""
        try:
            async with asyncio.timeout(WITNESS_WAIT_S):
                raw = await self._witness.latest(origin(self._organisation))
        except (WitnessError, TimeoutError):
            return None
        if self._kept is not None:
            self._kept.forget()
        seen = seen_by_witness(self._state, raw, self._charter) if raw is not None else None
        self._size = seen.size if seen is not None else 0
        return seen

    async def held(self, first: int, limit: int) -> list[StoredMessage]:
        """The rest of the bundle in which it stands, as far as there are envelopes."""
        if self._kept is None or not 1 <= first <= self._size:
            return []
        number = (first - 1) // TILE_WIDTH
        try:
            return bounded(await self._kept.joined(number, await self._entries(number), first, limit), limit)
        except (WitnessError, StoreFailedError, RefusedError):
            return []

    async def _entries(self, number: int) -> Sequence[bytes]:
        wanted = tile_at(ENTRIES, number, self._size)
        for tile in (wanted, wanted.full):
            raw = await self._witness.tile(origin(self._organisation), tile)
            if raw is not None:
                return decode_bundle(raw, tile.width)[: wanted.width]
        return ()

    async def body(self, folder: str, digest: Digest) -> bytes | None:
        """It keeps none; the archive may."""
        return await self._kept.body(folder, digest) if self._kept is not None else None
