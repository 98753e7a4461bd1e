"""The collection is read as it is, or refused with one error."""

import gzip

import pytest

from tacit_services.unga.source import SourceError, read_source
from tests.requirement import SHARED
from tests.votes import FILES, ROLL_CALLS, STATES, collection

VOTES = SHARED / "data" / "unga-votes"


def test_the_votes_of_each_roll_call_add_up_to_its_tally() -> None:
    source = read_source(collection())

    assert (STATES, ROLL_CALLS) == (source.states, len(source.roll_calls))
    assert source.tallies == {call.rcid: call.tally for call in source.roll_calls}


def test_roll_calls_are_numbered_within_their_year_in_the_order_of_their_ids() -> None:
    references = [call.reference for call in read_source(collection()).roll_calls]

    assert ["UNGA(1946)0001", "UNGA(1946)0002"] == references[:2]
    assert ["UNGA(1947)0001", "UNGA(1948)0001", "UNGA(1946)0006"] == [references[5], references[10], references[11]]
    assert len(set(references)) == ROLL_CALLS


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "content",
    [None, b"", b"\xff\xfe", gzip.compress(b"a,b\n1,2\n"), gzip.compress(b"rcid")[:9]],
    ids=["absent", "empty", "no gzip", "other columns", "cut off"],
)
def test_a_file_that_is_something_else_is_one_error(name: str, content: bytes | None) -> None:
    files = {each: raw for each, raw in collection().items() if each != name or content is not None}
    if content is not None:
        files[name] = content

    with pytest.raises(SourceError):
        read_source(files)


def test_a_state_without_a_code_is_refused() -> None:
    with pytest.raises(SourceError, match="ZZ9"):
        read_source(collection() | {"states.csv": b"state,country\nZZ9,Nowhere\n"})


def test_a_state_votes_once_on_a_roll_call() -> None:
    twice = gzip.compress(b"rcid,state,vote\n3,XAA,y\n3,XAA,n\n")

    with pytest.raises(SourceError, match="twice"):
        read_source(collection() | {"votes.csv.gz": twice})


@pytest.mark.requires("shared")
def test_the_whole_collection_is_read_and_agrees_with_itself() -> None:
    source = read_source({name: (VOTES / name).read_bytes() for name in FILES})

    assert (200, 5_888, 814_357) == (
        len(source.states),
        len(source.roll_calls),
        sum(len(call.votes) for call in source.roll_calls),
    )
    assert source.tallies == {call.rcid: call.tally for call in source.roll_calls}
    assert len({call.reference for call in source.roll_calls}) == len(source.roll_calls)
