"""A witness store in memory: the fake beside the file, under the same contract."""

import hashlib
from collections.abc import Awaitable, Callable

from tacit.ids import ActId
from tacit.record.attestation import Attestation
from tacit.witness.deciding import NOTHING, Held
from tacit.witness.retaining import LET_GO_AT_ONCE, may_let_go

Pause = Callable[[], Awaitable[None]]


async def _at_once() -> None:
    """No pause."""


class MemoryWitnessStore:
    """Forgets everything with the process. `pause` is awaited before each call does its work: others may go first."""

    def __init__(self, pause: Pause = _at_once) -> None:
        self._pause = pause
        self._held: dict[str, Held] = {}
        self._notes: dict[tuple[str, int], str] = {}
        self._signed: dict[tuple[ActId, ActId], bytes] = {}
        self._chains: dict[ActId, list[Attestation]] = {}
        self._evidence: dict[str, bytes] = {}
        self.doubted: list[bytes] = []

    async def held(self, origin: str) -> Held:
        """See the port."""
        await self._pause()
        return self._held.get(origin, NOTHING)

    async def note_of(self, origin: str, size: int) -> str | None:
        """See the port."""
        await self._pause()
        return self._notes.get((origin, size))

    async def advance(self, origin: str, before: Held, after: Held) -> bool:
        """See the port."""
        await self._pause()
        if self._held.get(origin, NOTHING) != before:
            return False
        self._held[origin] = after
        self._notes[origin, after.size] = after.note
        return True

    async def attested(self, organisation: ActId, act: ActId) -> bytes | None:
        """See the port."""
        await self._pause()
        return self._signed.get((organisation, act))

    async def last_attestation(self, organisation: ActId) -> Attestation | None:
        """See the port."""
        await self._pause()
        return self._last(organisation)

    def _last(self, organisation: ActId) -> Attestation | None:
        chain = self._chains.get(organisation)
        return chain[-1] if chain else None

    async def attest(self, before: Attestation | None, after: Attestation, signed: bytes) -> bool:
        """See the port."""
        await self._pause()
        if self._last(after.organisation) != before:
            return False
        chain = self._chains.setdefault(after.organisation, [])
        chain.append(after)
        self._signed[after.organisation, after.act] = signed
        for _ in range(LET_GO_AT_ONCE):
            if len(chain) > 1 and may_let_go(after.at - chain[0].at, len(chain)):
                del self._signed[after.organisation, chain.pop(0).act]
        return True

    async def keep(self, equivocation: bytes, asked: bytes) -> bool:
        """See the port."""
        await self._pause()
        name = hashlib.sha256(equivocation).hexdigest()
        if name in self._evidence:
            return False
        self._evidence[name] = equivocation
        return True

    async def doubt(self, checkpoint: bytes) -> bool:
        """See the port."""
        await self._pause()
        if checkpoint in self.doubted:
            return False
        self.doubted.append(checkpoint)
        return True

    async def evidence(self) -> tuple[bytes, ...]:
        """See the port."""
        await self._pause()
        return tuple(self._evidence[name] for name in sorted(self._evidence))
