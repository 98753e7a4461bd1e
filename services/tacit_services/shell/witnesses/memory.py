"""The fake of a witness: it does what `tlog-witness` says, in memory, and can be slow, away, or wrong."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final, Literal

from tacit.errors import RefusedError
from tacit.record.add_checkpoint import AddCheckpoint, parse_add_checkpoint
from tacit.record.checkpoint import Checkpoint, parse_checkpoint
from tacit.record.cosignature import verify_note
from tacit.record.merkle import EMPTY_ROOT
from tacit.record.note import Note, encode_lines, parse_note
from tacit.record.proofs import Proof, verify_consistency
from tacit.record.tiles import Tile
from tacit.record.vkey import Vkey
from tacit.record.witness_signing import WitnessSigner
from tacit_services.witnessing import WitnessRefusedError, WitnessSizeError, WitnessUnreachableError

Mood = Literal["well", "away", "silent", "stranger", "forgetful", "timeless", "halved"]
"""`away`: not reached; `silent`: never answers; `stranger`: signs with another key; `forgetful`: its answer
is lost, though it cosigns; `timeless`: says no time; `halved`: signs with the first of its keys alone."""

FORBIDDEN: Final = 403
UNKNOWN: Final = 404
UNPROVEN: Final = 422


class MemoryWitness:
    """The witness with this key, of the log with these keys. `time_s` gives seconds since 1970."""

    def __init__(self, signer: WitnessSigner, logs: Iterable[Vkey], time_s: Callable[[], int]) -> None:
        self.mood: Mood = "well"
        self.stored: dict[str, Note] = {}
        self.mirrored: dict[tuple[str, Tile], bytes] = {}
        """Tiles and bundles by log; a witness that mirrors none has none."""
        self.asked = 0
        self.held: asyncio.Event | None = None
        """While this is not set, answers wait for it."""
        self._signer = signer
        self._logs = tuple(logs)
        self._time_s = time_s

    async def cosign(self, old: int, proof: Proof, checkpoint: bytes) -> bytes:
        """Check and store at once, then answer."""
        await self._arrive()
        return await self.add(AddCheckpoint(old, proof, parse_note(checkpoint)).encode())

    async def add(self, body: bytes) -> bytes:
        """What `add-checkpoint` does with a body. Raises the errors of the port."""
        asked = parse_add_checkpoint(body)
        found = self._checked(asked)
        at_s = 0 if self.mood == "timeless" else self._time_s()
        signer = WitnessSigner.of_seeds("stranger.example", bytes(32)) if self.mood == "stranger" else self._signer
        lines = signer.sign(found.text, at_s)
        self.stored[found.origin] = asked.checkpoint.with_lines(*(lines[:1] if self.mood == "halved" else lines))
        if self.mood == "forgetful":
            raise WitnessUnreachableError
        return encode_lines(lines[:1] if self.mood == "halved" else lines).encode()

    async def latest(self, origin: str) -> bytes | None:
        """What is stored."""
        await self._arrive()
        found = self.stored.get(origin)
        return None if found is None else found.encode()

    async def tile(self, origin: str, tile: Tile) -> bytes | None:
        """What is mirrored."""
        await self._arrive()
        return self.mirrored.get((origin, tile))

    async def _arrive(self) -> None:
        self.asked += 1
        await asyncio.sleep(0)
        if self.held is not None:
            await self.held.wait()
        if self.mood == "away":
            raise WitnessUnreachableError
        if self.mood == "silent":
            await asyncio.get_running_loop().create_future()

    def _checked(self, asked: AddCheckpoint) -> Checkpoint:
        try:
            found = parse_checkpoint(asked.checkpoint.text)
        except RefusedError as error:
            raise WitnessRefusedError(FORBIDDEN) from error
        if all(key.name != found.origin for key in self._logs):
            raise WitnessRefusedError(UNKNOWN)
        try:
            verify_note(asked.checkpoint, self._logs)
        except RefusedError as error:
            raise WitnessRefusedError(FORBIDDEN) from error
        stored = self.stored.get(found.origin)
        known = parse_checkpoint(stored.text) if stored else Checkpoint(found.origin, 0, EMPTY_ROOT)
        if asked.old > found.size:
            raise WitnessRefusedError(400)
        if asked.old != known.size:
            raise WitnessSizeError(known.size)
        try:
            verify_consistency(known.size, known.root, found.size, found.root, asked.proof)
        except RefusedError as error:
            raise WitnessRefusedError(UNPROVEN) from error
        return found
