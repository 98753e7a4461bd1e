"""The fold: what is admitted, what is refused, what is void, and that everybody who folds gets the same."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject
from msgspec import structs

from tacit.acts import CharterAccepted, CharterDeposited, MessagePosted, PositionDeclared, Stance
from tacit.compose import sign
from tacit.errors import RefusedError
from tacit.ids import NO_ACT
from tacit.record import Entry
from tacit.rules import Verifiers, admit, apply_bytes, catalogue, deadlines, evaluate, genesis
from tacit.rules.effects import EntryVoid, PositionChanged
from tacit.testing import World, signer_for
from tests.property import plays, strategies

STEPS_MAX = 25
PLAYS = settings(max_examples=max(20, settings.default.max_examples // 5) if settings.default else 20)
EACH_ACT = settings(max_examples=max(6, settings.default.max_examples // 20) if settings.default else 6)


def play(data: DataObject) -> World:
    """A world in which some things were tried, some recorded, and some time has passed."""
    world = plays.begin()
    for _ in range(data.draw(st.integers(1, STEPS_MAX))):
        plays.wait(data, world)
        plays.try_to_record(world, plays.attempt(data, world))
    return world


@PLAYS
@given(data=st.data())
def test_a_refused_act_leaves_no_trace(data: DataObject) -> None:
    world = play(data)
    composed = plays.attempt(data, world)
    before, size = repr(world.state), world.state.size

    refused = plays.try_to_record(world, composed)

    assert (before == repr(world.state)) is (refused is not None)
    assert size + (refused is None) == world.state.size


@PLAYS
@given(data=st.data())
def test_folding_the_stored_bytes_gives_the_same_state_and_the_same_effects(data: DataObject) -> None:
    world = play(data)
    stored = [plays.stored(entry) for entry in world.entries]

    for verifiers in (None, Verifiers()):
        state = genesis(catalogue())
        effects = [apply_bytes(state, raw, verifiers)[1] for raw in stored]

        assert world.state == state
        assert repr(world.state) == repr(state)
        assert world.effects == effects


@PLAYS
@given(data=st.data())
def test_positions_remember_what_was_before(data: DataObject) -> None:
    world = play(data)
    last: dict[tuple[str, str, str], Stance] = {}
    for entry, effects in zip(world.entries, world.effects, strict=True):
        changes = [effect for effect in effects if isinstance(effect, PositionChanged)]
        for change in changes:
            assert last.get((change.text, change.state, change.scope), "UNDECLARED") == change.prior
            last[change.text, change.state, change.scope] = change.stance
        content = entry.act.content
        if isinstance(content, PositionDeclared):
            assert content.stance == last.get(
                (content.version.text, entry.act.header.state, content.scope), "UNDECLARED"
            )


@PLAYS
@given(data=st.data())
def test_time_never_goes_back_and_every_chain_is_whole(data: DataObject) -> None:
    world = play(data)
    heads: dict[tuple[str, str | None, str | None], tuple[int, str]] = {}
    for entry in world.entries:
        header = entry.act.header
        key = (header.credential, header.body, header.channel)
        number, head = heads.get(key, (0, None))

        assert number + 1 == header.number
        assert head is None or head == header.previous
        heads[key] = (header.number, entry.leaf.act)
    received = [entry.leaf.received_at for entry in world.entries]

    assert all(earlier <= later for earlier, later in pairwise(received))
    assert list(range(len(received))) == [entry.leaf.index for entry in world.entries]


@PLAYS
@given(data=st.data())
def test_what_is_agreed_superseded_or_referred_stays_so(data: DataObject) -> None:
    world = play(data)
    settled = {text.text: text.status for text in world.state.bodies["council"].texts.values()}
    for _ in range(data.draw(st.integers(1, STEPS_MAX))):
        plays.wait(data, world)
        plays.try_to_record(world, plays.attempt(data, world))
    after = world.state.bodies["council"].texts

    final = {"AGREED", "SUPERSEDED", "REFERRED"}
    assert all(status == after[text].status for text, status in settled.items() if status in final)


@PLAYS
@given(data=st.data())
def test_every_question_about_a_state_has_an_answer(data: DataObject) -> None:
    world = play(data)
    bodies = list(world.state.bodies.values())

    clocks = sum(len(body.silences) + len(body.acknowledgements) for body in bodies)
    assert len(deadlines(world.state)) <= clocks
    for body in bodies:
        for text in body.texts:
            met = evaluate(world.state, body.body, text, "IN_MEETING")
            silent = evaluate(world.state, body.body, text, "SILENCE")

            assert set(met.blockers) <= set(body.members)
            assert (met.result == "no") is bool(met.blockers)
            # Who broke a silence may have left since.
            assert (silent.result == "no") >= bool(silent.blockers)


def sealed(data: DataObject, world: World) -> Entry:
    """An act of any kind at the end of the record, as somebody with a stolen registrar's key could put it there."""
    act = data.draw(strategies.any_act() | st.sampled_from([entry.act for entry in world.entries]))
    return world.seal(sign(act, signer_for("nobody")))


