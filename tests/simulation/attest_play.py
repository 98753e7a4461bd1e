"""One play of a silence: breaks that are held back, witnesses that attest them, offices that lodge what they attest.

Witnesses, notary, rules and audit are the real ones; registrar and members are a few lines each. The registrar drops
breaks, takes them late, holds evidence back, or is away over the deadline; links lose and delay; witnesses die at any
step and have clocks that are wrong. What must come of it is said by a model in `attest_truth`.
"""

import asyncio
import random
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final, Literal, NamedTuple

from prometheus_client import CollectorRegistry

from tacit import acts, profile, submission
from tacit.acts import (
    Deadline,
    EvidenceLodged,
    ReferenceAllotted,
    RegistrarTerm,
    SilenceBroken,
    SilencePassed,
    SilenceSet,
    SilenceVoided,
    TextCirculated,
    Version,
)
from tacit.compose import Window, compose, next_link
from tacit.detached import Detached
from tacit.envelope import act_id
from tacit.ids import ORGANISATION, ActId, StateCode
from tacit.record.organisation_log import log_vkeys
from tacit.rules import State, catalogue, genesis
from tacit.rules.state import Silence
from tacit.submission import Answer, Receipted, Submission
from tacit.testing import COUNCIL, World, log_signer
from tacit.witness.logs import WitnessedLog
from tacit_services.notary import Log, Notary, NotarySettings, Ports, Watch
from tacit_services.shell.archive import MemoryArchive
from tacit_services.shell.clock import LoopClock
from tacit_services.shell.kept_state import MemoryKeptState
from tests.integration.clerk import Clerk
from tests.simulation.attest_people import PLAYABLE, Kind, Lodger, Member
from tests.simulation.attest_witness import LostError, PlayedWitness

MEMBERS: Final = ("XAA", "XBB", "XCC", "XDD", "XEE")
TEXT: Final = b"1. The council agrees."
AHEAD_S: Final = 75.0
"""From the beginning of a play to the deadline."""
STORM_S: Final = 35.0
"""After the deadline: then nothing is lost any more and nobody dies."""
END_S: Final = 110.0
"""After the deadline."""
LOST: Final = 0.15
BEAT_S: Final = 10.0
"""Between two checkpoints of one size; less often than in earnest, since each is five questions."""
Conduct = Literal["honest", "drops", "delays", "away"]
Makes = Callable[["Play", StateCode, Path], PlayedWitness]


class Founded(NamedTuple):
    """The organisation of every play, with a silence that runs. Nobody changes it."""

    world: World
    silence: ActId
    deadline: datetime


@cache
def founded() -> Founded:
    """Found it."""
    world = World(MEMBERS, ruleset="nato-like-2", witnessed=True)
    world.organ("secretariat", ReferenceAllotted(reference="CC-M(2026)0001", subject="Draft"))
    circulated = TextCirculated(reference="CC-M(2026)0001", title="Draft", paragraphs=1)
    text = world.organ("secretariat", circulated, text=TEXT)
    deadline = world.now + timedelta(seconds=AHEAD_S)
    shown = Deadline(deadline, "Europe/Brussels", "10:00 Brussels")
    version = Version(text.leaf.act, text.act.header.detached or "")
    return Founded(world, world.organ("chair", SilenceSet(version=version, deadline=shown)).leaf.act, deadline)


