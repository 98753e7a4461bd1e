"""The second versions of the packaged rule-sets: they know more acts, and decide as the first ones do."""

import pytest

from tacit.rules import packaged


@pytest.mark.parametrize(
    ("name", "more"),
    [
        (
            "nato-like",
            {
                "export.recorded.v1",
                "acknowledgement.requested.v1",
                "acknowledgement.given.v1",
                "delivery.recorded.v1",
                "acknowledgement.overdue.v1",
                "body.constituted.v1",
                "roster.admitted.v1",
                "roster.removed.v1",
                "item.referred.v1",
                "item.taken_up.v1",
            },
        ),
        ("tally", {"export.recorded.v1"}),
    ],
)
def test_a_second_version_adds_acts_and_changes_no_judgement(name: str, more: set[str]) -> None:
    first, second = packaged(name).rules, packaged(f"{name}-2").rules

    assert (name, 1, 2) == (second.name, first.version, second.version)
    assert (first.consensus, first.silence, first.tally) == (second.consensus, second.silence, second.tally)
    assert more <= second.who.keys() - first.who.keys()
    assert first.who == {tag: roles for tag, roles in second.who.items() if tag in first.who}
