"""A notary of a few lines beside a clerk, for tests of what stands before it: tree and signatures are real ones."""

import asyncio

from tacit import log_query
from tacit.log_query import Answer, ProofsFound, Standing, Unproved
from tacit.record import decode_entry
from tests.integration.clerk import Clerk
from tests.ledger import SECOND, Ledger


class LogHouse:
    """Signs what the clerk has recorded, whenever it is told to. `states`: whose witnesses cosign.

    `away`: it says nothing; `fails`: so many proofs it cannot make; `bends`: its proofs lead elsewhere;
    `slow_s` makes each answer wait; `asked` counts the questions for proofs of entries.
    """

    def __init__(self, clerk: Clerk, states: tuple[str, ...]) -> None:
        self.clerk = clerk
        self.states = states
        self.ledger = Ledger(clerk.organisation)
        self.away = False
        self.fails = 0
        self.bends = False
        self.slow_s = 0.0
        self.asked = 0
        self._published: bytes | None = None
        self._signed: bytes | None = None
        self._second = SECOND
        self.last_size = 0
        """Entries under it."""

    def notarise(self) -> int:
        """Sign the record as it is; published where somebody cosigns. How many entries there are."""
        for message in self.clerk.record.messages()[self.ledger.size :]:
            self.ledger.append(decode_entry(message.data).leaf)
        self._second += 1
        self._signed = self.ledger.signed(self.ledger.size, *self.states, at_s=self._second)
        if self.states:
            self._published = self._signed
        self.last_size = self.ledger.size
        return self.ledger.size

    def show(self, checkpoint: bytes) -> None:
        """Publish something else."""
        self._published = self._signed = checkpoint

    @property
    def last(self) -> bytes | None:
        """The checkpoint that was signed last."""
        return self._signed

    async def standing(self, _raw: bytes) -> bytes:
        return await self._say(Standing(self._published, self._signed))

    async def proofs(self, raw: bytes) -> bytes:
        asked = log_query.decode(raw)
        self.asked += 1
        if asked.indices and self.fails:
            self.fails -= 1
            return log_query.encode_answer(Unproved("archive"))
        consistency = () if asked.old is None else self.ledger.consistency(asked.old, asked.size)
        inclusion = tuple(self.ledger.inclusion(index, asked.size) for index in asked.indices)
        if self.bends:
            inclusion = tuple((b"\0" * 32, *path[1:]) for path in inclusion)
        return await self._say(ProofsFound(consistency, inclusion))

    async def _say(self, answer: Answer) -> bytes:
        await asyncio.sleep(self.slow_s)
        return log_query.encode_answer(Unproved("archive") if self.away else answer)
