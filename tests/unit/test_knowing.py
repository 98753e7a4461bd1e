"""Who could know of an act and who shows to have known of it: only what the record bears out."""

from msgspec import structs

from tacit.acts import (
    AcknowledgementGiven,
    Act,
    DeliveryRecorded,
    MessagePosted,
    PositionDeclared,
    ReferenceAllotted,
    SilenceSet,
    TextCirculated,
    Version,
)
from tacit.acts.header import Seen
from tacit.acts.silence import Deadline, SilenceBroken
from tacit.compose import sign
from tacit.knowing import Knowing, Known
from tacit.record import Entry
from tacit.testing import World
from tests.property.plays import stored

REFERENCE = "CC-M(2026)0001"


def circulated(world: World) -> Entry:
    world.organ("secretariat", ReferenceAllotted(reference=REFERENCE, subject="Draft"))
    return world.organ("secretariat", TextCirculated(reference=REFERENCE, title="Draft", paragraphs=1), text=b"1.")


def position(world: World, text: Entry, state: str) -> Entry:
    version = Version(text.leaf.act, text.act.header.detached or "")
    return world.say(
        state, PositionDeclared(version=version, scope="text", stance="CAN_ACCEPT", condition="", statement="")
    )


def looked(world: World, wanted: str | int, size: int | None = None) -> Knowing:
    knowing = Knowing(wanted)
    for entry in world.entries[:size]:
        knowing.take(stored(entry))
    return knowing


def shown(knowing: Knowing) -> list[tuple[str, str, int]]:
    return [(each.basis, each.state, each.index) for each in knowing.known if each.basis != "entitled"]


def entitled(knowing: Knowing) -> list[Known]:
    return [each for each in knowing.known if each.basis == "entitled"]


def test_members_are_entitled_the_author_knew_and_whoever_names_it_knew() -> None:
    world = World()
    text = circulated(world)
    named = position(world, text, "XBB")
    index = text.leaf.index

    knowing = looked(world, text.leaf.act)

    assert [("authored", "ORG", index), ("referred", "XBB", named.leaf.index)] == shown(knowing)
    assert [(state, index, None) for state in world.states] == [
        (each.state, each.index, each.until) for each in entitled(knowing)
    ]
    assert "circulates" in (knowing.subject.words if knowing.subject else "")


def test_an_act_is_found_by_its_first_digits_and_by_its_index() -> None:
    world = World()
    text = circulated(world)
    position(world, text, "XBB")

    found = [looked(world, wanted) for wanted in (text.leaf.act, text.leaf.act[:8], text.leaf.index)]

    assert 1 == len({each.known for each in found})
    assert [] == [other for each in found for other in each.others]


def test_digits_of_several_acts_name_the_others() -> None:
    knowing = looked(World(), "")

    assert len(World().entries) - 1 == len(knowing.others)


def test_the_link_to_an_authors_last_act_and_to_the_charter_shows_nothing() -> None:
    world = World()
    first = world.say("XAA", MessagePosted(subject="One", in_reply_to=None), text=b"one")
    world.say("XAA", MessagePosted(subject="Two", in_reply_to=None), text=b"two")
    world.say("XBB", MessagePosted(subject="Three", in_reply_to=None), text=b"three")

    assert [("authored", "XAA", first.leaf.index)] == shown(looked(world, first.leaf.act))
    assert {"authored"} == {basis for basis, _, _ in shown(looked(world, world.organisation))}


def test_a_reply_and_a_reference_in_the_header_show_it() -> None:
    world = World()
    first = world.say("XAA", MessagePosted(subject="One", in_reply_to=None), text=b"one")
    reply = world.say("XBB", MessagePosted(subject="Two", in_reply_to=first.leaf.act), text=b"two")
    composed = world.compose(world.author("XCC"), MessagePosted(subject="Three", in_reply_to=None), text=b"three")
    header = structs.replace(composed.act.header, references=(first.leaf.act,))
    referring = world.record(sign(Act(header, composed.act.content), world.author("XCC").signer))

    assert [("referred", "XBB", reply.leaf.index), ("referred", "XCC", referring.leaf.index)] == shown(
        looked(world, first.leaf.act)
    )[1:]


def test_a_checkpoint_that_covers_it_was_seen_by_whoever_names_it() -> None:
    world = World()
    first = world.say("XAA", MessagePosted(subject="One", in_reply_to=None), text=b"one")
    for size, state in ((first.leaf.index, "XBB"), (first.leaf.index + 1, "XCC")):
        composed = world.compose(world.author(state), MessagePosted(subject="Two", in_reply_to=None), text=b"two")
        header = structs.replace(composed.act.header, seen=Seen(size, "a" * 64))
        world.record(sign(Act(header, composed.act.content), world.author(state).signer))

    assert [("saw_checkpoint", "XCC")] == [
        (basis, state) for basis, state, _ in shown(looked(world, first.leaf.act))[1:]
    ]


def test_receipts_and_deliveries_show_it() -> None:
    world = World(ruleset="nato-like-2")
    first = world.say("XAA", MessagePosted(subject="One", in_reply_to=None), text=b"one")
    world.say("XBB", AcknowledgementGiven(act=first.leaf.act, kind="READ"))
    world.organ("secretariat", DeliveryRecorded(act=first.leaf.act, states=("XBB", "XCC"), means="courier"))
    knowing = looked(world, first.leaf.act)

    assert [("acknowledged", "XBB"), ("referred", "ORG"), ("delivered", "XBB"), ("delivered", "XCC")] == [
        (basis, state) for basis, state, _ in shown(knowing)[1:]
    ]
    assert ["by courier"] * 2 == [each.words for each in knowing.known if each.basis == "delivered"]


def test_as_of_an_entry_only_what_was_recorded_by_then_shows_anything() -> None:
    world = World()
    text = circulated(world)
    named = position(world, text, "XBB")
    silence = SilenceSet(
        version=Version(text.leaf.act, text.act.header.detached or ""),
        deadline=Deadline(world.now.replace(hour=15), "Europe/Brussels", "16:00 Brussels"),
    )
    running = world.organ("chair", silence)
    world.say("XCC", SilenceBroken(silence=running.leaf.act, kind="SUBSTANCE", reason=""))

    assert None is looked(world, text.leaf.act, text.leaf.index).subject
    assert 1 == len(shown(looked(world, text.leaf.act, named.leaf.index)))
    assert 2 == len(shown(looked(world, text.leaf.act, named.leaf.index + 1)))
    assert ["ORG", "XBB", "ORG"] == [state for _, state, _ in shown(looked(world, text.leaf.act))]
    assert ["ORG", "XCC"] == [state for _, state, _ in shown(looked(world, running.leaf.act))]


def test_what_is_void_shows_nothing() -> None:
    world = World()
    text = circulated(world)
    composed = world.compose(world.author("XBB"), MessagePosted(subject="One", in_reply_to=text.leaf.act), text=b"one")
    header = structs.replace(composed.act.header, number=99)
    forged = world.seal(sign(Act(header, composed.act.content), world.author("XBB").signer))
    knowing = looked(world, text.leaf.act)

    knowing.take(stored(forged))

    assert [("authored", "ORG", text.leaf.index)] == shown(knowing)
    assert 1 == knowing.state.void


def test_an_act_on_the_register_is_for_every_founder() -> None:
    world = World()

    assert list(world.states) == [each.state for each in entitled(looked(world, 1))]
