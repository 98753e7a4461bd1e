"""Decision 45: that an outcome was stated after the closing period is shown by the times of cosignatures, and only so.

| whose clock | how far from the end of the closing period | who notices |
|---|---|---|
| honest | after it | nobody |
| the registrar's is ahead | further than the tolerance | `tacit verify` of archive or bundle: `time.ahead` |
| the registrar's is ahead | within the tolerance | whoever narrows it; a few seconds are believed |
| the registrar dates back | the log went on without it | `tacit verify`: `time.behind` |
| the registrar is late and says so | any | nobody: the time is on the record |
"""

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import structs

from tests.attacks.detectors import told_by_verify
from tests.attacks.on_bundles import decided, made, told_of
from tests.attacks.on_rules import adopted, after_the_deadline, passed
from tests.attacks.on_time import CLOSING_S, announced_late
from tests.attacks.operator import CHECKPOINT_S, Operator, silence
from tests.attacks.trees import Log


def announced(at_s: float) -> Operator:
    """The outcome is stated so long after the deadline by the registrar's clock, as the rules admit it."""
    operator = Operator()
    world = after_the_deadline(operator.world, at_s)
    basis = world.organ("timekeeper", passed(world)).leaf.act
    world.organ("timekeeper", adopted(world, basis))
    operator.take_in()
    return operator


def found(operator: Operator, folder: Path, ahead_s: float, *options: str) -> set[tuple[int, str]]:
    """What `tacit verify` finds, where the registrar's clock is so far ahead of those of the witnesses."""
    honest = operator.world.now - timedelta(seconds=ahead_s)
    told = told_by_verify(operator.continued(operator.after(CHECKPOINT_S, since=honest)), folder, *options)
    return {(each["index"], each["rule"]) for each in told["findings"]}


@pytest.mark.parametrize(
    ("ahead_s", "tolerance_s", "noticed"),
    [
        (0.0, 0, False),
        (2.0, 0, True),
        (5.0, 5, False),
        (8.0, 5, True),
        (29.0, 30, False),
        (33.0, 30, True),
        (CLOSING_S + 3_600.0, 30, True),
    ],
)
def test_an_outcome_is_early_by_more_than_clocks_differ_or_nobody_is_accused(
    tmp_path: Path, ahead_s: float, tolerance_s: float, *, noticed: bool
) -> None:
    operator = announced(CLOSING_S)
    expected = {(operator.size - 1, "time.ahead")} if noticed else set()

    assert expected == found(operator, tmp_path, ahead_s, "--tolerance", str(tolerance_s))


@pytest.mark.parametrize(("ahead_s", "noticed"), [(0.0, False), (29.0, False), (33.0, True), (7_200.0, True)])
def test_an_outsider_is_shown_by_the_bundle_alone_that_its_checkpoint_is_from_before(
    tmp_path: Path, ahead_s: float, *, noticed: bool
) -> None:
    operator = decided()
    bundle, log = made(operator, tmp_path), Log(operator.world, operator.raw)
    operator.world.wait(-ahead_s)
    told = told_of(structs.replace(bundle, checkpoint=log.signed(log.size).encode()), tmp_path)

    assert (not noticed, "time.ahead" if noticed else None) == (told["ok"], told.get("rule"))


def test_an_outcome_that_is_late_and_says_so_accuses_nobody(tmp_path: Path) -> None:
    operator = announced(7_200.0)
    deadline = silence(operator.world).deadline.at
    assert operator.world.entries[-1].leaf.received_at - deadline == timedelta(hours=2)

    assert set() == found(operator, tmp_path, 0.0)


@pytest.mark.parametrize(("held_s", "noticed"), [(10.0, False), (60.0, True)])
def test_an_outcome_that_is_held_back_and_dated_back_is_noticed(
    tmp_path: Path, held_s: float, *, noticed: bool
) -> None:
    operator = announced_late(held_s)
    beat = operator.after(0.0)
    index = operator.size
    operator.take_in()
    told = told_by_verify(operator.continued(beat, operator.after(CHECKPOINT_S)), tmp_path)

    assert ([(index, "time.behind")] if noticed else []) == [
        (each["index"], each["rule"]) for each in told["findings"]
    ][:1]
