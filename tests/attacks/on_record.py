"""Attacks on the record itself: the stream is rebuilt, and everything over it is written and signed anew."""

from collections.abc import Callable
from pathlib import Path

from msgspec import structs

from tacit.acts import CredentialRevoked, MessagePosted
from tacit.founding import enrolment
from tacit.ids import ROOT
from tacit.rules import packaged
from tacit.testing import COUNCIL, OFFICE, World, signer_for
from tests.attacks.case import DISK, LOG, MEMBER, REGISTRAR, STREAM, Outcome, attack
from tests.attacks.detectors import verified
from tests.attacks.forging import charter_of, claimed, signed_as, under_another_charter
from tests.attacks.on_files import talk_of
from tests.attacks.operator import STATES, WEST, Operator, story
from tests.unit.verify.archives import write

ALL = (DISK, STREAM, LOG)
"""Enough to write stream and archive anew, and to sign what comes of it."""
NEWS = MessagePosted(subject="News", in_reply_to=None)


def rebuilt(folder: Path, change: Callable[[Operator], int], operator: Operator | None = None) -> Outcome:
    """Change the stream, write and sign everything anew, and have it verified by a member who kept checkpoints."""
    operator = operator or Operator()
    index = change(operator)
    return verified(operator, operator.rewritten(), folder, index)


@attack("an act is dropped, and what follows renumbered", *ALL, by="verify", name="chain.number_gap", entries=2)
def drop_an_act(folder: Path) -> Outcome:
    def change(operator: Operator) -> int:
        at = talk_of(operator) - 3
        operator.drop(at)
        return at

    return rebuilt(folder, change)


@attack("an author's newest act is dropped and another's put there", *ALL, by="verify", name="checkpoint.root")
def drop_the_newest_act(folder: Path) -> Outcome:
    def change(operator: Operator) -> int:
        at = talk_of(operator)
        operator.drop(at)
        return operator.append(operator.compose("ORG", "secretariat", NEWS, text=b"1"))

    return rebuilt(folder, change)


@attack("a whole channel is dropped", *ALL, by="verify", name="checkpoint.root", entries=6)
def drop_a_channel(folder: Path) -> Outcome:
    def change(operator: Operator) -> int:
        west = [at for at, place in enumerate(operator.folders) if place == f"{COUNCIL}/{WEST}"]
        operator.drop(*west)
        return west[0]

    return rebuilt(folder, change)


@attack("an act is recorded a second time", *ALL, by="verify", name="chain.number_used")
def record_an_act_twice(folder: Path) -> Outcome:
    def change(operator: Operator) -> int:
        at = talk_of(operator)
        operator.raw.append(operator.raw[at])
        operator.folders.append(operator.folders[at])
        operator.renumber()
        return operator.size - 1

    return rebuilt(folder, change)


@attack("an act of the operator's own is inserted", *ALL, by="verify", name="checkpoint.root", entries=1)
def insert_an_act(folder: Path) -> Outcome:
    def change(operator: Operator) -> int:
        at = operator.size - 2
        said = operator.compose("ORG", "secretariat", NEWS, text=b"1")
        operator.insert(at, said, operator.world.entries[at - 1].leaf.received_at)
        return at

    return rebuilt(folder, change)


@attack("two acts are swapped, with their times", *ALL, by="verify", name="checkpoint.root", entries=1)
def swap_two_acts(folder: Path) -> Outcome:
    def change(operator: Operator) -> int:
        at = operator.size - 2
        first, second = (operator.world.entries[each].leaf.received_at for each in (at, at + 1))
        operator.raw[at:] = [operator.raw[at + 1], operator.raw[at]]
        operator.renumber()
        operator.replace(at, received_at=first)
        operator.replace(at + 1, received_at=second)
        return at

    return rebuilt(folder, change)


