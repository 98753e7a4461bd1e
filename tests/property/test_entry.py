"""Entries: whatever the bytes, one error or the very bytes again."""

from collections.abc import Callable
from typing import TypeVar

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from tacit import envelope
from tacit.errors import RefusedError, Rule
from tacit.record import Entry, decode_entry, decode_parts, encode_entry
from tacit.record.archive import leaf_of, log_entry
from tacit.record.entry import ENTRY_BYTES_MAX
from tacit.testing import World
from tests.property import plays

STORED = [plays.stored(entry) for entry in World(("XAA", "XBB")).entries]
RULES = {rule for rule in Rule if rule.startswith("profile.")} | {Rule.UNKNOWN_ACT, Rule.PAYLOAD_TYPE, Rule.LEAF}


T = TypeVar("T")


def told(given: T, read: Callable[[T], Entry]) -> Entry | tuple[Rule, str]:
    """What is read, or why not."""
    try:
        return read(given)
    except RefusedError as error:
        return error.rule, error.detail


def refusal(raw: bytes) -> Rule | None:
    """The rule by which bytes are refused as an entry, or None."""
    try:
        decode_entry(raw)
    except RefusedError as error:
        if error.rule not in RULES:
            raise
        return error.rule
    return None


@given(data=st.data())
def test_one_changed_byte_is_refused_or_is_another_entry(data: DataObject) -> None:
    raw = data.draw(st.sampled_from(STORED))
    at = data.draw(st.integers(0, len(raw) - 1))
    changed = raw[:at] + bytes([raw[at] ^ data.draw(st.integers(1, 255))]) + raw[at + 1 :]
    if refusal(changed) is not None:
        return
    entry = decode_entry(changed)

    assert changed == encode_entry(entry.leaf, envelope.encode(entry.envelope))
    assert log_entry(changed) == leaf_of(changed), "what was read need not be read again"
    assert at < raw.index(b"\n"), "only the leaf can say something else about the same envelope"


@given(raw=st.binary(max_size=400), cut=st.integers(0, 400), whole=st.sampled_from(STORED))
def test_noise_and_fragments_are_refused(raw: bytes, cut: int, whole: bytes) -> None:
    assert refusal(raw) is not None
    assert refusal(whole[:cut]) is not None
    assert refusal(whole[:cut] + raw) is not None


@given(left=st.sampled_from(STORED), right=st.sampled_from(STORED))
def test_a_leaf_does_not_fit_another_envelope(left: bytes, right: bytes) -> None:
    mixed = left.partition(b"\n")[0] + b"\n" + right.partition(b"\n")[2]

    assert (None if left == right else Rule.LEAF) == refusal(mixed)


@given(raw=st.one_of(st.binary(max_size=400), st.sampled_from(STORED)), at=st.integers(0, 2_000))
def test_leaf_and_envelope_apart_are_read_as_they_are_together(raw: bytes, at: int) -> None:
    leaf, sealed = raw[:at].replace(b"\n", b""), raw[at:]
    if raw in STORED:
        leaf, _, sealed = raw.partition(b"\n")
        sealed = sealed[: max(at, 1)] if at % 2 else sealed

    assert told(leaf + b"\n" + sealed, decode_entry) == told((leaf, sealed), lambda parts: decode_parts(*parts))


def test_leaf_and_envelope_apart_have_the_limit_of_an_entry() -> None:
    large = b"x" * ENTRY_BYTES_MAX

    assert told(b"{}\n" + large, decode_entry) == told((b"{}", large), lambda parts: decode_parts(*parts))
