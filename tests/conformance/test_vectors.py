"""We speak the spec, not our own dialect: every vector, and that the vectors cover every clause and every rule."""

from collections import Counter, defaultdict
from pathlib import Path
from typing import Final

import pytest

from tacit.errors import Rule
from tacit.session import Fault
from tests.conformance.clauses import clauses
from tests.conformance.generate.build import cases, records
from tests.conformance.vector import ACCEPTED, RECORDS, VECTORS, files, judge, load, write

FILES: Final = list(files())
CLIENT_FAULTS: Final = {Fault.CHECKPOINT_BEHIND, Fault.UNVERIFIED, Fault.OTHER_RECORD}
OUTCOMES: Final = {ACCEPTED, *map(str, Rule), *map(str, CLIENT_FAULTS)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_vector_is_judged_as_it_says(path: Path) -> None:
    vector = load(path)

    assert (vector.expect, vector.output) == judge(vector)


def test_every_vector_says_its_clause_and_an_outcome_of_the_list() -> None:
    known = {clause.name for clause in clauses()}

    for path in FILES:
        vector = load(path)
        assert vector.clause in known, path.name
        assert vector.expect in OUTCOMES, path.name
        assert (path.parent.name, path.name[:2]) == (vector.clause.split()[0], f"{int(vector.clause.split()[1]):02d}")


def test_at_least_half_of_the_vectors_are_refusals() -> None:
    outcomes = Counter(load(path).expect == ACCEPTED for path in FILES)

    assert outcomes[False] >= outcomes[True]


def test_every_clause_that_can_be_violated_has_a_vector_of_each_outcome() -> None:
    seen: defaultdict[str, set[bool]] = defaultdict(set)
    for path in FILES:
        vector = load(path)
        seen[vector.clause].add(vector.expect == ACCEPTED)

    assert [] == [clause.name for clause in clauses() if clause.testable and seen[clause.name] != {True, False}]
    assert [] == [clause.name for clause in clauses() if not clause.testable and seen[clause.name]]


def test_every_rule_has_a_vector() -> None:
    shown = {load(path).expect for path in FILES}

    assert set(map(str, Rule)) | CLIENT_FAULTS <= shown


def test_the_files_are_what_the_writer_writes() -> None:
    expected = {f"records/{name}.json": content for name, content in records()}
    written = {case.path: case.vector for case in cases()}
    expected |= {path: write(vector) for path, vector in written.items() if not vector.hedged}
    found = {str(path.relative_to(VECTORS)): path.read_bytes() for path in [*FILES, *RECORDS.glob("*.json")]}

    assert set(found) == {*expected, *written}
    assert [] == [path for path, content in expected.items() if content != found[path]]


def test_a_hedged_vector_is_kept_because_its_signatures_cannot_be_made_again() -> None:
    for path in FILES:
        vector = load(path)
        assert not vector.hedged or vector.clause.startswith(("keys ", "log ", "bundle ", "founding 10", "session "))
