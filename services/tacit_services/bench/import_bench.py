"""The import of recorded votes, end to end, beside its bound: each act is signed once and verified once."""

import tempfile
from collections.abc import Sequence
from functools import partial
from itertools import product
from pathlib import Path
from time import perf_counter
from typing import Final

from tacit.acts import PositionDeclared, Stance, Version
from tacit.compose import Link, Window, compose
from tacit.keys import Verifier
from tacit.rules import check_signatures
from tacit.testing import COUNCIL, EAST, World
from tacit_services.bench.bounds import THREADS
from tacit_services.bench.comparison import Comparison
from tacit_services.shell.threads import Threads
from tacit_services.unga.outcome import Summary
from tacit_services.unga.run import run_import
from tacit_services.unga.source import RollCall, Source

VOTES: Final[tuple[Stance, ...]] = ("JOINS", "JOINS", "OBJECTS", "ABSTAINS")
BOUND: Final = "signed and verified by two threads"


class _Silent:
    def begin(self, words: str, total: int | None) -> None:
        """Tell nobody."""

    def advance(self, steps: int) -> None:
        """Tell nobody."""


def generated(states: int, calls: int) -> Source:
    """Roll calls of members that never were; every member votes on each."""
    codes = tuple(f"X{first}{second}" for first, second in product("ABCDEFGHIJKLMNOPQRSTUVWXYZ", repeat=2))[:states]
    made = tuple(
        RollCall(
            rcid=number,
            reference=f"UNGA(2026){number:04}",
            subject=f"Roll call {number}",
            title=f"Roll call {number}",
            wording=b"to adopt",
            votes=tuple((code, VOTES[(at + number) % len(VOTES)]) for at, code in enumerate(codes)),
        )
        for number in range(1, calls + 1)
    )
    return Source(codes, made, {call.rcid: call.tally for call in made})


async def run_import_bench(source: Source, limit: int | None, signed: int) -> tuple[Comparison, Summary]:
    """Import the first roll calls into an organisation of their own; the bound is measured before and after."""
    before = await sign_and_verify_rate(signed)
    with tempfile.TemporaryDirectory() as folder:
        summary = await run_import(Path(folder), source, limit, _Silent())
    bound = (before + await sign_and_verify_rate(signed)) / 2
    rate = summary.acts_per_second
    return Comparison(name="import of votes", ours=(rate,), theirs=(bound,), bound=BOUND, aim=None), summary


async def sign_and_verify_rate(acts: int) -> float:
    """Acts in a second that two threads sign and verify while nothing else is done."""
    world = World()
    begun_s = perf_counter()
    with Threads(THREADS, "bound") as threads:
        working = [
            threads.start(partial(_sign_and_verify, world, state, acts // THREADS)) for state in _two(world.states)
        ]
        for each in working:
            await each
    return acts / (perf_counter() - begun_s)


def _two(states: Sequence[str]) -> Sequence[str]:
    return states[:THREADS]


def _sign_and_verify(world: World, state: str, count: int) -> None:
    author, window = world.author(state), Window(world.now, world.window().not_after)
    verifier = Verifier(author.signer.keys)
    version = Version("0" * 64, "0" * 64)
    content = PositionDeclared(version=version, scope="text", stance="JOINS", condition="", statement="")
    for number in range(1, count + 1):
        composed = compose(author, content, (COUNCIL, EAST), Link(number, "0" * 64), window)
        check_signatures((verifier,), composed.envelope)
