"""How the writer of vectors says a case: the clause, one failure, the outcome that the clause demands."""

from typing import NamedTuple

from tests.conformance.vector import ACCEPTED, Input, Vector, judge


class Named(NamedTuple):
    """A vector and where it lies below protocol/vectors."""

    path: str
    vector: Vector


def case(clause: str, slug: str, comment: str, given: Input, expect: str = ACCEPTED, *, hedged: bool = False) -> Named:
    """A case of a clause such as `profile 3`.

    The outcome is the clause's. That this implementation agrees is checked here, so a slip of the writer is seen.
    """
    page, number = clause.rsplit(" ", 1)
    vector = Vector(clause, comment, given, str(expect), hedged=hedged)
    said, output = judge(vector)
    assert said == str(expect), f"{clause} {slug}: {said} instead of {expect}"
    return Named(f"{page}/{int(number):02d}-{slug}.json", Vector(clause, comment, given, str(expect), output, hedged))
