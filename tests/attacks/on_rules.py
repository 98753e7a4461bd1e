"""Attacks on what the rules say: the services record, in good order, what the rules do not admit."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from msgspec import structs

from tacit import envelope
from tacit.acts import (
    Content,
    Deadline,
    DecisionAdopted,
    RegistrarTerm,
    SilenceBroken,
    SilenceExtended,
    SilencePassed,
    Version,
)
from tacit.compose import Composed
from tacit.ids import ROOT
from tacit.limits import ENVELOPE_BYTES_MAX
from tacit.record import decode_entry
from tacit.testing import COUNCIL, World
from tests.attacks.case import REGISTRAR, STREAM, TIMEKEEPER, Outcome, attack
from tests.attacks.forging import charter_of
from tests.attacks.on_record import NEWS, appended
from tests.attacks.operator import WEST, Operator, silence, story, text


def after_the_deadline(world: World, seconds: float = 60.0) -> World:
    """So long after the deadline of the silence: with a rule-set for earnest its closing period is over by then."""
    world.now = silence(world).deadline.at + timedelta(seconds=seconds)
    return world


def broken() -> World:
    """The story, in which XBB breaks the silence, up to after the deadline."""
    world = story()
    world.wait(60)
    world.say("XBB", SilenceBroken(silence=silence(world).silence, kind="SUBSTANCE", reason="paragraph 1"))
    return after_the_deadline(world)


def adopted(world: World, basis: str) -> DecisionAdopted:
    """The decision by silence on the text of the story."""
    version = Version(text(world).text, text(world).wording)
    at = silence(world).deadline.at
    return DecisionAdopted(version=version, mode="SILENCE", basis=basis, effective_at=at, clauses=())


def passed(world: World) -> SilencePassed:
    """That the silence of the story has passed."""
    return SilencePassed(silence=silence(world).silence, deadline=silence(world).deadline.at)


def by_timekeeper(folder: Path, world: World, content: Content) -> Outcome:
    """The timekeeper says what the rules do not admit, and the registrar records it."""
    operator = Operator(world)
    return appended(folder, lambda each: each.append(each.compose("ORG", "timekeeper", content)), operator)


@attack("a silence is said to have passed before its deadline", TIMEKEEPER, by="verify", name="silence.not_expired")
def pass_too_early(folder: Path) -> Outcome:
    world = story()
    return by_timekeeper(folder, world, passed(world))


@attack("a silence is said to have passed in its closing period", TIMEKEEPER, by="verify", name="silence.not_expired")
def pass_in_the_closing_period(folder: Path) -> Outcome:
    world = after_the_deadline(story(), 1.0)
    return by_timekeeper(folder, world, passed(world))


@attack(
    "a silence passes at a deadline that it never had",
    TIMEKEEPER,
    by="verify",
    name="silence.not_expired",
)
def pass_at_another_deadline(folder: Path) -> Outcome:
    world = after_the_deadline(story())
    early = structs.replace(passed(world), deadline=silence(world).deadline.at - timedelta(minutes=1))
    return by_timekeeper(folder, world, early)


@attack("a broken silence is said to have passed", TIMEKEEPER, by="verify", name="silence.not_running")
def pass_a_broken_silence(folder: Path) -> Outcome:
    world = broken()
    return by_timekeeper(folder, world, passed(world))


@attack("a decision is adopted on a broken silence", TIMEKEEPER, by="verify", name="decision.basis")
def adopt_on_a_broken_silence(folder: Path) -> Outcome:
    world = broken()
    return by_timekeeper(folder, world, adopted(world, world.entries[-1].leaf.act))


@attack("a decision is moved to another channel", TIMEKEEPER, by="verify", name="text.unknown")
def move_a_decision(folder: Path) -> Outcome:
    world = after_the_deadline(story())
    basis = world.organ("timekeeper", passed(world)).leaf.act
    world.place = (COUNCIL, WEST)
    return by_timekeeper(folder, world, adopted(world, basis))


@attack("a decision is adopted a second time, on other terms", TIMEKEEPER, by="verify", name="decision.already_adopted")
def adopt_twice(folder: Path) -> Outcome:
    world = after_the_deadline(story())
    basis = world.organ("timekeeper", passed(world)).leaf.act
    world.organ("timekeeper", adopted(world, basis))
    other = structs.replace(adopted(world, basis), effective_at=world.now)
    return by_timekeeper(folder, world, other)


@attack("the timekeeper does what is the chair's to do", TIMEKEEPER, by="verify", name="office.not_entitled")
def act_for_the_chair(folder: Path) -> Outcome:
    world = story()
    later = Deadline(silence(world).deadline.at + timedelta(hours=1), "Europe/Brussels", "11:00 Brussels")
    return by_timekeeper(folder, world, SilenceExtended(silence=silence(world).silence, deadline=later, reason="more"))


@attack("an outage is claimed, to keep a silence open", REGISTRAR, by="verify", name="registrar.term")
def claim_an_outage(folder: Path) -> Outcome:
    world = story()
    world.wait(60)
    content = RegistrarTerm(term=2, unavailable_since=world.now - timedelta(hours=1), reason="take-over")

    def change(operator: Operator) -> int:
        said = operator.compose("ORG", "registrar", content)
        operator.raw.append(operator.seal(said, term=2))
        operator.folders.append("_/_")
        return operator.size - 1

    return appended(folder, change, Operator(world))


@attack("a second charter stands in the middle of the record", STREAM, by="verify", name="charter.twice")
def deposit_a_second_charter(folder: Path) -> Outcome:
    def change(operator: Operator) -> int:
        content = structs.replace(charter_of(operator.world), name="Another council")
        index = operator.append(operator.compose("ORG", ROOT, content))
        operator.replace(index, organisation=decode_entry(operator.raw[index]).leaf.act)
        return index

    return appended(folder, change)


@attack(
    "a break that came too late is shown as one that counts", STREAM, by="verify", name="silence.too_late_to_object"
)
def smuggle_a_late_break(folder: Path) -> Outcome:
    world = after_the_deadline(story())
    world.organ("timekeeper", passed(world))
    world.wait(world.state.rules.silence.late_objection_s + 1)
    content = SilenceBroken(silence=silence(world).silence, kind="SUBSTANCE", reason="paragraph 1")
    said = world.compose(world.author("XBB"), content)
    return appended(folder, lambda operator: operator.append(said), Operator(world))


def octets(folder: Path, bend: Callable[[Operator, Composed], bytes]) -> Outcome:
    """Append octets of which nobody can make an act, and let witnesses cosign them."""
    operator = Operator()
    said = operator.compose("XAA", "permanent-representative", NEWS, text=b"1")
    return appended(folder, lambda each: each.junk(bend(each, said)), operator)


@attack("an entry is larger than entries may be", STREAM, by="verify", name="profile.too_large")
def record_too_much(folder: Path) -> Outcome:
    return octets(folder, lambda operator, said: operator.seal(said) + b" " * ENVELOPE_BYTES_MAX)


@attack("a leaf is written in another form", STREAM, by="verify", name="profile.not_canonical")
def write_a_leaf_otherwise(folder: Path) -> Outcome:
    return octets(folder, lambda operator, said: operator.seal(said).replace(b'"index":', b'"index": ', 1))


@attack("a leaf says one thing twice", STREAM, by="verify", name="profile.duplicate_key")
def say_it_twice(folder: Path) -> Outcome:
    return octets(folder, lambda operator, said: operator.seal(said).replace(b'{"', b'{"index":0,"', 1))


@attack("the envelope behind a leaf is another", STREAM, by="verify", name="record.leaf")
def put_another_envelope(folder: Path) -> Outcome:
    def bend(operator: Operator, said: Composed) -> bytes:
        leaf = operator.seal(said).partition(b"\n")[0]
        return leaf + b"\n" + envelope.encode(operator.world.entries[-1].envelope)

    return octets(folder, bend)
