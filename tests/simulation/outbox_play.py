"""A play about an outbox: a delegation that crashes, lines that break, a gateway, a registrar and a notary that fail.

The delegation, its conversation, its outbox and both sides of the session are the real ones; registrar and notary are a
few lines each, with the real rules, tree and signatures. Everything that happens is decided by the seed.
"""

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, cast

import aiohttp

from tacit.acts import ConsultationRequested
from tacit.client.conversation import Conversation
from tacit.client.delegation import Delegation
from tacit.client.desk import Desk
from tacit.client.line import Endpoint, Line, LineLostError
from tacit.client.memory import Memory
from tacit.client.store import Kept, OutboxStore, Stage
from tacit.client.store.memory import MemoryStore
from tacit.compose import Author
from tacit.record import decode_entry
from tacit.record import leaf as leaf_format
from tacit.record.organisation_log import organisation_policy
from tacit.record.policy import Policy
from tacit.record.proof_file import parse_proof_file, verify_proof_file
from tacit.session import (
    ClientSession,
    Identity,
)
from tests.simulation.outbox_lines import PLACE, WORLD, PlayedGateway, PlayedLine, Surroundings, Wire

AUDIENCE: Final = "gateway.example"
MATTER: Final = ConsultationRequested(basis="Article 4", threatened=("XAA",), subject="A matter")
ACTS: Final = 6
NO_HTTP: Final = cast("aiohttp.ClientSession", None)
"""Lines of a play lead over nothing."""
TROUBLE_S: Final = 60.0
"""How long everything may fail; acts are valid for ten minutes, so that none expires on its way."""
QUIET_S: Final = 200.0
"""Within this, once nothing fails any more, everything must be proven."""


class CrashError(Exception):
    """The process of the delegation is gone, in this very moment."""


class CrashingStore(MemoryStore):
    """What is on the disk. A write may be the last thing that the process does, or just not come to it."""

    def __init__(self, play: "Play") -> None:
        super().__init__()
        self._play = play

    def put(self, kept: Sequence[Kept]) -> None:
        self._perhaps_crash()
        super().put(kept)
        self._play.note_kept(kept)
        self._perhaps_crash()

    def finish(self, kept: Sequence[Kept]) -> None:
        self._perhaps_crash()
        super().finish(kept)
        self._play.note_kept(kept)
        self._perhaps_crash()

    def _perhaps_crash(self) -> None:
        if self._play.happens(0.02):
            self._play.note("crash in a write")
            self._play.crashed.set()
            raise CrashError


class PlayedDelegation(Delegation):
    """A delegation whose lines lead to the play's gateway."""

    def __init__(self, play: "Play", author: Author, desk: Desk) -> None:
        super().__init__(Endpoint("http://gateway.example"), author, desk, play.clock.now)
        self._play = play

    async def _converse(self, http: aiohttp.ClientSession) -> None:
        play, memory = self._play, self._desk.memory
        if play.outage or play.happens(0.3):
            raise LineLostError
        identity = Identity(self.author.organisation, self.author.signer, AUDIENCE)
        session = ClientSession(identity, after=memory.resume_after, registrars=memory.registrars, log=memory.log)
        out, back = Wire(play), Wire(play)
        async with asyncio.TaskGroup() as tasks:
            gateway = tasks.create_task(PlayedGateway(play, out, back).serve())
            play.wires = [out, back]
            if play.happens(0.7):
                cut_s = play.chance.uniform(0.1, 8.0)
                play.loop.call_later(cut_s, out.cut)
                play.loop.call_later(cut_s, back.cut)
            self._conversation = Conversation(self._desk, cast("Line", PlayedLine(play, session, out, back)), 256)
            try:
                await self._conversation.hold()
            finally:
                gateway.cancel()


