"""What a session makes of the log that it is shown: what it believes, refuses by name, or keeps as evidence."""

from collections.abc import Callable
from typing import NamedTuple

import pytest

from tacit.acts import Seen
from tacit.keys import Verifier
from tacit.record import Leaf
from tacit.record import leaf as leaf_format
from tacit.record.organisation_log import organisation_policy
from tacit.record.proof_file import parse_proof_file, verify_proof_file
from tacit.session import (
    JSON,
    MSGPACK,
    Challenged,
    CheckpointArrived,
    CheckpointFrame,
    ClientSession,
    Codec,
    EquivocationArrived,
    Event,
    Fault,
    Identity,
    LogView,
    Proofs,
    ProofsArrived,
    Prove,
    ServerSession,
    SessionError,
    SignIn,
    Unavailable,
    UnavailableArrived,
    Watch,
    Welcome,
)
from tacit.testing import OFFICE, World, log_signer, signer_for
from tests.ledger import Ledger
from tests.unit.session_pair import AUDIENCE, LIMITS, NONCE, NOW

WITNESSED = World(witnessed=True)
ALONE = World(notary=True)
BARE = World()
QUORUM = ("XAA", "XBB")
LEDGER = Ledger.of(WITNESSED)
SIZE = LEDGER.size


class Shown:
    """A client of XAA and a gateway that hold one session, in which the log is watched."""

    def __init__(self, world: World, codec: Codec = JSON, log: LogView | None = None) -> None:
        signer = signer_for(f"XAA/{OFFICE}")
        self.world = world
        self.codec = codec
        self.client = ClientSession(Identity(world.organisation, signer, AUDIENCE), codec=codec, log=log)
        self.gateway = ServerSession(world.organisation, NONCE, LIMITS, codec)
        challenged = self.client.receive(self.gateway.challenge())
        assert isinstance(challenged, Challenged)
        frame = self.gateway.receive(challenged.reply)
        assert isinstance(frame, SignIn)
        self.gateway.check_sign_in(frame, Verifier(signer.keys))
        welcome = Welcome("XAA", OFFICE, world.entries[0].envelope, len(world.entries), NOW)
        self.client.receive(self.gateway.send(welcome))

    def watching(self) -> "Shown":
        raw = self.client.watch()
        assert raw is not None
        frame = self.gateway.receive(raw)
        assert isinstance(frame, Watch)
        return self

    @property
    def log(self) -> LogView:
        assert self.client.log is not None
        return self.client.log

    def shows(self, size: int, *states: str, ledger: Ledger = LEDGER) -> Event:
        """The gateway shows an honest checkpoint."""
        proof = ledger.consistency(self.gateway.shown, size)
        return self.client.receive(self.gateway.checkpoint(size, proof, ledger.signed(size, *states)))

    def forges(self, frame: CheckpointFrame) -> Event:
        return self.client.receive(self.codec.encode(frame))

    def proves(self, *leaves: Leaf, ledger: Ledger = LEDGER) -> Event:
        """The client asks for proofs of these, and the gateway makes them from a ledger."""
        ref, raw = self.client.prove(leaves)
        frame = self.gateway.receive(raw)
        assert isinstance(frame, Prove)
        paths = tuple(ledger.inclusion(index, frame.size) for index in frame.indices)
        return self.client.receive(self.gateway.send(Proofs(ref, paths)))


@pytest.fixture(params=[JSON, MSGPACK], ids=lambda codec: codec.subprotocol)
def codec(request: pytest.FixtureRequest) -> Codec:
    found: Codec = request.param
    return found


def test_a_checkpoint_is_believed_once_its_signatures_and_its_history_hold(codec: Codec) -> None:
    shown = Shown(WITNESSED, codec).watching()

    for size in (SIZE - 9, SIZE - 2, SIZE):
        event = shown.shows(size, *QUORUM)
        assert isinstance(event, CheckpointArrived)
        assert event.verified.is_witnessed

    assert Seen(SIZE, LEDGER.checkpoint(SIZE).root.hex()) == shown.log.seen


def test_what_only_the_log_has_signed_is_notarised_and_not_witnessed() -> None:
    shown = Shown(WITNESSED).watching()
    shown.shows(SIZE - 3, *QUORUM)
    shown.shows(SIZE)

    assert shown.log.last is not None
    assert shown.log.witnessed is not None
    assert (SIZE, SIZE - 3) == (shown.log.last.checkpoint.size, shown.log.witnessed.checkpoint.size)


@pytest.mark.parametrize("states", [("XBB", "XCC"), ("XAA",), ()])
def test_without_the_quorum_or_ones_own_witness_nothing_is_witnessed(states: tuple[str, ...]) -> None:
    shown = Shown(WITNESSED).watching()
    event = shown.shows(SIZE, *states)

    assert isinstance(event, CheckpointArrived)
    assert not event.verified.is_witnessed
    assert states == event.verified.cosigned


def test_the_same_size_with_further_cosignatures_makes_it_witnessed() -> None:
    shown = Shown(WITNESSED).watching()
    shown.shows(SIZE)
    shown.shows(SIZE, *QUORUM)

    assert shown.log.witnessed == shown.log.last


