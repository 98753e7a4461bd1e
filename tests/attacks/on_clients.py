"""Attacks on what one member is sent: its client believes the gateway nothing that it can check."""

from pathlib import Path

from tacit import envelope
from tacit.acts import ConsultationRequested
from tacit.compose import Composed
from tacit.errors import Rule
from tacit.founding import enrolment
from tacit.ids import ORGANISATION
from tacit.record import Leaf, Refusal, sign_receipt, sign_refusal
from tacit.session import Receipt, Refused, Withheld
from tacit.testing import World, signer_for
from tests.attacks.case import LINE, REGISTRAR, STREAM, TIMEKEEPER, Outcome, attack
from tests.attacks.forging import charter_of
from tests.attacks.on_record import NEWS
from tests.attacks.operator import Operator
from tests.attacks.seat import Seat, leaf_of, refused


def request(operator: Operator) -> Composed:
    """The next act of XAA."""
    content = ConsultationRequested(basis="Article 4", threatened=("XAA",), subject="A matter")
    return operator.compose("XAA", "permanent-representative", content)


def receipt(operator: Operator, leaf: Leaf, office: str = "registrar") -> envelope.Envelope:
    """A receipt, signed with the key of a service."""
    return sign_receipt(leaf, operator.world.author(ORGANISATION, office).signer)


def refusal(operator: Operator, said: Composed, office: str = "registrar", rule: Rule = Rule.EXPIRED) -> Refused:
    """A refusal, signed with the key of a service."""
    world = operator.world
    told = Refusal(
        organisation=world.organisation,
        act=said.act_id,
        submission=envelope.digest(envelope.encode(said.envelope)),
        term=1,
        size=operator.size,
        received_at=world.now,
        rule=rule,
        detail="",
        ruleset=charter_of(world).ruleset,
    )
    return Refused(1, sign_refusal(told, world.author(ORGANISATION, office).signer))


@attack("an entry is left out of what a member is sent", LINE, by="client", name="session.entry_gap", entries=1)
def leave_an_entry_out(_: Path) -> Outcome:
    operator = Operator()
    seat = Seat(operator).follow()
    seat.heard(*range(20))
    return refused(operator, 20, lambda: seat.heard(21), 21)


@attack("an entry is sent twice", LINE, by="client", name="session.entry_duplicate")
def send_an_entry_twice(_: Path) -> Outcome:
    operator = Operator()
    seat = Seat(operator).follow()
    seat.heard(*range(21))
    return refused(operator, 20, lambda: seat.heard(20))


@attack(
    "an act has a receipt, and another is recorded in its place",
    REGISTRAR,
    by="client",
    name="session.receipt_contradicted",
)
def record_another_act(_: Path) -> Outcome:
    operator = Operator()
    seat, said = Seat(operator).follow(), request(operator)
    ref = seat.submits(said)
    index = operator.size
    seat.gets(Receipt(ref, receipt(operator, leaf_of(operator, said))))
    operator.append(operator.compose("ORG", "secretariat", NEWS, text=b"1"))
    return refused(operator, index, lambda: seat.heard(*range(index + 1)))


@attack("the same, and the act in its place is withheld", REGISTRAR, by="client", name="session.receipt_contradicted")
def withhold_another_act(_: Path) -> Outcome:
    operator = Operator()
    seat, said = Seat(operator).follow(), request(operator)
    ref = seat.submits(said)
    index = operator.size
    seat.gets(Receipt(ref, receipt(operator, leaf_of(operator, said))))
    seat.heard(*range(index))
    other = leaf_of(operator, operator.compose("ORG", "secretariat", NEWS, text=b"1"))
    return refused(operator, index, lambda: seat.gets(Withheld(index, other, void=False, digest=None)))


@attack(
    "a receipt is dated otherwise than the entry", REGISTRAR, STREAM, by="client", name="session.receipt_contradicted"
)
def date_a_receipt_otherwise(_: Path) -> Outcome:
    operator = Operator()
    seat, said = Seat(operator).follow(), request(operator)
    ref = seat.submits(said)
    seat.gets(Receipt(ref, receipt(operator, leaf_of(operator, said))))
    operator.world.wait(60)
    index = operator.append(said)
    return refused(operator, index, lambda: seat.heard(*range(index + 1)))


@attack("a receipt is signed with the key of another service", LINE, TIMEKEEPER, by="client", name="session.unverified")
def forge_a_receipt(_: Path) -> Outcome:
    operator = Operator()
    seat, said = Seat(operator), request(operator)
    ref, leaf = seat.submits(said), leaf_of(operator, said)
    return refused(operator, leaf.index, lambda: seat.gets(Receipt(ref, receipt(operator, leaf, "timekeeper"))))


@attack("an old receipt is given for another act", LINE, by="client", name="session.unverified")
def give_an_old_receipt(_: Path) -> Outcome:
    operator = Operator()
    seat = Seat(operator)
    ref, leaf = seat.submits(request(operator)), operator.world.entries[-1].leaf
    return refused(operator, leaf.index, lambda: seat.gets(Receipt(ref, receipt(operator, leaf))))


@attack("a refusal is signed with the key of another service", LINE, TIMEKEEPER, by="client", name="session.unverified")
def forge_a_refusal(_: Path) -> Outcome:
    operator = Operator()
    seat, said = Seat(operator), request(operator)
    seat.submits(said)
    return refused(operator, operator.size, lambda: seat.gets(refusal(operator, said, "timekeeper")))


@attack("the refusal of one act is given for another", LINE, by="client", name="session.unverified")
def give_another_refusal(_: Path) -> Outcome:
    operator = Operator()
    seat, other = Seat(operator), operator.compose("XAA", "permanent-representative", NEWS, text=b"1")
    seat.submits(request(operator))
    return refused(operator, operator.size, lambda: seat.gets(refusal(operator, other)))


@attack("a member is welcomed with another charter", LINE, by="client", name="session.unverified")
def show_another_charter(_: Path) -> Outcome:
    operator = Operator()
    other = World(operator.world.states, ruleset="tally", witnessed=True)
    return refused(operator, 0, lambda: Seat(operator, charter_of=other))


@attack("a member is led to another organisation", LINE, by="client", name="session.other_organisation")
def lead_elsewhere(_: Path) -> Outcome:
    operator = Operator()
    return refused(operator, 0, lambda: Seat(operator, "1" * 64))


@attack(
    "a new registrar's key is enrolled by a service", LINE, REGISTRAR, by="client", name="session.unverified", entries=1
)
def enrol_a_registrar(_: Path) -> Outcome:
    operator = Operator()
    seat, said = Seat(operator).follow(), request(operator)
    old = operator.world.author(ORGANISATION, "registrar").signer
    content = enrolment(operator.world.organisation, ORGANISATION, "registrar", signer_for("made up"), old.credential)
    index = operator.append(operator.compose("ORG", "registrar", content))
    seat.heard(*range(operator.size))
    ref, leaf = seat.submits(said), leaf_of(operator, said)
    made_up = sign_receipt(leaf, signer_for("made up"))
    return refused(operator, index, lambda: seat.gets(Receipt(ref, made_up)), leaf.index)
