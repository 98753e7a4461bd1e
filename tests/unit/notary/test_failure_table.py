"""Every step of a checkpoint, broken in every way, and a crash at every step: one history, and nothing is lost.

In the manner of Sunlight's tests: a step fails and is not stored, or fails though it is stored; then the notary goes
on, or is started again on the files that are left.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import pytest

from tacit_services.notary.confirming import SIGNED
from tacit_services.shell.archive.memory import Break, Operation
from tests.scale import scale_name
from tests.unit.notary.town import Town, check_archive, check_history, running

ALWAYS: Final = 1_000_000
QUICKLY: Final = scale_name() == "dev"
"""On a laptop each step breaks once on each side; in CI also later, and several times in a row."""


class Step(NamedTuple):
    """One step: the call that makes it."""

    name: str
    operation: Operation
    path: str


STEPS: Final = (
    Step("bodies", "put", "bodies/"),
    Step("files of the log", "put", "tile/"),
    Step("what is signed", "replace", SIGNED),
    Step("the witnessed checkpoint", "put", "witnessed/"),
    Step("publishing", "replace", "checkpoint"),
    Step("looking for what is superfluous", "below", "tile/"),
    Step("tidying", "remove", "envelopes/"),
    Step("reading what was published", "get", "checkpoint"),
    Step("reading what was signed", "get", SIGNED),
    Step("reading tiles", "get", "tile/0/"),
)
SIDES: Final[tuple[Break, ...]] = ("before", "after")


class Breaking:
    """Breaks the calls of a step from the `first` on, `times` times. `reached` says that it has."""

    def __init__(self, step: Step, side: Break, first: int, times: int) -> None:
        self.calls = 0
        self._step, self._side, self._first, self._times = step, side, first, times

    @property
    def reached(self) -> bool:
        return self.calls >= self._first

    def __call__(self, operation: Operation, path: str) -> Break:
        if operation != self._step.operation or not path.startswith(self._step.path):
            return None
        self.calls += 1
        return self._side if self._first <= self.calls < self._first + self._times else None


@pytest.fixture(params=[True, False], ids=["witnesses", "no witnesses"])
def town(request: pytest.FixtureRequest) -> Iterator[Town]:
    town = Town(witnessed=request.param)
    yield town
    if town.published is not None:
        check_archive(town)
    for witness in town.witnesses.values():
        check_history(town, [note.encode() for note in witness.stored.values()])


async def grow_in_steps(town: Town) -> None:
    """Entries that fill a bundle, and some more, under several checkpoints."""
    for count in (3, 240, 30, 2):
        town.grow(count)
        await town.until(lambda: town.size == town.record.last)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(("first", "times"), [(1, 1)] if QUICKLY else [(1, 1), (3, 1), (1, 3), (3, 3)])
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
async def test_a_step_that_fails_is_repeated_and_nothing_is_lost(
    town: Town, step: Step, times: int, first: int, side: Break
) -> None:
    await town.caught_up()
    breaking = Breaking(step, side, first, times)
    async with running(town.notary(breaking)):
        await grow_in_steps(town)

    assert town.size == town.record.last
    assert breaking.calls >= 1 or step.operation in {"get", "remove", "below"}


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("first", [2] if QUICKLY else [1, 2, 5])
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
async def test_a_crash_at_any_step_loses_nothing(town: Town, step: Step, first: int, side: Break) -> None:
    await town.caught_up()
    # From this call on the archive takes nothing more, or only seems to: then the process ends.
    breaking = Breaking(step, side, first, ALWAYS)
    async with running(town.notary(breaking)):
        town.grow(40)
        await town.until(lambda: breaking.reached or town.size == town.record.last)

    async with running(town.notary()):
        await grow_in_steps(town)

    assert town.size == town.record.last