def test_where_the_charter_names_no_witnesses_nothing_is_ever_witnessed() -> None:
    ledger = Ledger.of(ALONE)
    shown = Shown(ALONE).watching()
    event = shown.shows(ledger.size, ledger=ledger)

    assert isinstance(event, CheckpointArrived)
    assert not shown.log.has_witnesses
    assert not event.verified.is_witnessed


def test_where_the_charter_names_no_notary_there_is_nothing_to_watch() -> None:
    shown = Shown(BARE)

    assert shown.client.watch() is None
    assert not shown.log.has_log


def test_a_log_is_watched_once_in_a_session() -> None:
    shown = Shown(WITNESSED).watching()
    raw = shown.client.watch()
    assert raw is not None
    with pytest.raises(SessionError) as found:
        shown.gateway.receive(raw)

    assert Fault.OUT_OF_TURN == found.value.rule


def test_after_a_reconnect_the_log_goes_on_where_it_was_verified() -> None:
    before = Shown(WITNESSED).watching()
    before.shows(SIZE - 5, *QUORUM)
    after = Shown(WITNESSED, log=before.log).watching()

    assert SIZE - 5 == after.gateway.shown
    assert isinstance(after.shows(SIZE, *QUORUM), CheckpointArrived)


def test_what_was_kept_in_a_file_is_checked_again_and_goes_on() -> None:
    log = LogView(WITNESSED.organisation, "XAA")
    log.restore(LEDGER.signed(SIZE - 6, *QUORUM), LEDGER.signed(SIZE - 4))
    shown = Shown(WITNESSED, log=log).watching()

    assert SIZE - 4 == shown.gateway.shown
    assert log.witnessed is not None
    assert SIZE - 6 == log.witnessed.checkpoint.size


def test_a_file_that_somebody_has_improved_is_refused() -> None:
    log = LogView(WITNESSED.organisation, "XAA")
    log.restore(LEDGER.signed(SIZE, signer=log_signer("another")))

    with pytest.raises(SessionError) as found:
        Shown(WITNESSED, log=log)

    assert "log.signature" in found.value.detail


class Forged(NamedTuple):
    """A checkpoint that proves nothing, after an honest one of `SIZE - 4`, and how it is refused."""

    name: str
    make: Callable[[], CheckpointFrame]
    rule: str
    detail: str


def honest(size: int, old: int = SIZE - 4) -> tuple[bytes, ...]:
    return LEDGER.consistency(old, size)


OTHER = Ledger(BARE.organisation, [entry.leaf for entry in WITNESSED.entries])
FORGED = (
    Forged(
        "signed by other keys",
        lambda: CheckpointFrame(SIZE - 4, honest(SIZE), LEDGER.signed(SIZE, signer=log_signer("another"))),
        Fault.UNVERIFIED,
        "log.signature",
    ),
    Forged(
        "signed by one of the two keys",
        lambda: CheckpointFrame(SIZE - 4, honest(SIZE), LEDGER.signed(SIZE, lines=1)),
        Fault.UNVERIFIED,
        "log.signature",
    ),
    Forged(
        "of another log",
        lambda: CheckpointFrame(SIZE - 4, honest(SIZE), OTHER.signed(SIZE)),
        Fault.UNVERIFIED,
        "log.checkpoint",
    ),
    Forged(
        "with the root of another size",
        lambda: CheckpointFrame(
            SIZE - 4, honest(SIZE), LEDGER.signed(SIZE - 1).replace(b"\n%d\n" % (SIZE - 1), b"\n%d\n" % SIZE, 1)
        ),
        Fault.UNVERIFIED,
        "log.signature",
    ),
    Forged(
        "no note",
        lambda: CheckpointFrame(SIZE - 4, honest(SIZE), b"a checkpoint"),
        Fault.UNVERIFIED,
        "log.note",
    ),
    Forged(
        "replayed from before",
        lambda: CheckpointFrame(SIZE - 4, (), LEDGER.signed(SIZE - 8, *QUORUM)),
        Fault.CHECKPOINT_BEHIND,
        str(SIZE - 8),
    ),
    Forged(
        "continuing another than was seen",
        lambda: CheckpointFrame(SIZE - 6, honest(SIZE, SIZE - 6), LEDGER.signed(SIZE)),
        Fault.UNVERIFIED,
        f"continues {SIZE - 6}",
    ),
)


@pytest.mark.parametrize("forged", FORGED, ids=lambda forged: forged.name)
def test_a_forged_checkpoint_is_refused_by_name_and_changes_nothing(forged: Forged, codec: Codec) -> None:
    shown = Shown(WITNESSED, codec).watching()
    shown.shows(SIZE - 4, *QUORUM)
    before = shown.log.last

    with pytest.raises(SessionError) as found:
        shown.forges(forged.make())

    assert forged.rule == found.value.rule
    assert forged.detail in found.value.detail
    assert before == shown.log.last


