"""MessagePack as it is read here: any bytes, any values, and that both ways of writing say the same."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacit import packed
from tacit.errors import RefusedError, Rule
from tacit.limits import FRAME_BYTES_MAX, NESTING_MAX
from tacit.packed_form import check_form
from tacit.session import JSON, MSGPACK, ClientFrame, ServerFrame
from tests.property.test_session import client_frames, server_frames

DECODER: msgspec.msgpack.Decoder[ClientFrame] = msgspec.msgpack.Decoder(ClientFrame)

leaves = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary()
values = st.recursive(
    leaves, lambda below: st.lists(below, max_size=5) | st.dictionaries(st.text(), below, max_size=5), max_leaves=20
)


@given(st.binary(max_size=300))
def test_noise_raises_one_error(raw: bytes) -> None:
    try:
        packed.decode(raw, DECODER, FRAME_BYTES_MAX)
    except RefusedError:
        return
    raise AssertionError(raw)


@given(values)
def test_what_another_library_writes_is_well_formed(value: object) -> None:
    check_form(msgspec.msgpack.encode(value))


@given(values, st.integers(1, 40))
def test_what_is_cut_off_is_not(value: object, cut: int) -> None:
    raw = msgspec.msgpack.encode(value)
    with pytest.raises(RefusedError) as caught:
        check_form(raw[: -min(cut, len(raw))])

    assert Rule.NOT_MSGPACK == caught.value.rule


@given(st.lists(st.sampled_from((b"\x91", b"\x81\xa1a", b"\xdc\x00\x01")), max_size=2 * NESTING_MAX))
def test_depth_is_what_stands_within_one_another(heads: list[bytes]) -> None:
    raw = b"".join(heads) + b"\xc0"
    if len(heads) <= NESTING_MAX:
        check_form(raw)
        return
    with pytest.raises(RefusedError) as caught:
        check_form(raw)

    assert Rule.TOO_DEEP == caught.value.rule


@given(client_frames)
def test_a_clients_frame_says_the_same_in_both(frame: ClientFrame) -> None:
    assert JSON.decode_client(JSON.encode(frame)) == MSGPACK.decode_client(MSGPACK.encode(frame))


@given(server_frames)
def test_a_gateways_frame_says_the_same_in_both_and_is_never_longer(frame: ServerFrame) -> None:
    written, packed_frame = JSON.encode(frame), MSGPACK.encode(frame)

    assert JSON.decode_server(written) == MSGPACK.decode_server(packed_frame)
    assert len(packed_frame) <= len(written)
