"""The load: acts signed beforehand, and a closed loop that keeps a number of them in flight."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from time import perf_counter
from typing import Final

import msgspec

from tacit import envelope, subjects, submission
from tacit.acts import PositionDeclared, ReferenceAllotted, Stance, TextCirculated, Version
from tacit.compose import Link, Window, compose
from tacit.ids import Suite
from tacit.record import encode_entry
from tacit.submission import Submission
from tacit.testing import COUNCIL, EAST, World
from tacit_services.ports import NewMessage
from tacit_services.registrar import Limits
from tacit_services.registrar.main import Options

MEMBERS: Final = tuple(f"X{first}{second}" for first in "ABCDEF" for second in "ABCDE")
STANCES: Final[tuple[Stance, ...]] = ("CAN_ACCEPT", "AWAITING_INSTRUCTIONS")
SENDING_S_MAX: Final = 5.0
"""However slow the machine, the whole measurement ends within a minute."""
RUN_WAIT_S: Final = 30.0
ALONE: Final = Options(limits=Limits(mend_wait_s=0))
"""Of a registrar that is measured: the texts of its founding were never handed in, and nobody else may have them."""
RECEIPT: Final = b'{"answer":"receipt"'

Send = Callable[[bytes, Callable[[bytes], None]], None]
"""Hands in one submission without waiting; the callback gets its answer."""


class Load(msgspec.Struct, frozen=True):
    """An organisation of thirty, what its record holds, and what its members say, in an admissible order."""

    charter: bytes
    founding: list[NewMessage]
    submissions: list[bytes]


class Run(msgspec.Struct, frozen=True):
    """One closed loop. Times in seconds."""

    acts: int
    seconds: float
    p50_s: float
    p99_s: float

    @property
    def rate(self) -> float:
        """Accepted acts in a second."""
        return self.acts / self.seconds


def prepare(count: int, now: datetime, suite: Suite = "ed25519", members: int = len(MEMBERS)) -> Load:
    """Found the organisation and sign `count` positions on one text, each member in turn."""
    world = World(MEMBERS[:members], suite, start=now)
    reference = "CC-M(2026)0001"
    world.organ("secretariat", ReferenceAllotted(reference=reference, subject="A draft"))
    circulated = TextCirculated(reference=reference, title="A draft", paragraphs=1)
    text = world.organ("secretariat", circulated, text=b"The members agree to go on.")
    version = Version(text.leaf.act, text.act.header.detached or "")
    founding = [
        NewMessage(
            subjects.entry(world.organisation, entry.act.header.body, entry.act.header.channel),
            encode_entry(entry.leaf, envelope.encode(entry.envelope)),
        )
        for entry in world.entries
    ]
    return Load(envelope.encode(world.entries[0].envelope), founding, _positions(world, version, count))


def _positions(world: World, version: Version, count: int) -> list[bytes]:
    authors = [world.author(state) for state in world.states]
    links = [world.link(author, (COUNCIL, EAST)) for author in authors]
    window = Window(world.now, world.now.replace(microsecond=0) + (world.window().not_after - world.now) * 6)
    said = []
    for number in range(count):
        at = number % len(authors)
        stance = STANCES[number // len(authors) % len(STANCES)]
        content = PositionDeclared(version=version, scope="text", stance=stance, condition="", statement="")
        composed = compose(authors[at], content, (COUNCIL, EAST), links[at], window)
        links[at] = Link(links[at].number + 1, composed.act_id)
        said.append(submission.encode(Submission(composed.envelope, None)))
    return said


async def closed_loop(send: Send, submissions: Sequence[bytes], in_flight: int) -> Run:
    """Keep `in_flight` submissions unanswered until all are sent or `SENDING_S_MAX` is over; each gets a receipt.

    `Run.acts` says how many were sent: always the first ones.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()
    waits_s: list[float] = []
    sent, start_s = 0, perf_counter()

    def send_next() -> None:
        nonlocal sent
        begun_s = perf_counter()
        if sent < len(submissions) and begun_s - start_s < SENDING_S_MAX:
            sent += 1
            send(submissions[sent - 1], lambda answer: take(answer, begun_s))
        elif len(waits_s) == sent and not done.done():
            done.set_result(None)

    def take(answer: bytes, begun_s: float) -> None:
        waits_s.append(perf_counter() - begun_s)
        if not answer.startswith(RECEIPT) and not done.done():
            done.set_exception(RuntimeError(answer.decode()))
        # Not at once: an answer may come from within `send`, and a long chain of them would not return.
        loop.call_soon(send_next)

    for _ in range(in_flight):
        send_next()
    async with asyncio.timeout(RUN_WAIT_S):
        await done
    seconds = perf_counter() - start_s
    waits_s.sort()
    return Run(sent, seconds, waits_s[len(waits_s) // 2], waits_s[len(waits_s) * 99 // 100])