class Registrar:
    """Takes what it likes, when it likes; what it takes is judged by the rules and stamped with the time that it is."""

    def __init__(self, play: "Play", clerk: Clerk) -> None:
        self.conduct: Conduct = play.chance.choice(["honest", "drops", "drops", "delays", "delays", "away"])
        self.withholds_until_s = play.chance.choice([-1.0, play.between(0.0, 60.0), play.between(30.0, 60.0)])
        """After the deadline: no evidence is taken before."""
        self._play, self._clerk = play, clerk
        self._since: dict[ActId, float] = {}
        self._is_away = False

    async def take(self, shown: Submission) -> Answer:
        """Raises LostError."""
        content = acts.decode(shown.envelope.payload).content
        if self._is_away or (isinstance(content, EvidenceLodged) and self._play.passed_s < self.withholds_until_s):
            raise LostError
        if isinstance(content, SilenceBroken) and not self._lets_in(act_id(shown.envelope.payload)):
            raise LostError
        return await self._clerk.submit(shown)

    def _lets_in(self, act: ActId) -> bool:
        if self.conduct == "drops":
            return False
        if self.conduct == "delays":
            until_s = self._since.setdefault(act, self._play.passed_s + self._play.between(0.0, 100.0))
            return self._play.passed_s >= until_s
        return True

    async def live(self) -> None:
        """It is away over the deadline, perhaps, and says so in a new term."""
        play = self._play
        if self.conduct != "away":
            return
        await play.until(play.between(-15.0, -0.5))
        self._is_away = True
        await play.until(play.between(0.5, 20.0))
        since = self._clerk.state.last_received_at
        term = RegistrarTerm(term=2, unavailable_since=since, reason="take-over")
        author = play.world.author(ORGANISATION, "registrar")
        window = Window(play.now(), play.now() + PLAYABLE)
        composed = compose(author, term, None, next_link(self._clerk.state, author, None), window)
        assert isinstance(await self._clerk.submit(Submission(composed.envelope, None)), Receipted)
        self._is_away = False
        play.note("take-over")


