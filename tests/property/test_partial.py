"""Who reads the register and its own bodies alone, and of the rest the leaves, comes to the very same state of them."""

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from tacit import subjects
from tacit.ids import BodyId, StateCode
from tacit.record import Leaf
from tacit.record.entry import split_entry
from tacit.rules import State, apply_bytes, catalogue, genesis, step_over
from tacit.rules.effects import EntryVoid
from tacit.testing import COUNCIL, EAST, World
from tacit_services.gateway.entitlement import body_of, entitled
from tacit_services.standing import readable
from tests.property import plays
from tests.property.test_fold import STEPS_MAX, junk

PLAYS = settings(max_examples=max(20, settings.default.max_examples // 4) if settings.default else 20)
Message = tuple[str, bytes]


def play(data: DataObject) -> tuple[World, list[Message]]:
    """What the stream holds after a play, junk in it: subject and bytes."""
    world = plays.begin()
    stream = [message(world, plays.stored(entry), None) for entry in world.entries]
    for _ in range(data.draw(st.integers(1, STEPS_MAX))):
        plays.wait(data, world)
        if data.draw(st.integers(0, 9)) == 9:
            raw = junk(data, world)
            stream.append(message(world, raw, data.draw(st.sampled_from([None, COUNCIL, plays.COMMITTEE]))))
            apply_bytes(world.state, raw)
        elif plays.try_to_record(world, plays.attempt(data, world)) is None:
            stream.append(message(world, plays.stored(world.entries[-1]), None))
    return world, stream


def message(world: World, raw: bytes, body: BodyId | None) -> Message:
    """Under the subject of its place; junk may stand anywhere."""
    entry = readable(raw)
    header = entry.act.header if entry else None
    place = (header.body, header.channel) if header else (body, body and EAST)
    return subjects.entry(world.organisation, *place), raw


def void_in(stream: list[Message]) -> list[bool]:
    """Of each entry whether it is void, by the whole record."""
    state, found = genesis(catalogue()), []
    for _, raw in stream:
        found.append(any(isinstance(effect, EntryVoid) for effect in apply_bytes(state, raw)[1]))
    return found


def folded(stream: list[Message], reader: StateCode, now: State) -> State:
    """What a reader makes of what it is sent, read from the first entry on."""
    state = genesis(catalogue())
    for index, ((subject, raw), void) in enumerate(zip(stream, void_in(stream), strict=True)):
        if entitled(now, reader, body_of(subject, readable(raw)), index):
            apply_bytes(state, raw)
        else:
            step_over(state, leaf_of(raw), void=void)
    return state


def leaf_of(raw: bytes) -> Leaf | None:
    entry = readable(raw)
    return entry.leaf if entry else None


def same(whole: State, partial: State, bodies: set[BodyId]) -> None:
    """The register, and these bodies with all that was said in them, are the same."""
    for name in ("size", "void", "term", "last_received_at", "charter", "accepted", "offices", "credentials"):
        assert getattr(whole, name) == getattr(partial, name), name
    rosters = [{body.body: (body.members, body.removed) for body in each.bodies.values()} for each in (whole, partial)]
    assert rosters[0] == rosters[1]
    for body in bodies:
        assert whole.bodies[body] == partial.bodies[body]
    places = {None, *bodies}
    chains = [{key: chain for key, chain in each.chains.items() if key[1] in places} for each in (whole, partial)]
    assert chains[0] == chains[1]


@PLAYS
@given(data=st.data())
def test_a_member_folds_the_register_and_its_bodies_as_the_registrar_does(data: DataObject) -> None:
    world, stream = play(data)
    for reader in world.states:
        mine = {body.body for body in world.state.bodies.values() if reader in body.members}

        same(world.state, folded(stream, reader, world.state), mine)


@PLAYS
@given(data=st.data())
def test_who_was_removed_folds_its_body_as_it_was_then(data: DataObject) -> None:
    world, stream = play(data)
    for body in world.state.bodies.values():
        for reader, index in body.removed.items():
            whole = genesis(catalogue())
            for _, raw in stream[:index]:
                apply_bytes(whole, raw)

            same(whole, folded(stream[:index], reader, world.state), {body.body})


@PLAYS
@given(data=st.data())
def test_a_leaf_out_of_its_place_is_void_for_everybody(data: DataObject) -> None:
    world, _ = play(data)
    raw = junk(data, world)
    entry = readable(raw)
    if entry is None:
        return
    whole, partial = world.refold(), world.refold()
    effects = apply_bytes(whole, raw)[1]
    step_over(partial, split_entry(raw)[0], void=any(isinstance(effect, EntryVoid) for effect in effects))

    assert (whole.size, whole.void, whole.last_received_at) == (partial.size, partial.void, partial.last_received_at)
