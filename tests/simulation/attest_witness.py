"""The witnesses of a play: the real ones over their SQLite files, with clocks that are wrong, and dying at any step."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple, Protocol, TypeVar

from tacit.ids import ActId, StateCode
from tacit.record.add_checkpoint import AddCheckpoint, read_size
from tacit.record.checkpoint import parse_checkpoint
from tacit.record.cosignature import verify_note
from tacit.record.note import Note, parse_note, read_lines
from tacit.record.proofs import Proof
from tacit.testing import World
from tacit.witness.attesting import Attestor
from tacit.witness.cosigning import Answer, Cosigner
from tacit.witness.counting import Counts
from tacit.witness.file import WitnessFile
from tacit.witness.folder import make_folder
from tacit.witness.logs import WitnessedLog
from tacit.witness.ports import LogFiles, StoreError
from tacit.witness.timing import Timing
from tacit_services.witnessing import WitnessRefusedError, WitnessSizeError, WitnessUnreachableError

DIES: Final = 0.004
"""How often a process dies in one of its steps: before a transaction, within it, after it, and after the answer."""
DOWN_S: Final = (0.5, 5.0)
OFFSET_S: Final = 1.5
RATE: Final = 0.005
"""A clock is wrong by so much at first, and by so much of the time that passes."""
WRONG_S: Final = 3.0
"""So much in all, at most, unless it was set."""
CALL_WAIT_S: Final = 10.0

T = TypeVar("T")
Handler = Callable[[bytes], Awaitable[Answer]]


class LostError(Exception):
    """Nobody answers, or the question or the answer is lost on its way."""


class Cosigned(NamedTuple):
    """What a witness gave out for a checkpoint, and the time that it really was."""

    size: int
    root: bytes
    at_s: int
    true_s: float


class Stage(Protocol):
    """What a witness needs of the play."""

    world: World
    log: WitnessedLog

    def happens(self, often: float) -> bool:
        """Whether it goes wrong now."""
        ...

    def between(self, low: float, high: float) -> float:
        """By chance."""
        ...

    def now(self) -> datetime:
        """The time that it really is."""
        ...

    async def carry(self) -> None:
        """Something is on its way. Raises LostError."""
        ...

    def forward(self, organisation: ActId, submission: bytes) -> None:
        """A witness sends on what it attests."""
        ...


class SteppedFile(WitnessFile):
    """The store without its thread. Whoever asks waits, and the process may die, before and after each step."""

    def __init__(self, folder: Path, step: Callable[[], Awaitable[None]], dies: Callable[[], bool]) -> None:
        self._folder = folder
        self._step, self._dies = step, dies
        make_folder(folder)
        self._open()

    def close(self) -> None:
        self._base.close()

    async def _do(self, work: Callable[[], T]) -> T:
        await self._step()
        try:
            done = work()
        except sqlite3.Error as error:
            raise StoreError(str(error)) from error
        await self._step()
        return done

    def _whole(self, work: Callable[[], bool]) -> bool:
        def dying() -> bool:
            done = work()
            if self._dies():
                raise asyncio.CancelledError
            return done

        return super()._whole(dying)


class PlayedWitness:
    """One member's witness, from one death to the next. What it gave out is remembered by the play, not by it."""

    def __init__(self, play: Stage, state: StateCode, folder: Path) -> None:
        self.state = state
        self.set_ahead_s = 0.0
        """What somebody has set the clock ahead by."""
        self.attested: list[bytes] = []
        self.cosigned: list[Cosigned] = []
        self._play, self._folder = play, folder
        self._signer = play.world.witness(state)
        self._offset_s, self._rate = play.between(-OFFSET_S, OFFSET_S), play.between(-RATE, RATE)
        self._begun = play.now()
        self._asked: set[asyncio.Task[Answer]] = set()
        self._dead = asyncio.Event()
        self._process: tuple[asyncio.TaskGroup, tuple[Cosigner, Attestor]] | None = None

    def now(self) -> datetime:
        """Its clock."""
        true = self._play.now()
        wrong_s = self._offset_s + self._rate * (true - self._begun).total_seconds() + self.set_ahead_s
        return true + timedelta(seconds=wrong_s)

    async def live(self) -> None:
        """Start from the file, die, and start again, until cancelled."""
        while True:
            self._dead.clear()
            store = self.open()
            try:
                async with asyncio.TaskGroup() as tasks:
                    self._process = tasks, self.made(store)
                    await self._dead.wait()
                    self._process = None
                    for task in self._asked:
                        task.cancel()
            finally:
                self._process = None
                store.close()
            await asyncio.sleep(self._play.between(*DOWN_S))

    def open(self) -> WitnessFile:
        """What it must never forget."""
        return SteppedFile(self._folder / self.state, self._step, self._dies)

    def made(self, store: WitnessFile) -> tuple[Cosigner, Attestor]:
        """The process, over its file."""
        counts, log = Counts(), self._play.log
        timing = Timing(self.now, asyncio.get_running_loop().time, counts)
        cosigner = Cosigner(store, self._signer, (log,), timing, counts, LogFiles({}, {}))
        organisations = (log.organisation,)
        ed25519 = self._signer.ed25519
        return cosigner, Attestor(store, ed25519, self.state, organisations, timing, counts, self._play)

    def _dies(self) -> bool:
        if not self._play.happens(DIES):
            return False
        self._dead.set()
        return True

    async def _step(self) -> None:
        await asyncio.sleep(self._play.between(0.0, 0.02))
        if self._dies():
            await asyncio.get_running_loop().create_future()  # until it is cancelled with its process

    async def _ask(self, of: Callable[[tuple[Cosigner, Attestor]], Handler], raw: bytes) -> Answer:
        await self._play.carry()
        if self._process is None:
            raise LostError
        tasks, served = self._process

        async def answered(handler: Handler) -> Answer:
            return await handler(raw)

        task = tasks.create_task(answered(of(served)))
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)
        await asyncio.wait({task}, timeout=CALL_WAIT_S)
        if not task.done() or task.cancelled():
            raise LostError
        return task.result()

    async def attest(self, raw: bytes) -> Answer:
        """A member shows an act. Raises LostError."""
        answer = await self._ask(lambda served: served[1].attest, raw)
        if answer.status == 200:
            self.attested.append(answer.body)
        await self._play.carry()
        return answer

    async def cosign(self, old: int, proof: Proof, checkpoint: bytes) -> bytes:
        """`Witness` of the notary."""
        body = AddCheckpoint(old, proof, parse_note(checkpoint)).encode()
        try:
            answer = await self._ask(lambda served: served[0].add_checkpoint, body)
            if answer.status == 200:
                self._remember(parse_note(checkpoint).text, answer.body)
            await self._play.carry()
        except LostError as error:
            raise WitnessUnreachableError from error
        if answer.status == 409:
            raise WitnessSizeError(read_size(answer.body))
        if answer.status == 503:
            raise WitnessUnreachableError
        if answer.status != 200:
            raise WitnessRefusedError(answer.status)
        return answer.body

    def _remember(self, text: str, lines: bytes) -> None:
        shown = parse_checkpoint(text)
        (found,) = verify_note(Note(text, read_lines(lines)), self._signer.vkeys)
        self.cosigned.append(Cosigned(shown.size, shown.root, found.at_s or 0, self._play.now().timestamp()))

    async def latest(self, origin: str) -> bytes | None:
        """`Witness` of the notary."""
        if self._process is None:
            raise WitnessUnreachableError
        note = await self._process[1][0].latest(origin)
        return None if note is None else note.encode()
