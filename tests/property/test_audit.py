"""Whatever is done to a record: audit, words and view never fail, and no change of an act is missed."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from tacit.audit import Auditor, check_job
from tacit.cli.lines import decode_line, encode_line
from tacit.cli.log import tell
from tacit.cli.view import view
from tacit.rules import apply_bytes, catalogue, genesis
from tests.unit.cli.files import record_of

RECORD = record_of("deadline")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
indexes = st.integers(0, len(RECORD) - 1)


def is_found(entries: list[bytes]) -> bool:
    auditor = Auditor()
    jobs = [job for raw in entries if (job := auditor.take(raw)) is not None]
    return bool(auditor.findings) or any(check_job(job) for job in jobs)


@st.composite
def bent(draw: st.DrawFn) -> tuple[int, bytes]:
    """An entry with one octet changed, anywhere."""
    index = draw(indexes)
    raw = bytearray(RECORD[index])
    raw[draw(st.integers(0, len(raw) - 1))] ^= draw(st.integers(1, 255))
    return index, bytes(raw)


@given(bent())
def test_no_change_of_an_act_or_its_signature_is_missed(entry: tuple[int, bytes]) -> None:
    index, raw = entry
    same_act = RECORD[index].partition(b"\n")[2] == raw.partition(b"\n")[2]

    # A leaf alone is the registrar's word until there are checkpoints; its form and place are checked all the same.
    assert same_act or is_found([*RECORD[:index], raw, *RECORD[index + 1 :]])


@given(indexes, st.integers(1, 5))
def test_no_entries_go_missing_from_the_middle(index: int, count: int) -> None:
    left = [*RECORD[:index], *RECORD[index + count :]]

    assert index + count >= len(RECORD) or is_found(left)


@given(bent() | st.tuples(indexes, st.binary(max_size=200)))
def test_whatever_an_entry_holds_it_is_told_and_kept(entry: tuple[int, bytes]) -> None:
    index, raw = entry
    state = genesis(catalogue())
    for each in RECORD[:index]:
        apply_bytes(state, each)
    told = tell(index, *apply_bytes(state, raw), state)

    assert told.words.isprintable()
    assert all(effect.isprintable() for effect in told.effects)
    assert raw == decode_line(encode_line(raw, told))
    assert index + 1 == view(state, {}, NOW).entries
