"""What an operator has: the disk, the stream, every key of the services and their clock. Never a key of a member."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from tacit import envelope
from tacit.acts import (
    ChannelOpened,
    Content,
    Deadline,
    MessagePosted,
    ReferenceAllotted,
    SilenceSet,
    TextCirculated,
    Version,
)
from tacit.compose import Composed
from tacit.ids import StateCode
from tacit.record import Leaf, encode_entry
from tacit.record.archive import folder_of
from tacit.rules.state import Silence, Text
from tacit.testing import COUNCIL, EAST, World
from tests.unit.cli.files import entry_with
from tests.unit.verify.archives import REFERENCE, WORDING, Mark, messages, places, write

STATES: Final = ("XAA", "XBB", "XCC", "XDD", "XEE")
QUORUM: Final = ("XAA", "XBB", "XCC")
WEST: Final = "west"
CHECKPOINT_S: Final = 1.0
"""How often the log of this organisation has a checkpoint."""

Files = dict[str, bytes]


def story() -> World:
    """Five members with witnesses: talk in two channels, a text, a silence of an hour that runs, talk again."""
    world = World(STATES, ruleset="nato-like-2", witnessed=True)
    for number in range(6):
        talk(world, STATES[number % 3], number)
    world.place = (COUNCIL, WEST)
    world.organ("secretariat", ChannelOpened(title="West", kind="crisis"))
    for number in range(6, 9):
        talk(world, STATES[number % 3], number)
    world.place = (COUNCIL, EAST)
    world.organ("secretariat", ReferenceAllotted(reference=REFERENCE, subject="Text"))
    world.organ("secretariat", TextCirculated(reference=REFERENCE, title="Text", paragraphs=1), text=WORDING)
    deadline = Deadline(world.now + timedelta(hours=1), "Europe/Brussels", "10:00 Brussels")
    world.organ("chair", SilenceSet(version=Version(text(world).text, text(world).wording), deadline=deadline))
    for number in range(9, 13):
        talk(world, STATES[number % 3], number)
    return world


def talk(world: World, state: StateCode, number: int) -> None:
    """A member posts a message half a second later."""
    world.wait(0.5)
    world.say(state, MessagePosted(subject="News", in_reply_to=None), text=b"%d" % number)


def text(world: World) -> Text:
    """The text of the story."""
    return next(iter(world.state.bodies[COUNCIL].texts.values()))


def silence(world: World) -> Silence:
    """The silence of the story."""
    return next(iter(world.state.bodies[COUNCIL].silences.values()))


class Operator:
    """Whoever runs the services of one organisation, from the moment at which it stops being honest."""

    def __init__(self, world: World | None = None) -> None:
        """`raw` and `folders` are the stream as it is and as it will be; `world` what honest members did."""
        self.world = world or story()
        self.raw: list[bytes] = messages(self.world)
        self.folders: list[str] = places(self.world)
        self.struck_at = self.world.now
        self._honest = len(self.raw)

    @property
    def size(self) -> int:
        """How many entries the stream has."""
        return len(self.raw)

    def seal(
        self, composed: Composed, received_at: datetime | None = None, index: int | None = None, term: int | None = None
    ) -> bytes:
        """An entry with a leaf as the operator likes it; the rules are not asked."""
        sealed = envelope.digest(envelope.encode(composed.envelope))
        leaf = Leaf(
            1,
            self.world.organisation,
            self.size if index is None else index,
            self.world.state.term if term is None else term,
            received_at or self.world.now,
            composed.act_id,
            sealed,
        )
        return encode_entry(leaf, envelope.encode(composed.envelope))

    def insert(self, at: int, composed: Composed, received_at: datetime | None = None) -> None:
        """Put an act into the stream, and give what follows new numbers."""
        header = composed.act.header
        self.raw.insert(at, self.seal(composed, received_at, at))
        self.folders.insert(at, folder_of((header.body, header.channel) if header.body else ("", "")))
        self.renumber()

    def append(self, composed: Composed, received_at: datetime | None = None) -> int:
        """Put an act at the end; its index."""
        self.insert(self.size, composed, received_at)
        return self.size - 1

    def junk(self, raw: bytes) -> int:
        """Put any octets at the end; their index."""
        self.raw.append(raw)
        self.folders.append(folder_of(None))
        return self.size - 1

    def drop(self, *indices: int) -> None:
        """Take entries out of the stream, and give what follows new numbers."""
        kept = [at for at in range(self.size) if at not in indices]
        self.raw = [self.raw[at] for at in kept]
        self.folders = [self.folders[at] for at in kept]
        self.renumber()

    def renumber(self) -> None:
        """Leaves bear no signature: their index is what the operator writes."""
        self.raw = [entry_with(raw, index=at) if b"\n" in raw else raw for at, raw in enumerate(self.raw)]

    def replace(self, at: int, **changes: object) -> None:
        """Write another leaf around the same act."""
        self.raw[at] = entry_with(self.raw[at], **changes)

    def compose(self, state: StateCode, office: str, content: Content, **more: bytes) -> Composed:
        """An act of an office whose key the operator has."""
        return self.world.compose(self.world.author(state, office), content, text=more.get("text"))

    def take_in(self) -> None:
        """Append what was said in the world since: good acts, which the services recorded at times of their own."""
        self.raw += messages(self.world)[len(self.raw) :]
        self.folders = places(self.world)

    def honest(self) -> Files:
        """The archive before anything was done to it: three checkpoints, each cosigned by the quorum."""
        size = self._honest
        return write(self.world, messages(self.world)[:size], self.marks(), places(self.world)[:size])

    def marks(self) -> list[Mark]:
        """A checkpoint after the founding, one before the last four entries, one at the end, as honest clocks say."""
        size = self._honest
        return [self.mark(each) for each in (size - 16, size - 4, size)]

    def mark(self, size: int, by: Sequence[StateCode] = QUORUM) -> Mark:
        """A checkpoint that these members' witnesses cosign a second after its last entry."""
        at = self.world.entries[size - 1].leaf.received_at
        return Mark(size, at + timedelta(seconds=CHECKPOINT_S), tuple(by))

    def after(self, seconds: float, since: datetime | None = None) -> Mark:
        """A checkpoint over all there is, so many seconds after the blow, or since another time, by honest clocks."""
        return Mark(self.size, (since or self.struck_at) + timedelta(seconds=seconds), QUORUM)

    def rewritten(self, *, by: Sequence[StateCode] = ()) -> Files:
        """The archive written anew over the stream, under a checkpoint that these witnesses have cosigned.

        A member has kept the checkpoints that it had verified before (`evidence`): the operator cannot take them back.
        """
        old = self.honest()
        at = self.world.now + timedelta(seconds=CHECKPOINT_S)
        files = write(self.world, self.raw, [Mark(self.size, at, tuple(by))], self.folders)
        kept = [old[path] for path in sorted(old) if path.startswith("witnessed/")]
        return files | {f"evidence/{number}": note for number, note in enumerate(kept)}

    def continued(self, *later: Mark) -> Files:
        """The archive of a stream that goes on from the honest one: witnesses cosign, for nothing contradicts them."""
        last = later or (self.after(CHECKPOINT_S),)
        return write(self.world, self.raw, [*self.marks(), *last], self.folders)
