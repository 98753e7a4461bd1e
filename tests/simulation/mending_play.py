"""One play of a loss: a store that lost its end, holders that lie or come late, crashes while it is made whole."""

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from prometheus_client import CollectorRegistry

from tacit import envelope
from tacit.ids import Digest
from tacit.rules import catalogue
from tacit.testing import signer_for
from tacit_services.copies import Seen
from tacit_services.ports import NewMessage, OutcomeUnknownError, StoredMessage
from tacit_services.registrar import Limits, Ports, Registrar, Watch
from tacit_services.registrar.errors import CopiesDifferError, RegistrarError
from tacit_services.settle import SettleLimits
from tacit_services.shell.clock import LoopClock
from tacit_services.shell.event_store.faults import ANSWER_LOST, FAILED, HONEST, NOT_STORED, Call, Fault
from tacit_services.shell.event_store.memory import MemoryRecord
from tests.memory_registrar import Office
from tests.simulation.lying import Holder, head, holder, kept_state, later, texts, truth
from tests.simulation.remembering import RememberingVerifiers

STARTS_MAX: Final = 6
STORM_S: Final = 4.0
LIMITS: Final = Limits(
    rebuild_pause_s=0.05,
    rebuild_pause_s_max=0.5,
    mend_wait_s=3.0,
    mend_pause_s=0.5,
    settle=SettleLimits(tries_max=6, pause_first_s=0.02, pause_max_s=0.2),
)

Make = Callable[[Ports], Registrar]


def sound(ports: Ports) -> Registrar:
    """The registrar as it is shipped."""
    charter = envelope.encode(truth()[0].entries[0].envelope)
    watch = Watch(CollectorRegistry())
    signer = signer_for("ORG/registrar")
    made = Registrar(ports, signer, watch, rulesets=catalogue(), charter=charter, limits=LIMITS)
    made._claimant._folding.verifiers = RememberingVerifiers()
    return made


