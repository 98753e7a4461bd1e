"""What a delegation meets in a play about an outbox: lines that break, a gateway that fails and never lies."""

import asyncio
import random
from collections import defaultdict, deque
from contextlib import suppress
from typing import Final

from tacit.client.line import LineLostError
from tacit.client.waiting import AGAIN_FIRST_S
from tacit.envelope import act_id
from tacit.ids import ActId
from tacit.session import (
    JSON,
    CaughtUp,
    CaughtUpWith,
    ClientSession,
    EntryFrame,
    Proofs,
    Prove,
    Receipt,
    Refused,
    ServerSession,
    SignIn,
    Submit,
    Subscribe,
    Unavailable,
    Watch,
    Welcome,
)
from tacit.session.frames import Credit, ServerFrame
from tacit.submission import Receipted, Submission
from tacit.submission import Unavailable as NoAnswer
from tacit.testing import COUNCIL, EAST, OFFICE, World
from tacit_services.shell.clock import LoopClock
from tests.integration.clerk import Clerk
from tests.integration.log_house import LogHouse
from tests.unit.session_pair import LIMITS, NONCE

PLACE: Final = (COUNCIL, EAST)
WORLD: Final = World(ruleset="nato-like-2", witnessed=True)


class Surroundings:
    """Everything around a delegation, and what it was seen to do. What goes wrong is decided by the seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.loop = asyncio.get_running_loop()
        self.clock = LoopClock(WORLD.now)
        self.clerk = Clerk(WORLD)
        self.clerk.clock.now = self.clock.now  # type: ignore[method-assign]  # the clerk's hand is the play's time
        self.house = LogHouse(self.clerk, ("XAA", "XBB"))
        self.trouble = True
        self.outage = self.notary_away = False
        self.trace: list[str] = []
        self.kept: set[ActId] = set()
        self.nothing: dict[ActId, int] = defaultdict(int)
        self.submits: dict[ActId, list[tuple[float, PlayedLine]]] = defaultdict(list)

    def happens(self, often: float) -> bool:
        """Whether it goes wrong now."""
        return self.trouble and self.chance.random() < often

    def note(self, words: str) -> None:
        self.trace.append(f"{self.loop.time():8.3f} {words}")

    def note_submit(self, act: ActId, line: "PlayedLine") -> None:
        """Bytes of an act leave: never before they were kept, never again unread, never in a burst."""
        assert act in self.kept, "it was sent before it was kept"
        before = self.submits[act]
        assert not before or line.read, "it was sent again and the record was not read"
        assert all(self.loop.time() - at >= AGAIN_FIRST_S for at, each in before if each is line), "again at once"
        before.append((self.loop.time(), line))
        self.note(f"{act[:6]} submitted")


class Wire:
    """Frames from one side to the other, in order, each after a while; once it is cut nothing comes any more."""

    def __init__(self, play: Surroundings) -> None:
        self.is_cut = False
        self._play = play
        self._frames: deque[bytes] = deque()
        self._changed = asyncio.Event()

    def put(self, raw: bytes) -> None:
        self._frames.append(raw)
        self._changed.set()

    def cut(self) -> None:
        self.is_cut = True
        self._changed.set()

    async def get(self) -> bytes:
        """The next frame. Raises LineLostError."""
        await asyncio.sleep(self._play.chance.uniform(0.0, 0.02))
        while not self._frames and not self.is_cut:
            self._changed.clear()
            await self._changed.wait()
        if self.is_cut:
            raise LineLostError
        return self._frames.popleft()


class PlayedLine:
    """A `Line` without a socket. `read`: the record was heard to its end on it."""

    def __init__(self, play: Surroundings, session: ClientSession, out: Wire, back: Wire) -> None:
        self.session = session
        self.read = False
        self._play = play
        self._out = out
        self._back = back

    async def send(self, raw: bytes) -> None:
        if self._out.is_cut:
            raise LineLostError
        frame = JSON.decode_client(raw)
        if isinstance(frame, Submit):
            self._play.note_submit(act_id(frame.submission.envelope.payload), self)
        self._out.put(raw)

    async def event(self) -> object:
        event = self.session.receive(await self._back.get())
        self.read = self.read or isinstance(event, CaughtUpWith)
        return event


class PlayedGateway:
    """One connection of a gateway that fails as a gateway may, and never lies."""

    def __init__(self, play: Surroundings, inward: Wire, outward: Wire) -> None:
        self._play = play
        self._in = inward
        self._out = outward
        self._session = ServerSession(WORLD.organisation, NONCE, LIMITS)
        self._told = False

    def _say(self, frame: ServerFrame) -> None:
        self._out.put(self._session.send(frame))

    async def serve(self) -> None:
        self._out.put(self._session.challenge())
        with suppress(LineLostError):
            async with asyncio.TaskGroup() as tasks:
                while True:
                    frame = self._session.receive(await self._in.get())
                    match frame:
                        case SignIn():
                            charter, size = WORLD.entries[0].envelope, self._play.clerk.record.last
                            self._say(Welcome("XAA", OFFICE, charter, size, self._play.clock.now()))
                        case Subscribe():
                            tasks.create_task(self._follow())
                        case Watch():
                            tasks.create_task(self._show())
                        case Submit():
                            tasks.create_task(self._submit(frame))
                        case Prove():
                            tasks.create_task(self._prove(frame))
                        case Credit():
                            pass
                        case _:
                            raise AssertionError(frame)

    async def _follow(self) -> None:
        # This gateway reads the record late: what it calls its end may lie behind what is recorded.
        lag = self._play.chance.randint(0, 2) if self._play.happens(0.5) else 0
        end = max(self._session.after + 1, self._play.clerk.record.last - lag)
        while True:
            messages = self._play.clerk.record.messages()
            for message in messages[self._session.after + 1 : end]:
                self._session.forward(message.sequence - 1)
                self._out.put(self._session.codec.encode(EntryFrame(message.sequence - 1, message.data)))
            if not self._told:
                self._told = True
                self._say(CaughtUp(self._session.after + 1))
            await asyncio.sleep(self._play.chance.uniform(0.01, 0.3))
            end = self._play.clerk.record.last

    async def _show(self) -> None:
        house = self._play.house
        sent = b""
        while True:
            raw = house.last
            if raw is not None and raw != sent and house.last_size >= self._session.shown:
                sent, old = raw, self._session.shown
                proof = house.ledger.consistency(old, house.last_size)
                self._out.put(self._session.checkpoint(house.last_size, proof, raw))
            await asyncio.sleep(0.3)

    async def _submit(self, frame: Submit) -> None:
        play = self._play
        act = act_id(frame.submission.envelope.payload)
        await asyncio.sleep(play.chance.uniform(0.0, 0.1))
        if play.happens(0.3):
            play.nothing[act] += 1
            self._say(Unavailable(frame.ref, "not_serving"))
            return
        answer = await play.clerk.submit(Submission(frame.submission.envelope, frame.submission.detached))
        await asyncio.sleep(play.chance.uniform(0.0, 0.1))
        if isinstance(answer, NoAnswer) or play.happens(0.3):
            play.nothing[act] += 1
            self._say(Unavailable(frame.ref, "no_answer"))
        elif isinstance(answer, Receipted):
            self._say(Receipt(frame.ref, answer.receipt))
        else:
            self._say(Refused(frame.ref, answer.refusal))

    async def _prove(self, frame: Prove) -> None:
        await asyncio.sleep(self._play.chance.uniform(0.0, 0.1))
        if self._play.happens(0.3) or frame.size > self._play.house.ledger.size:
            self._say(Unavailable(frame.ref, "no_notary"))
        else:
            paths = tuple(self._play.house.ledger.inclusion(index, frame.size) for index in frame.indices)
            self._say(Proofs(frame.ref, paths))
