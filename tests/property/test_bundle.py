"""Whatever octets a bundle has: it is refused by a rule or opened, and nothing else; and it has one encoding."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacit.decision_bundle import Bundle, decode_bundle_file, encode_bundle_file, open_bundle
from tacit.errors import RefusedError
from tests.conformance.generate.bundle_cases import Maker, decided

WHOLE: Final = Maker(decided()).bundle()
RAW: Final = encode_bundle_file(WHOLE)


def opened(raw: bytes) -> Bundle | None:
    """The bundle, if it can be opened; only a refusal may be raised."""
    try:
        found = decode_bundle_file(raw)
        open_bundle(found)
    except RefusedError:
        return None
    return found


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_noise_is_refused(raw: bytes) -> None:
    assert opened(raw) is None


@given(st.integers(0, len(RAW) - 1), st.integers(1, 255))
def test_no_octet_of_what_is_proved_can_be_changed(at: int, by: int) -> None:
    raw = bytearray(RAW)
    raw[at] ^= by
    found = opened(bytes(raw))

    # Lines of a note by keys that nobody knows are passed over: bending the name of a witness costs its cosignature.
    assert found is None or found.entries == WHOLE.entries


@given(st.integers(0, len(RAW) - 1), st.integers(0, 40))
def test_no_octets_can_be_left_out(at: int, count: int) -> None:
    assert count == 0 or opened(RAW[:at] + RAW[at + count :]) is None


@given(st.permutations(range(len(WHOLE.entries))))
def test_entries_have_one_order(order: list[int]) -> None:
    entries = tuple(WHOLE.entries[at] for at in order)
    bundle = Bundle(1, WHOLE.organisation, WHOLE.decision, WHOLE.checkpoint, entries, WHOLE.text)

    assert order == sorted(order) or opened(encode_bundle_file(bundle)) is None


def test_what_was_written_is_read_and_proved() -> None:
    assert WHOLE == opened(RAW)


@pytest.mark.parametrize("count", [1, 5])
def test_a_bundle_that_is_cut_is_refused(count: int) -> None:
    assert opened(RAW[:-count]) is None
