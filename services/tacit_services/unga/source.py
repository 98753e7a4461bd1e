"""The collection as a table of roll calls: which state voted how, and the counts that others computed. Pure."""

import csv
import gzip
import io
import re
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Final

import msgspec

from tacit.acts import Stance
from tacit.ids import Reference, StateCode
from tacit.limits import DETACHED_BYTES_MAX, STATES_MAX, TITLE_CHARS_MAX
from tacit.rules import Tally

FILES: Final = ("states.csv", "roll_calls.csv.gz", "votes.csv.gz", "tallies.csv.gz")
STANCES: Final[dict[str, Stance]] = {"y": "JOINS", "n": "OBJECTS", "a": "ABSTAINS"}
"""What the collection's votes are as positions; the rule-set `tally` counts exactly these."""
INVENTED: Final = re.compile(r"X[A-Z]{2}\Z")
"""The codes of members that never were; a collection of such stands for itself."""
UNPACKED_BYTES_MAX: Final = 64_000_000
"""Of one file; more than three times the largest of the collection."""

Vote = tuple[StateCode, Stance]


class SourceError(Exception):
    """The folder does not hold the collection that this reads."""

    def __init__(self, file: str, found: str) -> None:
        super().__init__(f"{file} cannot be read as recorded votes ({found}): name a folder that holds the collection.")


class RollCall(msgspec.Struct, frozen=True):
    """One roll call, under the number that it gets here: that of its year, in the order of the collection."""

    rcid: int
    reference: Reference
    subject: str
    title: str
    wording: bytes
    votes: tuple[Vote, ...]

    @property
    def tally(self) -> Tally:
        """The votes, counted."""
        stances = [stance for _, stance in self.votes]
        return Tally(*(stances.count(STANCES[vote]) for vote in "yna"))


class Source(msgspec.Struct, frozen=True):
    """Everything that is imported, and what it is held to."""

    states: tuple[StateCode, ...]
    roll_calls: tuple[RollCall, ...]
    tallies: dict[int, Tally]


def read_source(files: Mapping[str, bytes]) -> Source:
    """Read the files of the collection (`FILES`), in the order of the roll calls' ids: their dates are unreliable.

    Raises:
        SourceError: a file is missing, is not what it should be, or contradicts another.
    """
    try:
        return _read(files)
    except (KeyError, TypeError, ValueError) as error:
        raise SourceError("The collection", f"{type(error).__name__} {error}") from error


def _read(files: Mapping[str, bytes]) -> Source:
    codes = _codes(files)
    votes = _votes(files, codes)
    roll_calls = tuple(_roll_calls(files, votes))
    known = {call.rcid for call in roll_calls}
    if set(votes) - known:
        raise SourceError("votes.csv.gz", f"votes on {len(set(votes) - known)} roll calls that nobody called")
    counted = {int(row["rcid"]): Tally(*(int(row[each]) for each in "yna")) for row in _rows(files, "tallies.csv.gz")}
    if set(counted) != known:
        raise SourceError("tallies.csv.gz", "not one for each roll call")
    return Source(tuple(codes.values()), roll_calls, counted)


def _codes(files: Mapping[str, bytes]) -> dict[str, StateCode]:
    """The states of the collection, and the code under which each has its keys here."""
    packaged = resources.files("tacit_services.unga").joinpath("states.csv").read_text("utf-8")
    ours = {row["code"]: row["state"] for row in csv.DictReader(packaged.splitlines())}
    found = [row["state"] for row in _rows(files, "states.csv")]
    codes = {code: code if INVENTED.match(code) else ours.get(code, "") for code in found}
    strange = [code for code, own in codes.items() if not own]
    if strange or not 0 < len(set(codes.values())) == len(found) <= STATES_MAX:
        raise SourceError("states.csv", f"{len(found)} states, without a code: {', '.join(strange) or 'none'}")
    return codes


def _votes(files: Mapping[str, bytes], codes: Mapping[str, StateCode]) -> dict[int, list[Vote]]:
    # One tuple for each state and stance, however often it voted so.
    known = {(code, vote): (state, stance) for code, state in codes.items() for vote, stance in STANCES.items()}
    votes: defaultdict[int, list[Vote]] = defaultdict(list)
    for row in _rows(files, "votes.csv.gz"):
        votes[int(row["rcid"])].append(known[row["state"], row["vote"]])
    if any(len({state for state, _ in each}) != len(each) for each in votes.values()):
        raise SourceError("votes.csv.gz", "a state votes twice on one roll call")
    return votes


def _roll_calls(files: Mapping[str, bytes], votes: Mapping[int, list[Vote]]) -> Iterator[RollCall]:
    numbers: defaultdict[str, int] = defaultdict(int)
    for row in sorted(_rows(files, "roll_calls.csv.gz"), key=lambda row: int(row["rcid"])):
        rcid, year = int(row["rcid"]), row["date"][:4]
        numbers[year] += 1
        yield RollCall(
            rcid,
            f"UNGA({year}){numbers[year]:04}",
            (row["unres"] or f"Roll call {rcid}")[:TITLE_CHARS_MAX],
            f"Roll call {rcid}: {row['short'] or row['unres']}"[:TITLE_CHARS_MAX],
            row["descr"].encode()[:DETACHED_BYTES_MAX],
            tuple(votes.get(rcid, ())),
        )


def _rows(files: Mapping[str, bytes], name: str) -> Iterator[dict[str, str]]:
    """The rows of a file; whatever is wrong with it, while it is read or used, is a `SourceError`."""
    try:
        raw = files[name]
        text = (_unpack(raw) if name.endswith(".gz") else raw).decode("utf-8")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        if not reader.fieldnames:
            raise SourceError(name, "empty")
        yield from reader
    except KeyError as error:
        raise SourceError(name, "missing") from error
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(name, type(error).__name__) from error


def _unpack(raw: bytes) -> bytes:
    with gzip.open(io.BytesIO(raw)) as packed:
        return packed.read(UNPACKED_BYTES_MAX)
