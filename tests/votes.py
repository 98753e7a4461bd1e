"""A small collection of recorded votes, of members that never were, in the form of the large one."""

import csv
import gzip
import io
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Final

STATES: Final = tuple(f"X{letter}{letter}" for letter in "ABCDEFGH")
ROLL_CALLS: Final = 12
FILES: Final = ("states.csv", "roll_calls.csv.gz", "votes.csv.gz", "tallies.csv.gz")


def collection(seed: int = 1, roll_calls: int = ROLL_CALLS) -> dict[str, bytes]:
    """The files by name. Absent members have no row; one roll call is nobody's, one is out of its year's order."""
    chance = random.Random(seed)
    calls, votes, tallies = [], [], []
    for number in range(roll_calls):
        rcid = 3 + number if number < roll_calls - 1 else 9_001
        cast = [(state, chance.choice("yynna-")) for state in STATES] if number != 1 else []
        present = [(rcid, state, vote) for state, vote in cast if vote != "-"]
        year = 1946 + number // 5 if rcid < 9_000 else 1946
        descr = f"to adopt, {rcid}" if number % 4 else ""
        calls.append((rcid, 1, f"{year}-01-01", f"R/1/{rcid}", 0, 0, 0, f"Item {rcid}", descr))
        votes += present
        tallies.append((rcid, *(sum(vote == each for _, _, vote in present) for each in "yna")))
    head = ("rcid", "session", "date", "unres", "amend", "para", "importantvote", "short", "descr")
    return {
        "states.csv": _csv(("state", "country"), [(state, "invented") for state in STATES]),
        "roll_calls.csv.gz": gzip.compress(_csv(head, calls)),
        "votes.csv.gz": gzip.compress(_csv(("rcid", "state", "vote"), votes)),
        "tallies.csv.gz": gzip.compress(_csv(("rcid", "y", "n", "a"), tallies)),
    }


def write(folder: Path, files: dict[str, bytes]) -> Path:
    """The collection as a folder."""
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def _csv(head: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue().encode()
