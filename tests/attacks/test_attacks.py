"""Every attack is struck, and whoever is said to notice it notices it: by that name, there, and no later."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.attacks.case import Attack
from tests.attacks.operator import Operator
from tests.attacks.page import HEADINGS, table
from tests.attacks.table import ATTACKS
from tests.unit.verify.archives import verified

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "attacks.md"


@pytest.mark.parametrize("each", ATTACKS, ids=lambda each: each.strike.__name__)
def test_it_is_noticed(each: Attack, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    outcome = each.strike(tmp_path)
    later = {found.name: found.at - outcome.at for found in reversed(outcome.noticed)}
    seconds = (outcome.noticed_at - outcome.struck_at).total_seconds()

    record_property("attack", f"{each.by} {each.name} {later.get(each.name)} {seconds} {outcome.took_s}")
    assert each.name in later, later
    assert (each.entries, each.seconds) == (later[each.name], seconds)


def test_an_honest_operator_is_not_accused() -> None:
    assert [] == verified(Operator().honest(), whole=True).findings
    assert [] == verified(Operator().continued(), whole=True).findings


def test_the_page_tells_them_all() -> None:
    told = [line for line in PAGE.read_text().splitlines() if line.startswith(("| ", "### "))]

    assert told == [line for line in table(ATTACKS) if line.startswith(("| ", "### "))]
    assert len({each.words for each in ATTACKS}) == len(ATTACKS)
    assert {each.strike.__module__.rpartition(".")[2] for each in ATTACKS} == set(HEADINGS)
