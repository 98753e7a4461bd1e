"""Attacks on those who cosign: what a member's witness is asked, and what it answers, keeps and says."""

import asyncio
from datetime import timedelta
from pathlib import Path

from tacit.record.add_checkpoint import AddCheckpoint
from tacit.record.checkpoint import parse_checkpoint
from tacit.record.equivocation import check_equivocation, decode_equivocation
from tacit.record.note import Note
from tacit.record.organisation_log import log_vkeys, origin
from tacit.record.proofs import Proof
from tacit.testing import World, log_signer
from tacit.witness.cosigning import Cosigner
from tacit.witness.counting import Counts
from tacit.witness.logs import WitnessedLog
from tacit.witness.memory import MemoryWitnessStore
from tacit.witness.mirror import FolderMirror
from tacit.witness.ports import LogFiles, Mirror, MirrorError, Source, WitnessStore
from tacit.witness.serving import elapsed_s
from tacit.witness.timing import Timing
from tests.attacks.case import DISK, LINE, LOG, STREAM, Named, Outcome, attack
from tests.attacks.forging import charter_of
from tests.attacks.on_record import NEWS
from tests.attacks.operator import CHECKPOINT_S, STATES, Operator
from tests.attacks.trees import Log

TWO_HISTORIES = "log_signed_two_histories"
"""The event, of level critical, in the log of a witness that keeps evidence."""


class Tower:
    """The witness of one member, which has cosigned everything so far."""

    def __init__(
        self, world: World, state: str = "XAA", mirror: Mirror | None = None, store: WitnessStore | None = None
    ) -> None:
        """`addresses`: where the log is, by its name; nowhere, until somebody says it."""
        self.keys = log_vkeys(world.organisation, charter_of(world))
        self.counts, self.store = Counts(), store or MemoryWitnessStore()
        known = WitnessedLog(world.organisation, self.keys, mirrored=mirror is not None)
        self.addresses: dict[str, Source] = {}
        files = LogFiles(self.addresses, {known.origin: mirror} if mirror is not None else {})
        timing = Timing(lambda: world.now, elapsed_s, self.counts)
        self._cosigner = Cosigner(self.store, world.witness(state), (known,), timing, self.counts, files)

    def asked(self, old: int, proof: Proof, note: Note) -> str:
        """What it says: a status, or that it now keeps evidence which anybody can check with the keys of the log."""
        answer = asyncio.run(self._cosigner.add_checkpoint(AddCheckpoint(old, proof, note).encode()))
        for kept in asyncio.run(self.store.evidence()):
            first, second = check_equivocation(decode_equivocation(kept), self.keys)
            assert first != second
            assert "tacit_witness_equivocations_total 1" in self.counts.text()
            return TWO_HISTORIES
        return str(answer.status)


def seen_by(tower: Tower, log: Log, size: int) -> None:
    """It cosigns an honest checkpoint."""
    assert "200" == tower.asked(0, (), log.signed(size, ()))


def noticed(operator: Operator, index: int, answer: str, at: int) -> Outcome:
    """The log asks for a cosignature when its next checkpoint is due."""
    later = operator.struck_at + timedelta(seconds=CHECKPOINT_S)
    return Outcome(index, operator.struck_at, (Named(answer, at),), later)


def forked(operator: Operator, more: int) -> int:
    """The newest act is dropped, and others are put in its place; the first that differs."""
    operator.drop(operator.size - 1)
    first = operator.size
    for number in range(more):
        said = operator.compose("ORG", "secretariat", NEWS, text=b"%d" % number)
        operator.append(said)
    return first


@attack("a second history of the same length is shown", LOG, STREAM, by="witness", name=TWO_HISTORIES, seconds=1.0)
def fork_to_the_same_length(_: Path) -> Outcome:
    operator = Operator()
    tower, honest, size = Tower(operator.world), Log(operator.world, operator.raw), operator.size
    seen_by(tower, honest, size)
    index = forked(operator, 1)
    fork = Log(operator.world, operator.raw)
    return noticed(operator, index, tower.asked(size, (), fork.signed(size, ())), size - 1)


@attack("a second history is shown, which is longer", LOG, STREAM, by="witness", name=TWO_HISTORIES, seconds=1.0)
def fork_to_a_greater_length(_: Path) -> Outcome:
    operator = Operator()
    tower, honest, size = Tower(operator.world), Log(operator.world, operator.raw), operator.size
    seen_by(tower, honest, size)
    index = forked(operator, 3)
    fork = Log(operator.world, operator.raw)
    answer = tower.asked(size, fork.consistency(size, fork.size), fork.signed(fork.size, ()))
    return noticed(operator, index, answer, size - 1)


