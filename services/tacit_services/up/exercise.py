"""The exercise from its founding to the silence that it leaves running: what `tacit up` does, told as it happens."""

import asyncio
from dataclasses import dataclass
from typing import Final, Protocol

from tacit.acts import Deadline
from tacit.keys import Verifier
from tacit_services.scenario import Outcome, packaged
from tacit_services.shell.entropy import MACHINE_ENTROPY
from tacit_services.up.accession import Accession
from tacit_services.up.demonstration import Counts, Demonstration, authors
from tacit_services.up.live import desks
from tacit_services.up.organisation import Design
from tacit_services.up.recording import SubmittingRecorder
from tacit_services.up.runtime import Running, Site, running

FOUNDING_WAIT_S: Final = 60.0
SCENES: Final = ("article4-2022", "deadline")
"""What is played: scenarios for the members of the first one."""


WITNESSES: Final = 5
"""Enough for a quorum of three."""


class Teller(Protocol):
    """Tells a person what happens, when it happens. Never raises."""

    def serving(self, run: Running) -> None:
        """The services are up; the record may be old or empty."""
        ...

    def in_force(self, run: Running, offices: int) -> None:
        """Every founder has accepted and every desk is connected."""
        ...

    def scene(self, name: str, channel: str) -> None:
        """A scenario begins."""
        ...

    def row(self, outcome: Outcome) -> None:
        """A row has been played, or is one that cannot be played yet."""
        ...

    def staying(self, run: Running, deadline: Deadline) -> None:
        """The scenarios are over; a real silence runs and everything stays up."""
        ...

    def stopped(self, counts: Counts) -> None:
        """Everything has been stopped in order."""
        ...


@dataclass(frozen=True)
class Wish:
    """How the exercise is to be run."""

    site: Site
    speed: float
    once: bool


def exercise_design() -> Design:
    """Thirty members: those of the packaged scenario; the first of them have witnesses."""
    members = packaged(SCENES[0]).members
    return Design("Exercise council", members, ruleset="nato-like-exercise", witnessed=members[:WITNESSES])


async def run_exercise(wish: Wish, teller: Teller) -> tuple[Counts, int]:
    """Run until everything is played (`once`) or for ever; return the counts and how many rows came out otherwise.

    Raises:
        OperatorError, RegistrarError, ClientError: each with a sentence for the operator.
    """
    async with running(wish.site) as run:
        begun = asyncio.get_running_loop().time()
        teller.serving(run)
        counts, mismatches = await _play(run, wish, teller, begun)
    teller.stopped(counts)
    return counts, mismatches


async def _play(run: Running, wish: Wish, teller: Teller, begun: float) -> tuple[Counts, int]:
    await _complete_founding(run)
    everybody = authors(run.organisation)
    async with desks(run.address, everybody, run.clock) as desk:
        teller.in_force(run, len(everybody))
        demonstration = Demonstration(run.organisation, run.mirror, desk, MACHINE_ENTROPY)
        mismatches = await _scenes(demonstration, wish.speed, teller)
        if not wish.once:
            teller.staying(run, await demonstration.leave_silence_running())
            await asyncio.get_running_loop().create_future()
        return demonstration.counts(asyncio.get_running_loop().time() - begun), mismatches


async def _complete_founding(run: Running) -> None:
    registrar = Verifier(run.organisation.service("registrar").signer.keys)
    accession = Accession(run.organisation, run.mirror, SubmittingRecorder(run.submitter, registrar))
    async with asyncio.timeout(FOUNDING_WAIT_S):
        await run.mirror.catch_up()
        await accession.complete(run.clock.now())


async def _scenes(demonstration: Demonstration, speed: float, teller: Teller) -> int:
    mismatches = 0
    for name in SCENES:
        teller.scene(name, demonstration.channel)
        async for outcome in demonstration.play(name, speed):
            teller.row(outcome)
            mismatches += bool(outcome.failure)
    return mismatches