def forked(size: int) -> Ledger:
    """A log by the same keys in which the last entry of so many is another."""
    leaves = [entry.leaf for entry in WITNESSED.entries[: size - 1]]
    return Ledger(WITNESSED.organisation, [*leaves, leaves[0]])


def test_two_roots_of_one_size_are_an_equivocation_and_both_are_kept(codec: Codec) -> None:
    shown = Shown(WITNESSED, codec).watching()
    shown.shows(SIZE, *QUORUM)
    first, other = shown.log.last, forked(SIZE).signed(SIZE)

    event = shown.forges(CheckpointFrame(SIZE, (), other))

    assert isinstance(event, EquivocationArrived)
    assert event.equivocation.certain
    assert first is not None
    assert (first.note.encode(), other) == (event.equivocation.earlier, event.equivocation.later)
    assert event.equivocation == shown.log.equivocation
    assert first == shown.log.last


def test_a_later_checkpoint_of_another_history_is_kept_as_evidence_too() -> None:
    shown = Shown(WITNESSED).watching()
    shown.shows(SIZE - 4, *QUORUM)
    fork = forked(SIZE - 4)
    for entry in WITNESSED.entries[SIZE - 4 :]:
        fork.append(entry.leaf)

    event = shown.forges(CheckpointFrame(SIZE - 4, fork.consistency(SIZE - 4, SIZE), fork.signed(SIZE, *QUORUM)))

    assert isinstance(event, EquivocationArrived)
    assert not event.equivocation.certain


@pytest.mark.parametrize("damage", ["missing", "surplus", "bent"])
def test_an_honest_checkpoint_with_a_bad_proof_is_not_believed_either(damage: str) -> None:
    shown = Shown(WITNESSED).watching()
    shown.shows(SIZE - 4, *QUORUM)
    proof = honest(SIZE)
    bad = {"missing": proof[1:], "surplus": (*proof, proof[0]), "bent": (b"\0" * 32, *proof[1:])}[damage]

    assert isinstance(shown.forges(CheckpointFrame(SIZE - 4, bad, LEDGER.signed(SIZE))), EquivocationArrived)
    assert shown.log.last is not None
    assert SIZE - 4 == shown.log.last.checkpoint.size


def test_a_proof_is_a_file_that_a_third_party_checks_with_the_charter_alone(codec: Codec) -> None:
    shown = Shown(WITNESSED, codec).watching()
    shown.shows(SIZE, *QUORUM)
    leaves = [WITNESSED.entries[index].leaf for index in (0, 7, SIZE - 1)]

    event = shown.proves(*leaves)

    assert isinstance(event, ProofsArrived)
    assert WITNESSED.state.charter is not None
    policy = organisation_policy(WITNESSED.organisation, WITNESSED.state.charter)
    for leaf, proof in zip(leaves, event.proofs, strict=True):
        read = parse_proof_file(proof.encode())
        assert SIZE == verify_proof_file(read, leaf_format.encode(leaf), policy).size


def test_a_proof_of_another_entry_is_refused_by_name() -> None:
    shown = Shown(WITNESSED).watching()
    shown.shows(SIZE, *QUORUM)

    with pytest.raises(SessionError) as found:
        shown.proves(
            WITNESSED.entries[5].leaf, ledger=Ledger(WITNESSED.organisation, [WITNESSED.entries[4].leaf] * SIZE)
        )

    assert Fault.UNVERIFIED == found.value.rule
    assert "log.proof" in found.value.detail


def test_fewer_proofs_than_were_asked_for_are_refused() -> None:
    shown = Shown(WITNESSED).watching()
    shown.shows(SIZE, *QUORUM)
    ref, raw = shown.client.prove([WITNESSED.entries[1].leaf, WITNESSED.entries[2].leaf])
    shown.gateway.receive(raw)

    with pytest.raises(SessionError) as found:
        shown.client.receive(shown.gateway.send(Proofs(ref, (LEDGER.inclusion(1, SIZE),))))

    assert Fault.UNVERIFIED == found.value.rule


def test_what_no_checkpoint_covers_cannot_be_asked_about() -> None:
    shown = Shown(WITNESSED).watching()
    shown.shows(SIZE - 4)

    with pytest.raises(ValueError, match="no verified checkpoint"):
        shown.client.prove([WITNESSED.entries[SIZE - 4].leaf])


def test_nobody_who_can_prove_it_now_is_an_answer_too() -> None:
    shown = Shown(WITNESSED).watching()
    shown.shows(SIZE)
    ref, raw = shown.client.prove([WITNESSED.entries[1].leaf])
    shown.gateway.receive(raw)

    assert UnavailableArrived(ref, "no_notary") == shown.client.receive(
        shown.gateway.send(Unavailable(ref, "no_notary"))
    )


def test_a_gateway_never_shows_less_than_the_client_has() -> None:
    shown = Shown(WITNESSED).watching()
    shown.shows(SIZE)

    with pytest.raises(SessionError) as found:
        shown.gateway.checkpoint(SIZE - 1, (), LEDGER.signed(SIZE - 1))

    assert Fault.CHECKPOINT_BEHIND == found.value.rule
