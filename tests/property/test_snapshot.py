"""A state that was kept and restored is the state: from any entry on the record folds to the same, with each effect."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from tacit.rules import (
    DamagedSnapshotError,
    OtherRulesError,
    OtherSnapshotError,
    State,
    apply_bytes,
    catalogue,
    decode_snapshot,
    encode_snapshot,
    genesis,
)
from tests.property import plays
from tests.property.test_fold import STEPS_MAX, junk
from tests.records.result import plain
from tests.records.story import RECORDS, Frozen

ROOT = bytes(range(32))
FILES = sorted(RECORDS.glob("*.json"))
PLAYS = settings(max_examples=max(20, settings.default.max_examples // 4) if settings.default else 20)


def restored(state: State) -> State:
    """The state by way of its octets, which are the same octets again."""
    raw = encode_snapshot(state, ROOT)
    found = decode_snapshot(raw, catalogue())

    assert (state.organisation, state.size, ROOT.hex()) == (found.organisation, found.size, found.digest)
    assert state == found.state
    assert raw == encode_snapshot(found.state, ROOT)
    return found.state


@cache
def kept() -> bytes:
    """The snapshot of a short record."""
    return encode_snapshot(plays.begin().state, ROOT)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_frozen_record_folds_to_its_result_through_snapshots_at_every_entry(path: Path) -> None:
    frozen = msgspec.json.decode(path.read_bytes(), type=Frozen)
    whole, state, effects = genesis(catalogue()), genesis(catalogue()), []
    for message in frozen.messages:
        apply_bytes(whole, message.encode())
        effects.append(plain(apply_bytes(state, message.encode())[1]))
        state = restored(state)

    assert frozen.effects == effects
    assert whole == state
    assert [list(body.texts) for body in whole.bodies.values()] == [list(body.texts) for body in state.bodies.values()]


@PLAYS
@given(data=st.data())
def test_a_play_goes_on_from_a_snapshot_as_if_it_had_been_folded_whole(data: DataObject) -> None:
    world, cut = plays.begin(), data.draw(st.integers(0, STEPS_MAX))
    ahead: State | None = None
    for step in range(data.draw(st.integers(1, STEPS_MAX))):
        if step == cut:
            ahead = restored(world.state)
        plays.wait(data, world)
        if data.draw(st.integers(0, 9)) == 9:
            raw = junk(data, world)
            made = apply_bytes(world.state, raw)[1]
        elif plays.try_to_record(world, plays.attempt(data, world)) is None:
            raw, made = plays.stored(world.entries[-1]), world.effects[-1]
        else:
            continue
        if ahead is not None:
            assert made == apply_bytes(ahead, raw)[1]

    assert ahead is None or encode_snapshot(ahead, ROOT) == encode_snapshot(world.state, ROOT)


@given(at=st.integers(0), flip=st.integers(1, 255))
def test_no_changed_octet_is_missed(at: int, flip: int) -> None:
    raw = bytearray(kept())
    raw[at % len(raw)] ^= flip

    with pytest.raises(DamagedSnapshotError):
        decode_snapshot(bytes(raw), catalogue())


@given(st.binary(max_size=300), st.integers(0, 3_000))
def test_noise_and_fragments_are_no_snapshots(noise: bytes, cut: int) -> None:
    for raw in (noise, kept()[:-1][:cut], sealed(noise), sealed(kept()[32:-1][:cut])):
        with pytest.raises((DamagedSnapshotError, OtherSnapshotError)):
            decode_snapshot(raw, catalogue())


def sealed(rest: bytes) -> bytes:
    """With a sum that is right, as whoever can write the file can make it."""
    return hashlib.sha256(rest).digest() + rest


def changed(at: int, **values: Any) -> bytes:
    """A snapshot with other fields in its head (0) or its state (1), and a sum that is right."""
    parts = msgspec.msgpack.decode(kept()[32:])
    parts[at] |= values
    return sealed(msgspec.msgpack.encode(parts))


def test_a_head_that_is_no_text_is_of_another_version() -> None:
    """As fuzzing found it: a sum that is right, and a field name or a value that is not UTF-8."""
    rest = kept()[32:]
    for said in (b"organisation", b"engine", plays.begin().organisation.encode()):
        assert said in rest
        with pytest.raises((OtherSnapshotError, DamagedSnapshotError)):
            decode_snapshot(sealed(rest.replace(said, b"\xff" * len(said), 1)), catalogue())


@pytest.mark.parametrize(
    "values",
    [{"v": 1}, {"v": 3}, {"rules": "0" * 64}, {"ruleset": "0" * 64}, {"more": 1}, {"size": -1}, {"digest": "x"}],
)
def test_a_head_of_another_version_is_told_from_damage(values: dict[str, Any]) -> None:
    with pytest.raises(OtherSnapshotError):
        decode_snapshot(changed(0, **values), catalogue())


def test_a_state_that_other_rules_folded_is_told_from_another_version() -> None:
    with pytest.raises(OtherRulesError, match="folded by rules 0000000000000000, and here are"):
        decode_snapshot(changed(0, rules="0" * 64), catalogue())


@pytest.mark.parametrize(
    ("at", "values"),
    [
        (0, {"size": 1}),
        (0, {"organisation": "0" * 64}),
        (0, {"engine": "2"}),
        (1, {"size": 1}),
        (1, {"charter": None}),
        (1, {"organisation": None}),
        (1, {"accepted": ["XBB", "XAA"]}),
        (1, {"accepted": ["XAA", "XAA", "XBB"]}),
        (1, {"term": "1"}),
        (1, {"bodies": {"council": {}}}),
        (1, {"more": 1}),
    ],
)
def test_a_state_that_is_not_the_one_of_its_head_is_refused(at: int, values: dict[str, Any]) -> None:
    with pytest.raises(DamagedSnapshotError):
        decode_snapshot(changed(at, **values), catalogue())


def test_what_is_kept_beside_a_state_comes_back_with_it() -> None:
    raw = encode_snapshot(plays.begin().state, ROOT, b"beside")

    assert b"beside" == decode_snapshot(raw, catalogue()).beside
    assert raw != kept()


def test_before_the_charter_there_is_nothing_to_keep() -> None:
    with pytest.raises(ValueError, match="before entry 0"):
        encode_snapshot(genesis(catalogue()), ROOT)


def test_a_snapshot_under_rules_that_are_not_known_is_not_gone_on_from() -> None:
    with pytest.raises(OtherSnapshotError):
        decode_snapshot(kept(), {})
