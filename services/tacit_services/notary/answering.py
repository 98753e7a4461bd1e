"""What the notary answers over the bus: where the log stands, and proofs from its tiles. Awaits ports only."""

from collections.abc import Callable

from tacit import log_query
from tacit.errors import RefusedError
from tacit.log_query import Answer, ProofsAsked, ProofsFound, Standing, Unproved
from tacit.record.archive import CHECKPOINT
from tacit.record.checkpoint import parse_checkpoint
from tacit.record.note import Note, parse_note
from tacit_services.archive import Archive
from tacit_services.log_reading import LogDamagedError, LogReader
from tacit_services.ports import StoreFailedError


class Answerer:
    """Answers from an archive. `signed` gives the checkpoint that was signed last, with the lines that have come."""

    def __init__(self, archive: Archive, signed: Callable[[], Note | None]) -> None:
        self._archive = archive
        self._signed = signed
        self._reader = LogReader(archive)

    async def standing(self, _raw: bytes) -> bytes:
        """The published checkpoint and the one that was signed last. Raises nothing."""
        signed = self._signed()
        try:
            published = await self._archive.get(CHECKPOINT)
        except StoreFailedError:
            return log_query.encode_answer(Unproved("archive"))
        return log_query.encode_answer(Standing(published, signed.encode() if signed else None))

    async def proofs(self, raw: bytes) -> bytes:
        """The proofs that a question asks for. Raises nothing."""
        return log_query.encode_answer(await self._prove(raw))

    async def _prove(self, raw: bytes) -> Answer:
        try:
            asked = log_query.decode(raw)
        except RefusedError:
            return Unproved("malformed")
        try:
            if asked.size > await self._size():
                return Unproved("not_reached")
            return await self._found(asked)
        except RefusedError:
            return Unproved("malformed")  # no such leaf, or the sizes are not in order
        except (LogDamagedError, StoreFailedError):
            return Unproved("archive")

    async def _found(self, asked: ProofsAsked) -> ProofsFound:
        old = asked.size if asked.old is None else asked.old
        consistency = await self._reader.consistency(old, asked.size)
        inclusion = [await self._reader.inclusion(index, asked.size) for index in asked.indices]
        return ProofsFound(consistency, tuple(inclusion))

    async def _size(self) -> int:
        """Entries under the largest checkpoint that exists."""
        raw, signed = await self._archive.get(CHECKPOINT), self._signed()
        notes = [*([parse_note(raw)] if raw else []), *([signed] if signed else [])]
        return max((parse_checkpoint(note.text).size for note in notes), default=0)