@attack("the times of two acts are exchanged", *ALL, by="verify", name="record.order", entries=1)
def exchange_times(folder: Path) -> Outcome:
    def change(operator: Operator) -> int:
        at = operator.size - 2
        first, second = (operator.world.entries[each].leaf.received_at for each in (at, at + 1))
        operator.replace(at, received_at=second)
        operator.replace(at + 1, received_at=first)
        return at

    return rebuilt(folder, change)


@attack("the numbers of two leaves are exchanged", *ALL, by="verify", name="record.leaf")
def exchange_numbers(folder: Path) -> Outcome:
    def change(operator: Operator) -> int:
        at = operator.size - 2
        operator.replace(at, index=at + 1)
        operator.replace(at + 1, index=at)
        return at

    return rebuilt(folder, change)


@attack("everything newer is cut off, its checkpoints too", *ALL, by="verify", name="checkpoint.beyond")
def cut_off_all_that_is_newer(folder: Path) -> Outcome:
    operator = Operator()
    older, newest = operator.marks()[-2:]
    files, kept = write(operator.world, operator.raw[: older.size], [older], operator.folders), operator.honest()
    files["evidence/kept"] = kept[next(path for path in kept if path.startswith(f"witnessed/{newest.size:03}/"))]
    return verified(operator, files, folder, older.size - 1)


@attack("an entry is put into another term", *ALL, by="verify", name="record.leaf")
def change_the_term(folder: Path) -> Outcome:
    def change(operator: Operator) -> int:
        operator.replace(operator.size - 1, term=2)
        return operator.size - 1

    return rebuilt(folder, change)


@attack("an act is dated back before the one before it", *ALL, by="verify", name="record.order")
def date_back_out_of_order(folder: Path) -> Outcome:
    def change(operator: Operator) -> int:
        at = operator.size - 1
        operator.replace(at, received_at=operator.world.entries[at - 2].leaf.received_at)
        return at

    return rebuilt(folder, change)


@attack("an act is dated back by so little that the order holds", *ALL, by="verify", name="checkpoint.root")
def date_back_in_order(folder: Path) -> Outcome:
    def change(operator: Operator) -> int:
        at = operator.size - 1
        operator.replace(at, received_at=operator.world.entries[at - 1].leaf.received_at)
        return at

    return rebuilt(folder, change)


@attack("an act is exchanged for octets that are none", *ALL, by="verify", name="record.leaf")
def make_an_act_unreadable(folder: Path) -> Outcome:
    def change(operator: Operator) -> int:
        operator.raw[-1] = b"junk"
        operator.folders[-1] = "_unreadable/_unreadable"
        return operator.size - 1

    return rebuilt(folder, change)


@attack("a rule-set of the operator's own has the name of the charter's", *ALL, by="verify", name="charter.content")
def swap_the_ruleset(folder: Path) -> Outcome:
    world = story()
    ref = structs.replace(charter_of(world).ruleset, sha256="1" * 64)
    return under_another_charter(folder, structs.replace(charter_of(world), ruleset=ref), world, world)


@attack("the charter names another rule-set", *ALL, by="verify", name="header.organisation", entries=2)
def choose_another_ruleset(folder: Path) -> Outcome:
    world = story()
    ref = packaged("tally").ref
    return under_another_charter(folder, structs.replace(charter_of(world), ruleset=ref), world, world)


@attack("the charter asks for the weaker suite", *ALL, by="verify", name="header.organisation", entries=2)
def downgrade_the_suite(folder: Path) -> Outcome:
    world, weak = (
        World(STATES, suite, ruleset="nato-like-2", witnessed=True) for suite in ("ed25519+mldsa65", "ed25519")
    )
    content = structs.replace(charter_of(weak), founders=charter_of(world).founders)
    return under_another_charter(folder, content, world, weak)


@attack("a charter's smaller quorum is enough for one witness", *ALL, by="verify", name="charter.content")
def shrink_the_quorum(folder: Path) -> Outcome:
    world = story()
    return under_another_charter(folder, structs.replace(charter_of(world), quorum=1), world, world)