@attack("a second history forks from a power of two", LOG, STREAM, by="witness", name=TWO_HISTORIES, seconds=1.0)
def fork_from_a_power_of_two(_: Path) -> Outcome:
    operator = Operator()
    while operator.size & (operator.size - 1):
        operator.append(operator.compose("ORG", "secretariat", NEWS, text=b"%d" % operator.size))
    tower, honest, size = Tower(operator.world), Log(operator.world, operator.raw), operator.size
    seen_by(tower, honest, size)
    index = forked(operator, 3)
    fork = Log(operator.world, operator.raw)
    # No proof from a power of two shows it, but the tiles do, which the log has to serve under what it signs.
    tower.addresses[origin(operator.world.organisation)] = fork
    answer = tower.asked(size, fork.consistency(size, fork.size), fork.signed(fork.size, ()))
    return noticed(operator, index, answer, size - 1)


@attack(
    "two halves of the witnesses are shown two histories", LOG, STREAM, by="witness", name=TWO_HISTORIES, seconds=1.0
)
def split_the_witnesses(_: Path) -> Outcome:
    operator = Operator()
    honest, size = Log(operator.world, operator.raw), operator.size
    towers = {state: Tower(operator.world, state) for state in STATES}
    for state in STATES[:3]:
        seen_by(towers[state], honest, size)
    index = forked(operator, 1)
    fork = Log(operator.world, operator.raw)
    answers = [towers[state].asked(0, (), fork.signed(size, ())) for state in STATES[2:]]
    # A quorum is more than half: whoever belongs to both has seen both.
    assert ["200", "200"] == answers[1:]
    return noticed(operator, index, answers[0], size - 1)


@attack("an old checkpoint is shown to a witness again", LOG, by="witness", name="409", seconds=1.0)
def replay_to_a_witness(_: Path) -> Outcome:
    operator = Operator()
    tower, log = Tower(operator.world), Log(operator.world, operator.raw)
    seen_by(tower, log, operator.size)
    old = operator.size - 5
    return noticed(operator, old - 1, tower.asked(old, (), log.signed(old, ())), old - 1)


@attack("nothing shows that a checkpoint continues the last", LOG, by="witness", name="422", seconds=1.0)
def prove_nothing(_: Path) -> Outcome:
    operator = Operator()
    tower, log, size = Tower(operator.world), Log(operator.world, operator.raw), operator.size
    seen_by(tower, log, size - 3)
    return noticed(operator, size - 1, tower.asked(size - 3, (), log.signed(size, ())), size - 1)


@attack("a log restored from a backup goes on from there", DISK, LOG, STREAM, by="witness", name="409", seconds=1.0)
def go_on_from_a_backup(_: Path) -> Outcome:
    operator = Operator()
    tower, log, size = Tower(operator.world), Log(operator.world, operator.raw), operator.size
    seen_by(tower, log, size)
    old = size - 4
    operator.drop(*range(old, size))
    index = operator.append(operator.compose("ORG", "secretariat", NEWS, text=b"1"))
    fork = Log(operator.world, operator.raw)
    answer = tower.asked(old, fork.consistency(old, fork.size), fork.signed(fork.size, ()))
    return noticed(operator, index, answer, index)


@attack("a checkpoint of another log is shown", LOG, by="witness", name="404", seconds=1.0)
def show_another_log(_: Path) -> Outcome:
    operator, other = Operator(), World(("XAA", "XBB"), witnessed=True)
    elsewhere = Operator(other)
    log = Log(other, elsewhere.raw)
    return noticed(operator, 0, Tower(operator.world).asked(0, (), log.signed(log.size, ())), 0)


@attack("a checkpoint is signed with keys that the charter does not name", DISK, by="witness", name="403", seconds=1.0)
def sign_with_other_log_keys(_: Path) -> Outcome:
    operator = Operator()
    log, size = Log(operator.world, operator.raw), operator.size
    checkpoint = parse_checkpoint(log.signed(size, ()).text)
    note = log_signer("made up").sign(checkpoint, int(operator.world.now.timestamp()))
    return noticed(operator, size - 1, Tower(operator.world).asked(0, (), note), size - 1)


class Withheld:
    """The address of a log that serves no entry."""

    async def read(self, path: str) -> bytes:
        """Nothing is there."""
        raise MirrorError(f"{path}: status 404")


@attack("a checkpoint covers entries that nobody is given", LOG, LINE, by="witness", name="503", seconds=1.0)
def withhold_the_entries(folder: Path) -> Outcome:
    operator = Operator()
    tower, log = Tower(operator.world, mirror=FolderMirror(folder, Withheld())), Log(operator.world, operator.raw)
    return noticed(operator, log.size - 1, tower.asked(0, (), log.signed(log.size, ())), log.size - 1)