def refused(data: DataObject, world: World) -> Entry:
    """A genuine act that the rules refuse, put into the record all the same."""
    composed = plays.attempt(data, world)
    try:
        admit(world.state, composed.act, composed.act_id, world.now)
    except RefusedError:
        return world.seal(composed)
    return displaced(data, world)


def displaced(data: DataObject, world: World) -> Entry:
    """An act that the rules would admit, under a leaf that lies."""
    entry = world.seal(plays.attempt(data, world))
    lies: dict[str, object] = data.draw(
        st.sampled_from(
            [
                {"index": entry.leaf.index + 1},
                {"term": entry.leaf.term + 7},
                {"organisation": NO_ACT},
                {"act": NO_ACT},
                {"envelope": NO_ACT},
                {"received_at": world.entries[0].leaf.received_at.replace(year=1)},
                {"received_at": world.entries[0].leaf.received_at.replace(year=9_999)},
            ]
        )
    )
    return Entry(structs.replace(entry.leaf, **lies), entry.envelope, entry.act)


def junk(data: DataObject, world: World) -> bytes:
    """What no honest registrar appends."""
    kind = data.draw(st.sampled_from(["noise", "sealed", "refused", "displaced", "changed", "repeated"]))
    if kind == "noise":
        return data.draw(st.binary(max_size=200))
    if kind == "sealed":
        return plays.stored(sealed(data, world))
    if kind == "refused":
        return plays.stored(refused(data, world))
    if kind == "displaced":
        return plays.stored(displaced(data, world))
    raw = plays.stored(data.draw(st.sampled_from(world.entries)))
    if kind == "repeated":
        return raw
    at = data.draw(st.integers(0, len(raw) - 1))
    return raw[:at] + bytes([raw[at] ^ data.draw(st.integers(1, 255))]) + raw[at + 1 :]


@PLAYS
@given(data=st.data())
def test_junk_in_the_record_is_void_and_changes_nothing_but_the_counters(data: DataObject) -> None:
    world = play(data)
    verifiers = data.draw(st.sampled_from([None, Verifiers()]))
    for _ in range(5):
        before = structs.replace(world.state, size=world.state.size + 1, void=world.state.void + 1)
        shown = repr(before)
        _, effects = apply_bytes(world.state, junk(data, world), verifiers)

        assert [EntryVoid] == [type(effect) for effect in effects]
        assert shown == repr(world.state)


@EACH_ACT
@given(data=st.data())
def test_whatever_an_entitled_author_says_is_recorded_or_refused(data: DataObject) -> None:
    """Contents that fit nothing, under a header that fits: nothing but a refusal may come of it."""
    world = play(data)
    for cls in strategies.CONTENTS:
        if cls in {CharterDeposited, CharterAccepted}:
            continue
        content = data.draw(strategies.values(cls))
        state, office = data.draw(plays.speakers(world, content))
        plays.try_to_record(world, plays.compose(world, world.author(state, office), content))

    assert world.state == world.refold()


def test_an_act_is_recorded_after_junk() -> None:
    world = World()
    apply_bytes(world.state, b"junk")
    message = MessagePosted(subject="After", in_reply_to=None)
    raw = plays.stored(world.seal(world.compose(world.author("XAA"), message, text=b"still here")))

    entry, effects = apply_bytes(world.state, raw, Verifiers())

    assert () == effects
    assert entry is not None
    assert entry.leaf.index + 1 == world.state.size
    assert 1 == world.state.void
