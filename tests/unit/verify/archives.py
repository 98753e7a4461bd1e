"""Archives as whoever has the disk and the log's keys could write them, and what a verification finds in them."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

from tacit import envelope, profile
from tacit.acts import (
    Deadline,
    DecisionAdopted,
    MessagePosted,
    PositionDeclared,
    ReferenceAllotted,
    SilencePassed,
    SilenceSet,
    TextCirculated,
    Version,
)
from tacit.cli.archive import open_archive
from tacit.cli.verifying import FileLeaves, Settings, Verification
from tacit.detached import Detached
from tacit.record import encode_entry
from tacit.record.archive import CHECKPOINT, body_path, folder_of, kept_of, log_entry, witnessed_path
from tacit.record.checkpoint import Checkpoint
from tacit.record.merkle import CompactRange, leaf_hash
from tacit.record.note import Note
from tacit.record.organisation_log import origin
from tacit.testing import COUNCIL, World, log_signer
from tacit_services.notary.envelopes import Envelopes
from tacit_services.right_edge import RightEdge

REFERENCE = "C-M(2026)0001"
WORDING = b"1. The council decides."
TALK = 270
"""Messages of the record: more than one bundle."""


class Mark(NamedTuple):
    """A checkpoint to be made: after so many entries, at a second, cosigned by these members' witnesses."""

    size: int
    at: datetime
    by: tuple[str, ...] = ("XAA", "XBB")


