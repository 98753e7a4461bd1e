"""Attacks on what one member is shown of the log: checkpoints, proofs of its acts, and what its outbox then says."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from tacit.acts import ConsultationRequested
from tacit.client import MemoryStore, Stage
from tacit.client.outbox import Outbox
from tacit.client.surroundings import Surroundings
from tacit.compose import Composed
from tacit.ids import ORGANISATION, StateCode
from tacit.record import Leaf, decode_entry, sign_receipt
from tacit.record.checkpoint import parse_checkpoint
from tacit.record.note import Note
from tacit.record.proofs import Proof
from tacit.session import CheckpointArrived, CheckpointFrame, EquivocationArrived, LogView, Proofs, ProofsArrived
from tacit.submission import Submission
from tacit.testing import log_signer
from tests.attacks.case import LINE, LOG, REGISTRAR, STREAM, WITNESSES, Named, Outcome, attack
from tests.attacks.on_record import NEWS
from tests.attacks.on_witnesses import forked
from tests.attacks.operator import CHECKPOINT_S, QUORUM, STATES, Operator
from tests.attacks.seat import Seat, refused
from tests.attacks.trees import Log

EQUIVOCATION = "EquivocationError"
"""What the client raises; both checkpoints are in it, and in its outbox."""


class Watcher(Seat):
    """A member that watches the log and has verified its checkpoint of the whole story."""

    def __init__(self, operator: Operator) -> None:
        super().__init__(operator)
        asked = self.client.watch()
        assert asked is not None
        self.gateway.receive(asked)
        self.size, log = operator.size, Log(operator.world, operator.raw)
        self.shown(log.signed(self.size))

    def shown(self, note: Note, proof: Proof = (), old: int = 0) -> object:
        """The gateway shows a checkpoint; what the client makes of it."""
        return self.gets(CheckpointFrame(old, proof, note.encode()))


def shown(operator: Operator, seat: Watcher, index: int, note: Note, proof: Proof = ()) -> Outcome:
    """The next checkpoint is shown to the member."""
    made: list[object] = []
    outcome = refused(operator, index, lambda: made.append(seat.shown(note, proof, seat.size)))
    size = parse_checkpoint(note.text).size
    found = tuple(Named(EQUIVOCATION, size - 1) for each in made if isinstance(each, EquivocationArrived))
    later = operator.struck_at + timedelta(seconds=CHECKPOINT_S)
    return outcome._replace(noticed=outcome.noticed or found, noticed_at=later)


@attack(
    "an old checkpoint is shown to a member again", LINE, by="client", name="session.checkpoint_behind", seconds=1.0
)
def replay_to_a_client(_: Path) -> Outcome:
    operator = Operator()
    seat, old = Watcher(operator), operator.size - 4
    return shown(operator, seat, operator.size - 1, Log(operator.world, operator.raw).signed(old))


@attack("a member is shown two histories of one length", LINE, LOG, by="client", name=EQUIVOCATION, seconds=1.0)
def show_another_root(_: Path) -> Outcome:
    operator = Operator()
    seat = Watcher(operator)
    index = forked(operator, 1)
    fork = Log(operator.world, operator.raw)
    return shown(operator, seat, index, fork.signed(fork.size))


@attack(
    "a member is led on from what it saw to another history",
    LINE,
    LOG,
    by="client",
    name=EQUIVOCATION,
    entries=2,
    seconds=1.0,
)
def lead_a_member_on(_: Path) -> Outcome:
    operator = Operator()
    seat = Watcher(operator)
    index = forked(operator, 3)
    fork = Log(operator.world, operator.raw)
    return shown(operator, seat, index, fork.signed(fork.size), fork.consistency(seat.size, fork.size))


@attack("a checkpoint is shown that the log has not signed", LINE, by="client", name="session.unverified", seconds=1.0)
def show_an_unsigned_checkpoint(_: Path) -> Outcome:
    operator = Operator()
    seat = Watcher(operator)
    checkpoint = parse_checkpoint(Log(operator.world, operator.raw).signed(seat.size).text)
    note = log_signer("made up").sign(checkpoint, int(operator.world.now.timestamp()))
    return shown(operator, seat, seat.size - 1, note)


class Author(Watcher):
    """A member with an outbox, which hands in an act and is given a receipt."""

    def __init__(self, operator: Operator) -> None:
        super().__init__(operator)
        assert isinstance(self.client.log, LogView)
        credential = self.client.identity.signer.credential
        self.outbox = Outbox(MemoryStore(), self.client.log, lambda: operator.world.now, Surroundings(), credential)
        content = ConsultationRequested(basis="Article 4", threatened=("XAA",), subject="A matter")
        self.said: Composed = operator.compose("XAA", "permanent-representative", content)
        self.leaf: Leaf = decode_entry(operator.seal(self.said)).leaf

    async def receipted(self) -> None:
        """The act goes out, and its receipt comes."""
        self.outbox.add(self.said.act_id, Submission(self.said.envelope, None))
        self.outbox.reconnected()
        assert self.outbox.to_send(self.said.act_id) is not None
        self.outbox.sent(1, self.said.act_id)
        registrar = self.world.author(ORGANISATION, "registrar").signer
        self.outbox.recorded(1, self.leaf, sign_receipt(self.leaf, registrar))

    def says(self) -> tuple[Stage, str]:
        """How the act stands, and what it waits for, as `tacit outbox` lists it."""
        kept = self.outbox.kept(self.said.act_id)
        assert kept is not None
        return kept.stage, kept.why

    def is_shown(self, log: Log, *by: StateCode) -> None:
        """A checkpoint over everything comes, with the cosignatures of these, and the act is proven under it."""
        arrived = self.shown(log.signed(log.size, by), log.consistency(self.size, log.size), self.size)
        assert isinstance(arrived, CheckpointArrived)
        self.outbox.proofs.shown(arrived.verified)
        wanted = self.outbox.proofs.wanted(log.size)
        assert wanted is not None
        leaves, verified = wanted
        ref, raw = self.client.prove(leaves, verified)
        self.gateway.receive(raw)
        self.outbox.proofs.asked(ref, leaves)
        proofs = self.gets(Proofs(ref, tuple(log.inclusion(leaf.index, log.size) for leaf in leaves)))
        assert isinstance(proofs, ProofsArrived)
        self.outbox.proofs.proved(ref, proofs.proofs)


def kept(strike: Callable[[Operator, Author], None], *, seconds: float = CHECKPOINT_S) -> Outcome:
    """An act has its receipt; then something is done. The outbox does not let the act go, and says why."""

    async def act() -> Outcome:
        operator = Operator()
        author = Author(operator)
        await author.receipted()
        strike(operator, author)
        stage, why = author.says()
        found = () if stage == Stage.WITNESSED else (Named(f"{stage}:{why}", author.leaf.index),)
        return Outcome(author.leaf.index, operator.struck_at, found, operator.struck_at + timedelta(seconds=seconds))

    return asyncio.run(act())


@attack(
    "an act has a receipt, and its place is given to another", REGISTRAR, STREAM, by="client", name="lost:other_entry"
)
def give_a_place_away(_: Path) -> Outcome:
    def strike(operator: Operator, author: Author) -> None:
        index = operator.append(operator.compose("ORG", "secretariat", NEWS, text=b"1"))
        author.outbox.heard(index, decode_entry(operator.raw[index]).leaf)

    return kept(strike, seconds=0.0)


@attack(
    "an act has a receipt and is left out of the record",
    REGISTRAR,
    LOG,
    by="client",
    name="recorded:checkpoint",
    seconds=1.0,
)
def leave_an_act_out(_: Path) -> Outcome:
    def strike(operator: Operator, author: Author) -> None:
        log = Log(operator.world, operator.raw)
        arrived = author.shown(log.signed(log.size), (), author.size)
        assert isinstance(arrived, CheckpointArrived)
        author.outbox.proofs.shown(arrived.verified)
        assert author.outbox.proofs.wanted(log.size) is None

    return kept(strike)


@attack("an act is shown to too few witnesses", LOG, by="client", name="notarised:witnesses", seconds=1.0)
def show_it_to_too_few(_: Path) -> Outcome:
    def strike(operator: Operator, author: Author) -> None:
        operator.append(author.said)
        author.is_shown(Log(operator.world, operator.raw), *QUORUM[:2])

    return kept(strike)


@attack(
    "an act is shown to all witnesses but its author's",
    LOG,
    WITNESSES,
    by="client",
    name="notarised:witnesses",
    seconds=1.0,
)
def leave_the_own_witness_out(_: Path) -> Outcome:
    def strike(operator: Operator, author: Author) -> None:
        operator.append(author.said)
        author.is_shown(Log(operator.world, operator.raw), *STATES[1:])

    return kept(strike)


@attack(
    "the proof that an author is given is one in another tree",
    LINE,
    by="client",
    name="session.unverified",
    seconds=1.0,
)
def prove_to_an_author_in_another_tree(_: Path) -> Outcome:
    operator = Operator()
    seat = Watcher(operator)
    leaf = operator.world.entries[-1].leaf
    ref, raw = seat.client.prove([leaf])
    seat.gateway.receive(raw)
    operator.drop(3)
    operator.append(operator.compose("ORG", "secretariat", NEWS, text=b"1"))
    other = Log(operator.world, operator.raw)
    outcome = refused(operator, leaf.index, lambda: seat.gets(Proofs(ref, (other.inclusion(leaf.index, other.size),))))
    return outcome._replace(noticed_at=operator.struck_at + timedelta(seconds=CHECKPOINT_S))
