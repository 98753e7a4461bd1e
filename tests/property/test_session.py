"""What a session does with any bytes, any order and any cut."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from tacit import envelope
from tacit.ids import ORGANISATION
from tacit.limits import CREDIT_MAX, FRAME_BYTES_MAX, QUERY_ROWS_MAX
from tacit.query import Condition, Question, Table
from tacit.record import encode_entry
from tacit.session import (
    CaughtUp,
    Challenge,
    ClientFrame,
    ClientSession,
    Codec,
    Credit,
    EntryArrived,
    EntryFrame,
    EntryWithheld,
    ErrorFrame,
    Fetch,
    Goodbye,
    Identity,
    Limits,
    Phase,
    QueryFrame,
    QueryRefusedFrame,
    Receipt,
    RowsFrame,
    ServerFrame,
    ServerSession,
    SessionError,
    SignIn,
    Subscribe,
    Unavailable,
    Welcome,
    Withheld,
)
from tacit.session.events import Challenged
from tacit.session.turns import TURNS, Turns
from tacit.testing import OFFICE, START, World, signer_for
from tests.codecs import both_codecs

WORLD = World()
MINE = signer_for(f"XAA/{OFFICE}")
LIMITS = Limits(
    frame_bytes_max=FRAME_BYTES_MAX,
    in_flight_max=8,
    submits_per_s=50,
    submits_burst=100,
    credit_max=CREDIT_MAX,
    bad_frames_max=8,
    sign_in_s=10,
    stalled_s=30,
)
SIGNATURE = MINE.sign_first(b"")
ENVELOPE = WORLD.entries[0].envelope

counts = st.integers(0, 2**53 - 1)
refs = st.integers(1, 2**53 - 1)
afters = st.integers(-1, 2**53 - 1)
credits_ = st.integers(1, CREDIT_MAX)
texts = st.text(max_size=40)

instants = st.integers(0, 2**37).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
questions = st.builds(
    Question,
    st.sampled_from(("positions", "audit")),
    as_of=st.none() | counts | instants,
    history=st.booleans(),
    where=st.lists(st.builds(Condition, texts, texts), max_size=8).map(tuple),
    since=st.none() | instants,
    until=st.none() | instants,
    after=counts,
    limit=st.integers(1, QUERY_ROWS_MAX),
)
values = (
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts | st.lists(texts, max_size=3).map(tuple)
)
tables = st.builds(
    Table,
    st.sampled_from(("positions", "audit")),
    counts,
    counts,
    counts,
    counts,
    st.lists(texts, max_size=4).map(tuple),
    st.lists(st.lists(values, max_size=4).map(tuple), max_size=4).map(tuple),
    st.none() | counts,
)

client_frames = st.one_of(
    st.builds(SignIn, st.just(MINE.credential), st.just("h:1"), st.just(SIGNATURE)),
    st.builds(Subscribe, afters, credits_),
    st.builds(Credit, credits_),
    st.builds(Fetch, refs, counts),
    st.builds(QueryFrame, refs, questions),
)
server_frames = st.one_of(
    st.builds(Challenge, st.binary(min_size=32, max_size=32), st.just(WORLD.organisation), st.just(LIMITS)),
    st.builds(Welcome, st.just("XAA"), st.just(OFFICE), st.just(ENVELOPE), counts, st.just(START)),
    st.builds(Receipt, refs, st.just(ENVELOPE)),
    st.builds(Unavailable, refs, st.sampled_from(("timeout", "busy"))),
    st.builds(EntryFrame, counts, st.binary(max_size=300)),
    st.builds(Withheld, counts, st.just(WORLD.entries[0].leaf), st.booleans(), st.none()),
    st.builds(Withheld, counts, st.none(), st.booleans(), st.just("0" * 64)),
    st.builds(CaughtUp, counts),
    st.builds(RowsFrame, refs, tables),
    st.builds(QueryRefusedFrame, refs, st.sampled_from(("unknown_view", "not_built")), texts),
    st.builds(ErrorFrame, st.just("profile.not_json"), texts, st.none() | refs, st.booleans()),
    st.builds(Goodbye, st.sampled_from(("slow_consumer", "going_away", "credential_revoked")), afters),
)


def opened(codec: Codec, after: int, credit: int) -> tuple[ClientSession, ServerSession]:
    """A client that follows, and its gateway."""
    client = ClientSession(Identity(WORLD.organisation, MINE, f"{ORGANISATION}.example"), after=after, codec=codec)
    gateway = ServerSession(WORLD.organisation, b"n" * 32, LIMITS, codec)
    challenged = client.receive(gateway.challenge())
    assert isinstance(challenged, Challenged)
    gateway.receive(challenged.reply)
    client.receive(gateway.send(Welcome("XAA", OFFICE, ENVELOPE, len(WORLD.entries), START)))
    gateway.receive(client.subscribe(credit))
    return client, gateway


@both_codecs
@given(client_frames)
def test_a_clients_frame_comes_out_as_it_went_in(codec: Codec, frame: ClientFrame) -> None:
    assert frame == codec.decode_client(codec.encode(frame))


@both_codecs
@given(server_frames)
def test_a_gateways_frame_comes_out_as_it_went_in(codec: Codec, frame: ServerFrame) -> None:
    assert frame == codec.decode_server(codec.encode(frame))


@both_codecs
@given(st.binary(max_size=200) | texts.map(str.encode))
def test_noise_raises_one_error_on_both_sides(codec: Codec, raw: bytes) -> None:
    client, gateway = opened(codec, -1, 5)
    for side in (client, gateway):
        try:
            side.receive(raw)
        except SessionError:
            continue
        raise AssertionError(raw)


@both_codecs
@given(st.data())
def test_a_frame_with_a_flipped_byte_raises_one_error_or_says_something_else(codec: Codec, data: st.DataObject) -> None:
    raw = bytearray(codec.encode(data.draw(server_frames)))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        frame = codec.decode_server(bytes(raw))
    except SessionError:
        return
    assert bytes(raw) == codec.encode(frame)


@both_codecs
@given(st.lists(st.integers(1, 7), min_size=1, max_size=12), st.sets(st.integers(0, len(WORLD.entries) - 1)))
def test_any_cut_of_the_connections_gives_the_same_entries(codec: Codec, cuts: list[int], hidden: set[int]) -> None:
    """The record is read over many connections, each cut anywhere: nothing is missed, nothing comes twice."""
    after, seen, cut = -1, list[int](), 0
    while after + 1 < len(WORLD.entries):
        client, gateway = opened(codec, after, 100)
        for entry in WORLD.entries[after + 1 :][: cuts[cut % len(cuts)]]:
            index = entry.leaf.index
            gateway.forward(index)
            shown = EntryFrame(index, encode_entry(entry.leaf, envelope.encode(entry.envelope)))
            event = client.receive(
                codec.encode(Withheld(index, entry.leaf, void=False, digest=None) if index in hidden else shown)
            )
            assert isinstance(event, EntryWithheld if index in hidden else EntryArrived)
            assert isinstance(event, EntryWithheld | EntryArrived)
            seen.append(event.index)
        after, cut = client.after, cut + 1

    assert list(range(len(WORLD.entries))) == seen


@given(st.lists(st.sampled_from(sorted({frame for _, frame in TURNS})), max_size=30))
def test_whatever_is_said_the_phase_is_one_that_the_table_allows(said: list[str]) -> None:
    turns = Turns()
    for frame in said:
        before = turns.phase
        try:
            turns.take(frame)
        except SessionError:
            assert before == turns.phase
            assert (before, frame) not in TURNS
        else:
            assert TURNS[before, frame] == turns.phase


def test_nothing_leads_out_of_the_end() -> None:
    assert Phase.ENDED not in {phase for phase, _ in TURNS}
