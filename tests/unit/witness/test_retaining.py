"""What is kept of attestations: bounds that hold together, so that nothing is attested twice."""

from datetime import timedelta

import pytest

from tacit.limits import CLAIMED_AHEAD_S, DEADLINE_AHEAD_S_MAX, VALIDITY_S_MAX
from tacit.rules import catalogue
from tacit.witness.retaining import KEPT_MAX, KEPT_S, KEPT_S_MIN, may_let_go


def test_whatever_is_let_go_of_belongs_to_an_act_that_can_be_played_no_more() -> None:
    assert VALIDITY_S_MAX + CLAIMED_AHEAD_S < KEPT_S_MIN < KEPT_S
    assert DEADLINE_AHEAD_S_MAX < KEPT_S


def test_it_is_kept_for_much_longer_than_any_closing_period() -> None:
    for each in catalogue().values():
        assert 100 * each.silence.closing_period_s < KEPT_S


@pytest.mark.parametrize(
    ("age_s", "kept", "goes"),
    [
        (KEPT_S, KEPT_MAX, False),
        (KEPT_S + 1, 1, True),
        (KEPT_S_MIN + 1, KEPT_MAX, False),
        (KEPT_S_MIN + 1, KEPT_MAX + 1, True),
        (KEPT_S_MIN, KEPT_MAX + 1_000_000, False),
    ],
)
def test_age_and_number_decide(age_s: float, kept: int, goes: bool) -> None:
    assert goes is may_let_go(timedelta(seconds=age_s), kept)