class Play:
    """The stage."""

    def __init__(self, seed: int, folder: Path, make: Makes) -> None:
        self.chance = chance = random.Random(seed)
        self.world, self.silence, self.deadline = founded()
        self.trace: list[str] = []
        self.files: dict[str, bytes] = {}
        self.clock = LoopClock(self.world.now)
        self.clerk = Clerk(self.world)
        self.clerk.clock.now = self.clock.now  # type: ignore[method-assign]  # the clerk's hand is the play's time
        charter = self.world.state.charter
        assert charter is not None
        self.charter = charter
        self.log = WitnessedLog(self.world.organisation, log_vkeys(self.world.organisation, charter), mirrored=False)
        self.registrar = Registrar(self, self.clerk)
        self.witnesses = {state: make(self, state, folder) for state in MEMBERS}
        organs = {office: Lodger(self, ORGANISATION, office) for office in ("chair", "secretariat", "timekeeper")}
        self.timekeeper = organs.pop("timekeeper")
        honest: list[Kind] = chance.choices(["early", "early", "near"], k=chance.choice([0, 0, 1, 1, 1, 2]))
        others: list[Kind] = chance.choices(["late", "forger"], k=chance.choice([0, 1, 1, 2]))
        speakers = chance.sample(MEMBERS, len(honest) + len(others))
        self.members = [Member(self, state, kind) for state, kind in zip(speakers, [*honest, *others], strict=True)]
        # Whoever breaks says nothing else: its next number is that of its break, or of the evidence for it.
        self.lodgers = organs | {state: Lodger(self, state) for state in MEMBERS if state not in speakers}
        self._tasks: asyncio.TaskGroup | None = None

    @property
    def state(self) -> State:
        """Of the record."""
        return self.clerk.state

    @property
    def found(self) -> Silence:
        """What has come of it."""
        return self.state.bodies[COUNCIL].silences[self.silence]

    @property
    def passed_s(self) -> float:
        """Since the deadline."""
        return (self.now() - self.deadline).total_seconds()

    def now(self) -> datetime:
        """The time that it really is."""
        return self.clock.now()

    def happens(self, often: float) -> bool:
        """Whether it goes wrong now."""
        return self.chance.random() < often and self.passed_s < STORM_S

    def between(self, low: float, high: float) -> float:
        """By chance."""
        return self.chance.uniform(low, high)

    def some(self, of: Iterable[str], least: int, most: int) -> list[str]:
        """So many of them."""
        among = sorted(of)
        return self.chance.sample(among, min(len(among), self.chance.randint(least, most)))

    def note(self, words: str) -> None:
        """A line of the trace: the same seed gives the same lines."""
        self.trace.append(f"{self.passed_s:9.3f} {words}")

    async def until(self, after_deadline_s: float) -> None:
        """Wait until then."""
        await asyncio.sleep(max(0.0, after_deadline_s - self.passed_s))

    async def carry(self) -> None:
        """Something is on its way. Raises LostError."""
        await asyncio.sleep(self.between(0.0, 0.3) if not self.happens(0.03) else self.between(0.0, 8.0))
        if self.happens(LOST):
            raise LostError

    async def submit(self, shown: Submission) -> Answer:
        """To the registrar, and back. Raises LostError."""
        await self.carry()
        answer = await self.registrar.take(shown)
        await self.carry()
        return answer

    def forward(self, organisation: ActId, shown: bytes) -> None:
        """A witness sends on what it attests: to the registrar; what is evidence the chair lodges, too."""
        assert organisation == self.world.organisation
        assert self._tasks is not None
        self._tasks.create_task(self._send_on(submission.decode(shown)))

    async def _send_on(self, shown: Submission) -> None:
        try:
            await self.submit(shown)
        except LostError:
            self.note(f"{act_id(shown.envelope.payload)[:6]} is not sent on")

    async def perform(self) -> None:
        """From the silence that was set to the end of everything that can come of it."""
        random.seed(self.chance.random())
        self.clerk.bodies = type(self.clerk.bodies)({})
        await self.clerk.bodies.put(Detached(b"\0" * 32, TEXT).digest(), profile.encode(Detached(b"\0" * 32, TEXT)))
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            lives = [
                self.registrar.live(),
                self._keep_time(),
                self._preside(),
                self._notary().run(),
                self._set_a_clock(),
            ]
            lives += [witness.live() for witness in self.witnesses.values()]
            lives += [member.speak() for member in self.members]
            for life in lives:
                tasks.create_task(life)
            await self.until(END_S)
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()

    async def _keep_time(self) -> None:
        """The timekeeper states that the silence has passed, where the record lets it."""
        await self.until(self.between(30.0, 50.0))
        while True:
            await asyncio.sleep(self.between(0.1, 1.0))
            if self.found.status == "RUNNING" and not self.found.jeopardised:
                await self.timekeeper.say(SilencePassed(silence=self.silence, deadline=self.deadline))

    async def _preside(self) -> None:
        """The chair voids what has passed over a break that was held back."""
        while True:
            await asyncio.sleep(1.0)
            if self.found.status == "PASSED" and self.found.evidence:
                evidence = next(iter(self.found.evidence))
                content = SilenceVoided(silence=self.silence, ground="BREAK_HELD_BACK", evidence=evidence, reason="")
                await self.lodgers["chair"].say(content)

    async def _set_a_clock(self) -> None:
        """Of one witness, ahead or back, and after a while right again."""
        if self.chance.random() < 0.4:
            return
        witness = self.witnesses[self.chance.choice(MEMBERS)]
        await self.until(self.between(-AHEAD_S + 5, 5.0))
        witness.set_ahead_s = self.chance.choice([3600.0, 86_400.0 * 300, 120.0, -20.0, -60.0, -3600.0])
        self.note(f"{witness.state} is set by {witness.set_ahead_s}")
        await asyncio.sleep(self.between(10.0, 60.0))
        witness.set_ahead_s = 0.0

    def _notary(self) -> Notary:
        ports = Ports(
            record=self.clerk.store,
            bodies=self.clerk.bodies,
            archive=MemoryArchive(self.files),
            witnesses=self.witnesses,
            clock=self.clock,
            sleep=asyncio.sleep,
            kept=MemoryKeptState(),
        )
        log, watch = Log(self.world.organisation, self.charter), Watch(CollectorRegistry())
        return Notary(ports, log, log_signer(), genesis(catalogue()), NotarySettings(heartbeat_s=BEAT_S), watch)