class Play(Surroundings):
    """One seed. `span_s`: within this everything must be proven."""

    span_s = TROUBLE_S + QUIET_S

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.wires: list[Wire] = []
        self.crashed = asyncio.Event()
        self.store: OutboxStore = CrashingStore(self)
        self.author = WORLD.author("XAA")

    def note_kept(self, kept: Sequence[Kept]) -> None:
        for each in kept:
            self.kept.add(each.act)
            self.note(f"{each.act[:6]} {each.stage} {each.why} sent {each.sent}")

    async def perform(self) -> None:
        """Everything fails for a while, then nothing does, and everything must be proven."""
        random.seed(self.chance.random())
        async with asyncio.TaskGroup() as tasks:
            background = [tasks.create_task(self._notarise()), tasks.create_task(self._calm_down())]
            async with asyncio.timeout(self.span_s):
                while len(self.kept) < ACTS or self.store.waiting() or self.trouble:
                    await self._live()
            for task in background:
                task.cancel()
        self.check()

    async def _calm_down(self) -> None:
        await asyncio.sleep(TROUBLE_S)
        self.trouble = False
        self.note("calm")

    async def _notarise(self) -> None:
        while True:
            await asyncio.sleep(self.chance.uniform(0.2, 2.0))
            if self.notary_away or self.happens(0.3):
                continue
            self.house.states = () if self.happens(0.4) else ("XAA", "XBB") if not self.happens(0.3) else ("XBB", "XCC")
            self.house.notarise()

    async def _live(self) -> None:
        """One life of the delegation's process, to its end by a crash, or to the end of the play."""
        self.crashed.clear()
        desk = Desk(Memory(self.author), None, self.store, self.clock.now)
        delegation = PlayedDelegation(self, self.author, desk)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(delegation.stay_connected(NO_HTTP))
                tasks.create_task(self._speak(delegation))
                tasks.create_task(self._end())
        except* CrashError:
            self.note("the process ends")

    async def _end(self) -> None:
        """Raises CrashError where the process crashes, has lived long enough, or has nothing more to do."""
        if self.trouble:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.chance.uniform(0.5, 30.0)):
                    await self.crashed.wait()
        else:
            while self.store.waiting() or len(self.kept) < ACTS:  # noqa: ASYNC110 - a store tells nobody
                await asyncio.sleep(0.5)
        raise CrashError

    async def _speak(self, delegation: Delegation) -> None:
        while len(self.kept) < ACTS:
            await asyncio.sleep(self.chance.uniform(0.0, 5.0))
            with suppress(CrashError):
                await delegation.say(MATTER, PLACE)
        await asyncio.get_running_loop().create_future()

    @property
    def policy(self) -> Policy:
        """Whose signatures a checkpoint has to have."""
        assert WORLD.state.charter is not None
        return organisation_policy(WORLD.organisation, WORLD.state.charter)

    def check(self) -> None:
        """Each act is in the record once, in the chain's order, and its author holds a proof of it."""
        entries = [decode_entry(message.data) for message in self.clerk.record.messages()[len(WORLD.entries) :]]
        assert sorted(self.kept) == sorted(entry.leaf.act for entry in entries)
        assert [*range(1, len(entries) + 1)] == [entry.act.header.number for entry in entries]
        for entry in entries:
            ended = self.store.finished(entry.leaf.act)
            assert ended is not None
            assert (Stage.WITNESSED, entry.leaf) == (ended.stage, ended.leaf)
            verify_proof_file(parse_proof_file(ended.proof or b""), leaf_format.encode(entry.leaf), self.policy)
        for act, submits in self.submits.items():
            # A repeat needs a reason: nobody could say, or a connection ended before anybody did.
            assert len(submits) <= self.nothing[act] + len({id(line) for _, line in submits})


async def play(seed: int, kind: type[Play] = Play) -> list[str]:
    """Play one seed and return its trace. Raises whatever went wrong, with the seed."""
    stage = kind(seed)
    try:
        await stage.perform()
    except BaseException as error:
        error.add_note(f"seed {seed}; play it again: make sim SEEDS=1 SEED_FIRST={seed}")
        error.add_note("\n".join(stage.trace[-60:]))
        raise
    return stage.trace