class Loss:
    """The stage, and what must be true when the play is over."""

    def __init__(self, seed: int, make: Make) -> None:
        self.chance = chance = random.Random(seed)
        world, self.messages = truth()
        self.make = make
        self.office = Office(world)
        self.office.bodies.update(texts())
        self.office.faults = self._fault
        self.left = chance.choice([0, chance.randrange(len(self.messages)), len(self.messages) - 1])
        self.altered = self._lose()
        self.holders = [holder(chance, number) for number in range(chance.randint(0, 3))]
        self.holders += [head(chance, number) for number in range(chance.choice([0, 0, 1, 2]))]
        self._remembers()
        self.shown: set[str] = set()
        """Who has answered the process that runs, at any moment of it."""
        self._excused: set[int] = set()
        """Places that were given to others before anybody answered who could tell."""
        self.ended: RegistrarError | None = None
        self._begun_s = asyncio.get_running_loop().time()

    def _remembers(self) -> None:
        """What lies on the registrar's own disk: an index that was told of so many acts, perhaps a state of some."""
        self.indexed = size = self.chance.choice([0, 0, self.chance.randint(1, len(self.messages))])
        self.office.index.size = size
        if size and self.chance.random() < 0.5:
            self.office.kept.raw = kept_state(self.chance.randint(1, size))

    def _lose(self) -> int | None:
        """The store has a beginning of what was recorded, whose last entry may have been changed: gives its index."""
        kept = self.messages[: self.left]
        changed = bool(kept) and self.chance.random() < 0.1 and self.left > len(self.messages) // 2
        if changed:
            kept = [*kept[:-1], later(kept[-1])]
        self.office.record = MemoryRecord()
        if kept:
            self.office.record.add([NewMessage(each.subject, each.data) for each in kept], 0)
        return self.left - 1 if changed else None

    @property
    def stormy(self) -> bool:
        return asyncio.get_running_loop().time() - self._begun_s < STORM_S

    def _fault(self, call: Call) -> Fault:
        if self.stormy and call.operation == "append" and self.chance.random() < 0.4:
            part = Fault(answer="lost", stored=self.chance.randint(0, call.count))
            return self.chance.choice([FAILED, NOT_STORED, ANSWER_LOST, part, Fault(answer="lost", late_s=0.3)])
        return HONEST

    def _there(self) -> list[Holder]:
        return [each for each in self.holders if not self.stormy or self.chance.random() < 0.8]

    async def seen(self, organisation: str) -> list[Seen]:
        """`Elsewhere`: some of them answer."""
        assert organisation
        await asyncio.sleep(self.chance.uniform(0.0, 0.1))
        there, known = self._there(), self._known()
        self._excused |= {at for at in self._other() if at not in known}
        self.shown |= {each.name for each in there}
        return [each.seen for each in there]

    async def held(self, organisation: str, holder: str, first: int, limit: int) -> list[StoredMessage]:
        """As much of it as it gives at once: one that does not answer holds nothing, as far as anybody can tell."""
        assert organisation
        limit = min(limit, self.chance.randint(1, 9))
        found = [each.held(first, limit) for each in self.holders if each.name == holder]
        return found[0] if found else []

    async def body(self, organisation: str, holder: str, folder: str, digest: Digest) -> bytes | None:
        """No texts here."""
        assert organisation
        assert holder
        assert folder
        assert digest
        return None

    async def perform(self) -> None:
        """Start the registrar until it serves, or has stopped for a reason; the first ones may die at any moment."""
        clock = LoopClock(truth()[0].now + timedelta(minutes=1))
        for start in range(STARTS_MAX):
            self.shown.clear()
            made = self.make(self.office.ports(elsewhere=self, clock=clock))
            if await self._run(made, dies=start < STARTS_MAX - 2 and self.chance.random() < 0.4):
                break
        else:
            raise AssertionError("it neither serves nor says why not")
        self._check()

    async def _run(self, made: Registrar, *, dies: bool) -> bool:
        """Whether this process has ended the play."""
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(self._outlive(made))
            serving = tasks.create_task(made.serving.wait())
            wait_s = self.chance.uniform(0.0, 1.5) if dies else None
            await asyncio.wait({running, serving}, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
            serves = serving.done()
            serving.cancel()
            if serves:
                await made.stop()
            elif not running.done():
                running.cancel()
        return serves or self.ended is not None

    async def _outlive(self, made: Registrar) -> None:
        try:
            await made.run()
        except OutcomeUnknownError:
            pass  # whoever started it starts it again
        except RegistrarError as error:
            self.ended = error

    def _known(self) -> set[int]:
        """Places of which an honest one who was there holds the message, or a signed root."""
        told = [each for each in self.holders if each.name in self.shown and each.honest]
        held = {each.sequence for one in told for each in one.messages}
        # A root says nothing of a part before all that lies under it is there.
        roots = [one.seen.size for one in told if one.seen.root and one.seen.size <= self.office.record.last]
        return held | set(range(1, max(roots, default=0) + 1))

    def _other(self) -> set[int]:
        """Places at which the store has something else than what was recorded there."""
        found = zip(self.office.record.messages(), self.messages, strict=False)
        return {ours.sequence for ours, theirs in found if ours.data != theirs.data}

    def _check(self) -> None:
        wrong = (self._other() & self._known()) - self._excused
        if self.ended is None:
            assert not wrong, f"{wrong} are not what an honest holder has"
            told = [each.seen.size for each in self.holders if each.name in self.shown]
            assert self.office.record.last > max([self.indexed, *told]), "an act that somebody has seen is lost"
            return
        assert self._names_first(self.ended), str(self.ended)
        assert not {at for at in wrong if at - 1 != self.altered}, "what somebody knows to be false was appended"

    def _names_first(self, ended: RegistrarError) -> bool:
        """Whether the index in the sentence is the first that is lost or differs, as far as anybody can tell."""
        index = getattr(ended, "index", getattr(ended, "size", -1))
        if isinstance(ended, CopiesDifferError):
            return index >= self.office.record.last
        return 0 <= index <= self.office.record.last and f"{index}" in str(ended)


async def play(seed: int, make: Make = sound) -> RegistrarError | None:
    """Play one; gives why the registrar stopped, None where it serves."""
    loss = Loss(seed, make)
    await loss.perform()
    return loss.ended
