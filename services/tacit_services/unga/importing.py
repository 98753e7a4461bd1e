"""Handing in: roll call after roll call, many acts without an answer, always in order. Awaits ports only.

It answers for nothing: what was recorded is read from the record. After anything but receipts it stops, and the record
says where to go on.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Protocol

from tacit import envelope
from tacit.compose import Window
from tacit.errors import RefusedError
from tacit.keys import Verifier
from tacit.record import open_refusal
from tacit.submission import Refused, decode_answer
from tacit_services.unga.composer import Composer, Shuffle
from tacit_services.unga.source import RollCall

PORTION_ACTS: Final = 64
PORTIONS_MAX: Final = 8
"""Portions without all their answers: at least 448 acts are in flight while there is more to hand in."""
COMPOSED_CALLS: Final = 4
"""Roll calls that are composed in one go, while those before them are under way."""
PLAYABLE: Final = timedelta(minutes=10)
RECEIPT: Final = b'{"answer":"receipt"'


class Door(Protocol):
    """The way to the registrar for many submissions."""

    async def submit_in_order(self, handed_in: Sequence[bytes]) -> list[bytes | None]:
        """Hand in encoded submissions in this order, after those of earlier calls; return their encoded answers.

        None where nobody can say. Raises nothing.
        """
        ...


class Workers(Protocol):
    """A thread beside the loop."""

    def start(self, work: Callable[[], list[bytes]], /) -> Awaitable[list[bytes]]:
        """Begin; awaiting gives what `work` returns or raises."""
        ...


class TwiceDoor:
    """`Door` through which everything goes twice: the second time the answers must be those of the first."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def submit_in_order(self, handed_in: Sequence[bytes]) -> list[bytes | None]:
        """Hand in twice, one time right after the other.

        Raises:
            OtherAnswerError: an act got a receipt, and then something else or another receipt.
        """
        both = await asyncio.gather(*(self._door.submit_in_order(handed_in) for _ in range(2)))
        for first, second in zip(*both, strict=True):
            if first is not None and second is not None and first.startswith(RECEIPT) and first != second:
                raise OtherAnswerError
        return both[0]


class OtherAnswerError(Exception):
    """The same act, handed in twice, got two answers."""

    def __init__(self) -> None:
        super().__init__("An act that was handed in twice got two different answers: report it, with the record.")


class StoppedError(Exception):
    """Something other than a receipt came: the record must be read to know where to go on."""


class Importer:
    """Hands in what composers compose."""

    def __init__(
        self,
        door: Door,
        registrar: Verifier,
        workers: Workers,
        now: Callable[[], datetime],
        shuffle: Shuffle | None = None,
    ) -> None:
        """`registrar` verifies refusals. Receipts are counted, not verified: the record is read back at the end.

        `shuffle` puts the votes of the roll calls that are composed in one go into another order.
        """
        self._shuffle = shuffle
        self._door = door
        self._registrar = registrar
        self._workers = workers
        self._now = now

    async def run(self, composer: Composer, calls: Sequence[RollCall], advanced: Callable[[int], None]) -> None:
        """Hand in what the record lacks of these roll calls; tell how many acts more have receipts.

        Raises:
            StoppedError: not everything was recorded, and going on from the record may help.
            RefusedError: the registrar refused an act for what it says.
        """
        waiting: deque[asyncio.Task[list[bytes | None]]] = deque()
        stopped: Exception | None = None
        async with asyncio.TaskGroup() as tasks, aclosing(self._portions(composer, calls)) as portions:
            async for portion in portions:
                waiting.append(tasks.create_task(self._door.submit_in_order(portion)))
                if len(waiting) >= PORTIONS_MAX:
                    stopped = self._settle(await waiting.popleft(), advanced)
                if stopped is not None:
                    break
            # Whatever is still under way must have its answer before the record is read again.
            for each in waiting:
                found = self._settle(await each, advanced)
                stopped = stopped or found
        if stopped is not None:
            raise stopped

    async def _portions(self, composer: Composer, calls: Sequence[RollCall]) -> AsyncGenerator[list[bytes], None]:
        said = composer.opening(self._window())
        for at in range(0, len(calls) + COMPOSED_CALLS, COMPOSED_CALLS):
            composing = self._workers.start(partial(self._compose, composer, calls[at : at + COMPOSED_CALLS]))
            while len(said) >= PORTION_ACTS:
                yield said[:PORTION_ACTS]
                del said[:PORTION_ACTS]
            said += await composing
        if said:
            yield said

    def _compose(self, composer: Composer, calls: Sequence[RollCall]) -> list[bytes]:
        window = self._window()
        if self._shuffle is not None:
            return composer.interleaved(calls, window, self._shuffle)
        return [raw for call in calls for raw in composer.roll_call(call, window)]

    def _window(self) -> Window:
        now = self._now()
        return Window(now, now + PLAYABLE)

    def _settle(self, answers: Sequence[bytes | None], advanced: Callable[[int], None]) -> Exception | None:
        """Count the receipts before the first answer that is none, and say what that one means."""
        for number, answer in enumerate(answers):
            if answer is None or not answer.startswith(RECEIPT):
                advanced(number)
                return self._meaning(answer)
        advanced(len(answers))
        return None

    def _meaning(self, answer: bytes | None) -> Exception:
        read = decode_answer(answer) if answer is not None else None
        if not isinstance(read, Refused):
            return StoppedError()
        refusal = open_refusal(envelope.encode(read.refusal), self._registrar)
        # A broken chain is what follows when an act before was not recorded, or was after nobody could say so.
        if refusal.rule.startswith("chain."):
            return StoppedError()
        return RefusedError(refusal.rule, refusal.detail)