def appended(folder: Path, change: Callable[[Operator], int], operator: Operator | None = None) -> Outcome:
    """Append to the honest stream what the rules do not admit; witnesses, who judge nothing, cosign it."""
    operator = operator or Operator()
    index = change(operator)
    return verified(operator, operator.continued(), folder, index)


@attack("a member's act is signed with a key of the operator's", REGISTRAR, by="verify", name="signature.invalid")
def forge_a_signature(folder: Path) -> Outcome:
    def change(operator: Operator) -> int:
        said = operator.compose("XAA", OFFICE, NEWS, text=b"1")
        return operator.append(signed_as(said, operator.world.author("ORG", "registrar").signer))

    return appended(folder, change)


@attack("of the two signatures of an act the stronger is taken away", STREAM, by="verify", name="signature.count")
def strip_a_signature(folder: Path) -> Outcome:
    world = World(STATES, "ed25519+mldsa65", ruleset="nato-like-2", witnessed=True)

    def change(operator: Operator) -> int:
        said = operator.compose("XAA", OFFICE, NEWS, text=b"1")
        weaker = structs.replace(said.envelope, signatures=said.envelope.signatures[:1])
        return operator.append(structs.replace(said, envelope=weaker))

    return appended(folder, change, Operator(world))


@attack("a member's act names the operator's own credential", REGISTRAR, by="verify", name="credential.other_office")
def claim_an_office(folder: Path) -> Outcome:
    return appended(folder, lambda operator: operator.append(claimed(operator.world, "XAA", "registrar", NEWS)))


@attack("a new key is enrolled for a member", REGISTRAR, by="verify", name="credential.other_state")
def enrol_a_key_for_a_member(folder: Path) -> Outcome:
    def change(operator: Operator) -> int:
        content = enrolment(operator.world.organisation, "XAA", OFFICE, signer_for("made up"))
        return operator.append(operator.compose("ORG", ROOT, content))

    return appended(folder, change)


@attack("a member's act in another organisation is played here", STREAM, by="verify", name="header.organisation")
def replay_an_act_of_elsewhere(folder: Path) -> Outcome:
    def change(operator: Operator) -> int:
        other = type(operator.world)(("XAA", "XBB"), start=operator.world.now)
        return operator.append(other.compose(other.author("XAA"), NEWS, text=b"1"))

    return appended(folder, change)


@attack("an act is signed with a revoked key", STREAM, MEMBER, by="verify", name="credential.revoked")
def sign_with_a_revoked_key(folder: Path) -> Outcome:
    operator = Operator(revoked())
    said = operator.compose("XAA", OFFICE, NEWS, text=b"1")
    return appended(folder, lambda operator: operator.append(said), operator)


@attack("an act with a revoked key is dated back before that", *ALL, MEMBER, by="verify", name="checkpoint.root")
def date_back_before_the_revocation(folder: Path) -> Outcome:
    operator = Operator(revoked())
    said = operator.compose("XAA", OFFICE, NEWS, text=b"1")
    at = operator.size - 1

    def change(operator: Operator) -> int:
        operator.insert(at, said, operator.world.entries[at - 1].leaf.received_at)
        return at

    return rebuilt(folder, change, operator)


def revoked() -> World:
    """The story, after which XAA revokes the key that speaks for it."""
    world = story()
    world.wait(1)
    credential = world.author("XAA").signer.credential
    world.say("XAA", CredentialRevoked(credential=credential, reason="lost", compromised_since=None), office=ROOT)
    world.wait(1)
    return world


@attack("two acts of a member have one number", STREAM, MEMBER, by="verify", name="chain.equivocation")
def say_two_things(folder: Path) -> Outcome:
    def change(operator: Operator) -> int:
        operator.append(operator.compose("XAA", OFFICE, NEWS, text=b"1"))
        return operator.append(operator.compose("XAA", OFFICE, NEWS, text=b"2"))

    return appended(folder, change)
