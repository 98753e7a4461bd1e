"""Asking the witnesses: all at once, one question at a time to each, so that a slow or dead one delays nobody.

Whoever was busy or away is asked again while the checkpoint is the last one: a record may be quiet for days, and the
member that runs the witness waits for its line all that time. What a witness answers is verified with the key that the
charter names; nothing else is taken. Awaits ports only.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Final

from tacit.errors import RefusedError, Rule
from tacit.ids import StateCode
from tacit.record.checkpoint import parse_checkpoint
from tacit.record.cosignature import verify_line
from tacit.record.note import Note, NoteLine, read_lines
from tacit.record.vkey import Vkey
from tacit_services.log_reading import LogReader
from tacit_services.notary.ports import Witness
from tacit_services.notary.watch import Watch
from tacit_services.ports import StoreFailedError
from tacit_services.witnessing import WitnessError, WitnessSizeError

TRIES: Final = 3
"""Of one question: a witness may have to say first where it stands, and may have moved meanwhile."""
AGAIN_S_MAX: Final = 30.0
"""Between two questions about one checkpoint, however often a witness has failed."""
GRACE_S: Final = 0.5
"""How long those are waited for whose answer is welcome and not needed."""


class Asked:
    """One checkpoint and the lines that have come for it. `changed` is set with each, and with each first answer."""

    def __init__(self, sign: Callable[[], Note], waiting: Iterable[StateCode], changed: asyncio.Event) -> None:
        self.sign = sign
        """Signs it once more, with the time that it is now: by that a witness tells whether its own clock is right."""
        self.note = sign()
        self.lines: dict[StateCode, tuple[NoteLine, ...]] = {}
        self.published = 0
        """Witnesses whose lines stand under the checkpoint as it was published."""
        self.waiting = set(waiting)
        """Witnesses that have not answered yet, whatever; those that failed are asked again and not waited for."""
        self.changed = changed

    @property
    def cosigned(self) -> Note:
        """The checkpoint with every line that has come, in the order of the states."""
        return self.note.with_lines(*(line for state in sorted(self.lines) for line in self.lines[state]))

    async def until(self, count: int, wait_s: float) -> bool:
        """Wait until so many witnesses have cosigned; False where too few do in time, or can."""
        try:
            async with asyncio.timeout(wait_s):
                while len(self.lines) < count and self.waiting:
                    self.changed.clear()
                    await self.changed.wait()
        except TimeoutError:
            pass
        return len(self.lines) >= count


class Witnesses:
    """The witnesses of one organisation that can be reached, by the state that runs them. `tasks` owns the asking.

    `again_s`: the first pause before a witness that has failed is asked again about the same checkpoint; each is twice
    as long as the one before, up to `AGAIN_S_MAX`.
    """

    def __init__(
        self,
        tasks: asyncio.TaskGroup,
        ports: Mapping[StateCode, Witness],
        vkeys: Mapping[StateCode, tuple[Vkey, ...]],
        reader: LogReader,
        watch: Watch,
        again_s: float,
    ) -> None:
        self._tasks = tasks
        self._ports = ports
        self._vkeys = vkeys
        self._reader = reader
        self._watch = watch
        self._again_s = again_s
        self._sizes: dict[StateCode, int] = dict.fromkeys(ports, 0)
        self._last: Asked | None = None
        self._called: dict[StateCode, asyncio.Event] = {}

    def ask(self, sign: Callable[[], Note], changed: asyncio.Event) -> Asked:
        """Ask everybody, each as soon as it has answered the question before."""
        asked = self._last = Asked(sign, self._ports, changed)
        for state in self._ports:
            if state not in self._called:
                self._called[state] = asyncio.Event()
                self._tasks.create_task(self._attend(state, self._called[state]))
            self._called[state].set()
        return asked

    async def _attend(self, state: StateCode, called: asyncio.Event) -> None:
        """Ask one witness about each checkpoint, and again while there is no later one."""
        while True:
            await called.wait()
            called.clear()
            asked, pause_s = self._last, self._again_s
            while asked is not None and asked is self._last and not await self._ask_one(state, asked):
                # The line that comes is published under the checkpoint as it was signed first: lines cover its text.
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause_s):
                        await called.wait()
                pause_s = min(2 * pause_s, AGAIN_S_MAX)

    async def latest(self, origin: str, quorum: int, wait_s: float) -> dict[StateCode, bytes | None]:
        """What each witness cosigned last; those that do not answer are not among them.

        Waits for all, but for those beyond a quorum only a moment longer.
        """
        asking = {self._tasks.create_task(self._latest_of(state, origin)): state for state in self._ports}
        end_s = asyncio.get_running_loop().time() + wait_s
        waiting, answers = set(asking), dict[StateCode, bytes | None]()
        while waiting:
            left_s = end_s - asyncio.get_running_loop().time()
            if len(answers) >= quorum:
                left_s = min(left_s, GRACE_S)
            done, waiting = await asyncio.wait(waiting, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                break
            answers |= {asking[task]: answer[0] for task in done if (answer := task.result()) is not None}
        for task in waiting:
            task.cancel()
        return answers

    async def _latest_of(self, state: StateCode, origin: str) -> tuple[bytes | None] | None:
        try:
            return (await self._ports[state].latest(origin),)
        except WitnessError as error:
            self._watch.witness_failed(state, error)
            return None

    async def _ask_one(self, state: StateCode, asked: Asked) -> bool:
        """Whether it has cosigned."""
        try:
            lines = await self._cosign(state, asked.note if state in asked.waiting else asked.sign())
            if lines is not None:
                asked.lines[state] = lines
                self._watch.witness_answered(state)
        except (WitnessError, RefusedError, StoreFailedError) as error:
            self._watch.witness_failed(state, error)
        finally:
            asked.waiting.discard(state)
            asked.changed.set()
        return state in asked.lines

    async def _cosign(self, state: StateCode, note: Note) -> tuple[NoteLine, ...] | None:
        size, raw = parse_checkpoint(note.text).size, note.encode()
        for _ in range(TRIES):
            known = self._sizes[state]
            proof = await self._reader.consistency(known, size)
            try:
                answer = await self._ports[state].cosign(known, proof, raw)
            except WitnessSizeError as stands:
                if stands.size > size:
                    raise
                self._sizes[state] = stands.size
                continue
            lines = tuple(_own_line(vkey, note, answer) for vkey in self._vkeys[state])
            self._sizes[state] = size
            return lines
        return None


def _own_line(vkey: Vkey, note: Note, answer: bytes) -> NoteLine:
    """The line of a key that the charter names. Lines of other keys are passed over: nobody here could check them.

    Raises:
        RefusedError: `log.note` or `log.signature`.
    """
    known = [line for line in read_lines(answer) if (line.name, line.key_id) == (vkey.name, vkey.key_id)]
    if not known:
        raise RefusedError(Rule.LOG_SIGNATURE, "no line of a key of the witness")
    if not verify_line(note.text, known[0], vkey).at_s:
        raise RefusedError(Rule.LOG_SIGNATURE, "a witness says when")
    return known[0]