class DictFiles:
    """Files in memory."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)

    def expect(self, _path: str) -> None:
        """It is there."""

    def names(self, folder: str, /) -> list[str]:
        below = [path.removeprefix(f"{folder}/") for path in self.files if path.startswith(f"{folder}/")]
        return sorted({path.partition("/")[0] for path in below})


@cache
def world() -> World:
    """Three members with witnesses, who talk and then begin a silence; nothing in it is to be changed."""
    found = World(witnessed=True)
    for number in range(TALK):
        found.wait(0.5)
        found.say(found.states[number % 3], MessagePosted(subject="News", in_reply_to=None), text=b"%d" % number)
    return found


def messages(told: World) -> list[bytes]:
    """The messages of the stream."""
    return [encode_entry(entry.leaf, envelope.encode(entry.envelope)) for entry in told.entries]


def places(told: World) -> list[str]:
    """The folder of each entry."""
    return [folder_of((entry.act.header.body, entry.act.header.channel)) for entry in told.entries]


def received(told: World, index: int) -> datetime:
    """When an entry was received."""
    return told.entries[index].leaf.received_at


def signed(told: World, size: int, root: bytes, mark: Mark) -> Note:
    """A checkpoint as the log and witnesses sign it."""
    checkpoint, second = Checkpoint(origin(told.organisation), size, root), int(mark.at.timestamp())
    note = log_signer().sign(checkpoint, second)
    return note.with_lines(*(line for state in mark.by for line in told.witness(state).sign(checkpoint.text, second)))


def marks(told: World) -> list[Mark]:
    """A checkpoint in the middle and one at the end, each a second after its last entry."""
    size = len(told.entries)
    return [Mark(each, received(told, each - 1) + timedelta(seconds=1)) for each in (100, size)]


def write(told: World, raw: Sequence[bytes], made: Iterable[Mark], folders: Sequence[str]) -> dict[str, bytes]:
    """The archive of these messages, with checkpoints; the last is the published one."""
    edge, envelopes, tree, files = RightEdge(), Envelopes(), CompactRange(), dict[str, bytes]()
    due = {mark.size: mark for mark in made}
    for index, message in enumerate(raw):
        entry = log_entry(message)
        edge.append(entry)
        envelopes.add(folders[index], kept_of(entry, message))
        tree.append(leaf_hash(entry))
        mark = due.get(index + 1)
        if mark is not None:
            note = signed(told, mark.size, tree.root(), mark).encode()
            files[CHECKPOINT] = files[witnessed_path(mark.size, int(mark.at.timestamp()), 4)] = note
    files |= {tile.path: data for tile, data in (*edge.completed(), *edge.partial())}
    files |= {file.path: file.data for file in envelopes.completed()}
    files |= {each.file.path: each.file.data for each in envelopes.partial()}
    return files | bodies(told)


def bodies(told: World) -> dict[str, bytes]:
    """The files of its detached bodies."""
    held = {
        body.digest(): profile.encode(body)
        for text in (WORDING, *(b"%d" % number for number in range(TALK)))
        for body in (Detached(b"\0" * 32, text),)
    }
    return {
        body_path(folder, digest): held[digest]
        for folder, entry in zip(places(told), told.entries, strict=True)
        if (digest := entry.act.header.detached) in held and digest is not None
    }


@cache
def sound() -> dict[str, bytes]:
    """The archive of the world; copy it before it is changed."""
    told = world()
    return write(told, messages(told), marks(told), places(told))


def verified(files: dict[str, bytes], *, whole: bool = False) -> Verification:
    """What a verification of these files comes to."""
    found = DictFiles(files)
    archive = open_archive(found, found)
    with FileLeaves() as leaves:
        done = Verification(archive, Settings(None, 30.0, whole), leaves)
        done.run(lambda _: None)
        done.passed.tree.root(done.passed.size)
    return done


def found_in(files: dict[str, bytes]) -> list[tuple[int, str]]:
    """What is found in them."""
    return [(each.index, each.rule) for each in verified(files).findings]


@cache
def silent() -> World:
    """A world in which a text is under silence for an hour."""
    told = World(witnessed=True)
    told.organ("secretariat", ReferenceAllotted(reference=REFERENCE, subject="Text"))
    told.organ("secretariat", TextCirculated(reference=REFERENCE, title="Text", paragraphs=1), text=WORDING)
    text = next(iter(told.state.bodies[COUNCIL].texts.values()))
    deadline = Deadline(told.now + timedelta(hours=1), "Europe/Brussels", "10:00 Brussels")
    told.organ("chair", SilenceSet(version=Version(text.text, text.wording), deadline=deadline))
    return told


def passed() -> World:
    """The same after the silence has passed: a decision by silence."""
    told = World(witnessed=True)
    told.entries, told.effects = list(silent().entries), list(silent().effects)
    told.state, told.now = told.refold(), silent().now
    found = next(iter(told.state.bodies[COUNCIL].silences.values()))
    told.wait(4000)
    told.organ("timekeeper", SilencePassed(silence=found.silence, deadline=found.deadline.at))
    return told


@cache
def decided() -> World:
    """A decision by silence, while others talk of something else; nothing in it is to be changed."""
    told = World(witnessed=True)
    told.organ("secretariat", ReferenceAllotted(reference=REFERENCE, subject="Text"))
    told.organ("secretariat", TextCirculated(reference=REFERENCE, title="Text", paragraphs=1), text=WORDING)
    text = next(iter(told.state.bodies[COUNCIL].texts.values()))
    version = Version(text.text, text.wording)
    told.say("XAA", MessagePosted(subject="News", in_reply_to=None), text=b"1")
    told.say("XBB", MessagePosted(subject="News", in_reply_to=None), text=b"2")
    joins = PositionDeclared(version=version, scope="text", stance="JOINS", condition="", statement="")
    told.say("XBB", joins)
    deadline = Deadline(told.now + timedelta(hours=1), "Europe/Brussels", "10:00 Brussels")
    silence = told.organ("chair", SilenceSet(version=version, deadline=deadline)).leaf.act
    told.say("XCC", MessagePosted(subject="News", in_reply_to=None), text=b"3")
    told.wait(4000)
    passed_by = told.organ("timekeeper", SilencePassed(silence=silence, deadline=deadline.at)).leaf.act
    adopted = DecisionAdopted(version=version, mode="SILENCE", basis=passed_by, effective_at=deadline.at, clauses=())
    told.organ("chair", adopted)
    return told


def marks_after(told: World) -> list[Mark]:
    """One checkpoint, a second after the last entry."""
    return [Mark(len(told.entries), told.now + timedelta(seconds=1))]
