"""Bounds become entries, and pauses become waiting."""

from datetime import UTC, datetime, timedelta

import pytest

from tacit.record import decode_entry
from tacit_services.replay.pacing import Pace
from tacit_services.replay.span import Bound, Span, SpanError, resolve
from tests.unit.cli.files import record_of

ENTRIES = record_of("deadline")
AT = [decode_entry(raw).leaf.received_at for raw in ENTRIES]
LAST = len(ENTRIES) - 1
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (None, None, (0, LAST)),
        (5, 7, (5, 7)),
        (5, 10_000, (5, LAST)),
        (AT[72], None, (72, LAST)),
        (AT[72] + timedelta(microseconds=1), AT[74], (73, 74)),
        (5, AT[74] + timedelta(milliseconds=1), (5, 74)),
        (AT[72], 73, (72, 73)),
    ],
)
def test_bounds_are_with_what_stands_there(first: Bound, last: Bound, expected: tuple[int, int]) -> None:
    span = resolve(first, last, "east", LAST + 1, ENTRIES)

    assert Span(*expected, "east") == span


def test_junk_counts_as_received_with_the_entry_before_it() -> None:
    with_junk = [*ENTRIES[:73], b"junk", *ENTRIES[73:]]

    assert Span(0, 73) == resolve(None, AT[72], None, len(with_junk), with_junk)


@pytest.mark.parametrize(
    ("first", "last"), [(7, 5), (LAST + 1, None), (AT[-1] + timedelta(1), None), (None, AT[0] - timedelta(1))]
)
def test_a_span_without_entries_is_refused(first: Bound, last: Bound) -> None:
    with pytest.raises(SpanError):
        resolve(first, last, None, LAST + 1, ENTRIES)


def test_a_channel_leaves_out_other_channels_and_never_the_register() -> None:
    assert [True, True, False] == [Span(0, 1, "east").names(each) for each in ("east", None, "west")]
    assert Span(0, 1).names("west")


def test_pauses_are_divided_by_the_speed() -> None:
    pace = Pace(60)

    assert 0 == pace.wait_s(START, 100.0)
    assert 10 == pace.wait_s(START + timedelta(minutes=10), 100.0)
    assert 4 == pace.wait_s(START + timedelta(minutes=10), 106.0)
    assert 0 == pace.wait_s(START + timedelta(minutes=10), 200.0)
    assert 0 == Pace(None).wait_s(START, 0.0)
