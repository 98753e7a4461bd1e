"""Attacks on a break of silence: it is held back; or what proves that one was held back is made up."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from msgspec import structs

from tacit import envelope, submission
from tacit.acts import EvidenceLodged, SilenceBroken
from tacit.compose import Composed
from tacit.envelope import ATTESTATION_TYPE, Envelope
from tacit.ids import StateCode
from tacit.proving import Proof
from tacit.record.attestation import NO_ATTESTATION, Attestation, sign_attestation
from tacit.submission import Submission
from tacit.testing import World, witness_signer
from tacit.witness.attesting import Attestor
from tacit.witness.counting import Counts
from tacit.witness.memory import MemoryWitnessStore
from tacit.witness.serving import elapsed_s
from tacit.witness.timing import Timing
from tests.attacks.case import LINE, REGISTRAR, STREAM, TIMEKEEPER, WITNESSES, Named, Outcome, attack
from tests.attacks.on_record import appended
from tests.attacks.on_rules import passed
from tests.attacks.operator import STATES, Operator, silence

PATIENCE_S = 5.0
"""How long a client waits for a receipt before it shows the act to the witnesses of others."""
BEFORE = timedelta(seconds=20)
"""How long before the deadline the break is handed in."""


def breaking(world: World, state: StateCode = "XBB") -> Composed:
    """A break that its member hands in some seconds before the deadline."""
    world.now = silence(world).deadline.at - BEFORE
    return world.compose(
        world.author(state), SilenceBroken(silence=silence(world).silence, kind="SUBSTANCE", reason="")
    )


class NotForwarded:
    """The operator takes nothing from witnesses either."""

    def forward(self, organisation: str, submission: bytes) -> None:
        """Nowhere."""


def shown(world: World, broken: Composed) -> Proof:
    """The author's client shows the break to the witnesses of all other members, and takes what they attest."""
    assert world.state.charter is not None
    proof = Proof(world.state.charter, broken.envelope, silence(world).deadline.at)
    raw = submission.encode(Submission(broken.envelope, None))
    for state in STATES:
        store, organisations = MemoryWitnessStore(), (world.organisation,)
        signer = witness_signer(state)
        counts = Counts()
        timing = Timing(lambda: world.now, elapsed_s, counts)
        attestor = Attestor(store, signer, state, organisations, timing, counts, NotForwarded())
        answer = asyncio.run(attestor.attest(raw))
        if answer.status == 200:
            proof.take(envelope.decode(answer.body, ATTESTATION_TYPE))
    return proof


def held_back(wait: timedelta) -> tuple[Operator, EvidenceLodged]:
    """The registrar does not take a break; its author shows it to witnesses, and XCC gets through after a while."""
    operator = Operator()
    world = operator.world
    broken = breaking(world)
    operator.struck_at = world.now
    world.wait(PATIENCE_S)
    proof = shown(world, broken)
    assert proof.is_enough
    assert 4 == len(proof.attested)
    world.now = operator.struck_at + wait
    return operator, proof.evidence()


def lodged(wait: timedelta) -> Outcome:
    """What the rules make of the evidence when it is recorded."""
    operator, evidence = held_back(wait)
    world = operator.world
    entry = world.say("XCC", evidence)
    effects = tuple(Named(type(each).__name__, entry.leaf.index) for each in world.effects[-1])
    return Outcome(entry.leaf.index, operator.struck_at, effects, world.now)


@attack(
    "a break is held back from the record until its deadline is over",
    LINE,
    REGISTRAR,
    by="evidence",
    name="BreakProven",
    seconds=21.0,
)
def hold_a_break_back(_: Path) -> Outcome:
    return lodged(BEFORE + timedelta(seconds=1))


@attack(
    "every member is shut out until the closing period is over",
    LINE,
    REGISTRAR,
    by="evidence",
    name="ProofCameLate",
    seconds=60.0,
)
def shut_everybody_out(_: Path) -> Outcome:
    return lodged(BEFORE + timedelta(seconds=40))


@attack("a silence that evidence broke is said to have passed", TIMEKEEPER, by="verify", name="silence.not_running")
def pass_in_spite_of_evidence(folder: Path) -> Outcome:
    operator, evidence = held_back(BEFORE + timedelta(seconds=1))
    world = operator.world
    world.say("XCC", evidence)
    operator.take_in()
    world.wait(60)
    operator.struck_at = world.now
    return appended(folder, lambda each: each.append(each.compose("ORG", "timekeeper", passed(world))), operator)


def attested(broken: Composed, at: datetime, by: Sequence[StateCode], organisation: str) -> tuple[Envelope, ...]:
    """Attestations as these witnesses can make them at any time they like."""
    attestation = Attestation(organisation, broken.act_id, at, 1, NO_ATTESTATION)
    return tuple(sign_attestation(attestation, witness_signer(state)) for state in by)


def made_up(folder: Path, by: Sequence[StateCode], *, late_s: float = 0.0, forged: bool = False) -> Outcome:
    """XEE never broke the silence. With some witnesses it makes up that it had, and the registrar records it."""
    operator = Operator()
    world = operator.world
    broken = breaking(world, "XEE")
    at = world.now + timedelta(seconds=late_s)
    attestations = attested(broken, at, by, world.organisation)
    if forged:
        line = attestations[-1].signatures[0]
        bent = structs.replace(attestations[-1], signatures=(structs.replace(line, sig=bytes(64)),))
        attestations = (*attestations[:-1], bent)
    world.now = silence(world).deadline.at + timedelta(seconds=5)
    content = EvidenceLodged(envelope=broken.envelope, attestations=attestations, receipt=None)
    operator.struck_at = world.now
    return appended(
        folder, lambda each: each.append(each.compose("XCC", "permanent-representative", content)), operator
    )


@attack("a break is attested by fewer witnesses than it takes", WITNESSES, STREAM, by="verify", name="evidence.quorum")
def count_too_few(folder: Path) -> Outcome:
    return made_up(folder, ("XAA", "XBB"))


@attack("the author's own witness is counted", WITNESSES, STREAM, by="verify", name="evidence.quorum")
def count_the_own_witness(folder: Path) -> Outcome:
    return made_up(folder, ("XAA", "XBB", "XEE"))


@attack("one witness is counted twice", WITNESSES, STREAM, by="verify", name="evidence.attestation")
def count_one_witness_twice(folder: Path) -> Outcome:
    return made_up(folder, ("XAA", "XBB", "XBB"))


@attack(
    "a witness that the charter does not name is counted", WITNESSES, STREAM, by="verify", name="evidence.attestation"
)
def count_another_witness(folder: Path) -> Outcome:
    return made_up(folder, ("XAA", "XBB", "XZZ"))


@attack("attestations of after the deadline are counted", WITNESSES, STREAM, by="verify", name="evidence.quorum")
def count_what_came_late(folder: Path) -> Outcome:
    return made_up(folder, ("XAA", "XBB", "XCC"), late_s=21.0)


@attack("an attestation is signed by nobody", STREAM, by="verify", name="signature.invalid")
def count_what_nobody_signed(folder: Path) -> Outcome:
    return made_up(folder, ("XAA", "XBB", "XCC"), forged=True)
