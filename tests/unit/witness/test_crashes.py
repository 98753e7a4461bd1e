"""A crash at every step of cosigning and attesting: what was handed out holds, what was not may be asked again.

| where it stops | what a client got | what is held afterwards |
|---|---|---|
| before the store is asked | nothing | what was held |
| within the transaction | nothing | what was held |
| committed, before the answer | nothing | the new checkpoint: asked from the old size it says so (409) |
| after the answer | the cosignature | the new checkpoint |
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tacit.record.add_checkpoint import SIZE_TYPE
from tacit.record.attestation import contradict
from tacit.witness.cosigning import Answer
from tacit.witness.file import WitnessFile
from tacit.witness.ports import StoreError
from tests.unit.witness.forking import ORIGIN, TRUE, History, cosigner
from tests.unit.witness.test_attesting import Booth, opened


class Stopping(WitnessFile):
    """A store whose process dies at one step."""

    def __init__(self, folder: Path, step: str) -> None:
        super().__init__(folder)
        self._step = step

    def _whole(self, work: Callable[[], bool]) -> bool:
        if self._step == "before":
            raise OSError("the process died before the transaction")

        def stopping() -> bool:
            done = work()
            if self._step == "within":
                raise OSError("the process died within the transaction")
            return done

        done = super()._whole(stopping)
        if self._step == "committed":
            raise OSError("the process died after the commit")
        return done


@contextmanager
def store_in(folder: Path, step: str = "") -> Iterator[WitnessFile]:
    store = Stopping(folder, step) if step else WitnessFile(folder)
    try:
        yield store
    finally:
        store.close()


STEPS = ("before", "within", "committed")


@pytest.mark.parametrize("step", STEPS)
async def test_cosigning_stops_at_a_step_and_goes_on_after_it(tmp_path: Path, step: str) -> None:
    with store_in(tmp_path) as store:
        assert 200 == (await cosigner(store).add_checkpoint(TRUE.asks(0, 5))).status
    with store_in(tmp_path, step) as store:
        assert 503 == (await cosigner(store).add_checkpoint(TRUE.asks(5, 9))).status

    with store_in(tmp_path) as store:
        held = 9 if step == "committed" else 5
        assert held == (await store.held(ORIGIN)).size
        witness = cosigner(store)
        again = await witness.add_checkpoint(TRUE.asks(5, 9))
        assert (Answer(409, b"9\n", SIZE_TYPE) == again) is (step == "committed")
        assert 422 == (await witness.add_checkpoint(History("other ", 3).asks(9, 9))).status
        assert 200 == (await witness.add_checkpoint(TRUE.asks(9, 12))).status


@pytest.mark.parametrize("step", STEPS)
async def test_attesting_stops_at_a_step_and_the_chain_has_no_fork(tmp_path: Path, step: str) -> None:
    with store_in(tmp_path) as store:
        booth = Booth(store)
        first = opened(await booth.show(booth.act(reason="1")))
    with store_in(tmp_path, step) as store:
        assert 503 == (await Booth(store).show(booth.act(reason="2"))).status

    with store_in(tmp_path) as store:
        booth = Booth(store)
        lost = booth.act(reason="2")
        booth.world.wait(1)
        second = opened(await booth.show(lost))
        third = opened(await booth.show(booth.act(reason="3")))

    assert [1, 2, 3] == [each.counter for each in (first, second, third)]
    assert not any(contradict(one, other) for one in (first, second, third) for other in (first, second, third))


@pytest.mark.parametrize("call", ["held", "note_of", "advance", "keep"])
async def test_a_store_that_fails_signs_nothing(tmp_path: Path, call: str) -> None:
    async def fails(*_: Any) -> Any:  # stands for any method of the port
        raise StoreError("the disk is full")

    with store_in(tmp_path) as store:
        witness = cosigner(store)
        await witness.add_checkpoint(TRUE.asks(0, 5))
        broken: Callable[..., Awaitable[Any]] = fails
        setattr(store, call, broken)
        asked = History("other ", 3).asks(5, 9) if call == "keep" else TRUE.asks(5, 9)
        assert 503 == (await witness.add_checkpoint(asked)).status
