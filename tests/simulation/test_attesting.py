"""Plays about breaks that are held back: whoever showed one to a quorum in time is heard, and nobody else is."""

import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

import pytest
from structlog.testing import capture_logs

from tacit.ids import ActId
from tacit.record.attestation import NO_ATTESTATION, Attestation, attestation_id
from tacit.rules import evidence
from tacit.rules.exhibits import Evidence, find_witness
from tacit.rules.state import Silence, State
from tacit.witness import attesting, cosigning
from tacit.witness.attesting import Attestor
from tacit.witness.cosigning import Cosigner
from tacit.witness.deciding import Held
from tacit.witness.file import WitnessFile
from tacit.witness.timing import Timing
from tacit_services.notary.asking import Asked, Witnesses
from tests.scale import seeds
from tests.simulation.attest_play import Makes, Play
from tests.simulation.attest_truth import check
from tests.simulation.attest_witness import PlayedWitness, SteppedFile
from tests.simulation.loop import run

SHARE: Final = 20
"""A play takes half a second."""
BLOCK_SEEDS: Final = 10
BUG_SEEDS: Final = (23, 17, *range(30))
"""Each bug is found by some of these, and each of them by one of the first two when this was written."""
MEMORY: Final = Path("/dev/shm")  # noqa: S108 - the fsyncs of a play cost nothing there


async def performed(seed: int, folder: Path, make: Makes) -> Play:
    """Play it to its end, and check it. Raises AssertionError, or whatever went wrong, with the trace."""
    stage = Play(seed, folder, make)
    try:
        await stage.perform()
        check(stage, folder)
    except BaseException as error:
        error.add_note(f"seed {seed}; play it again: make sim ARGS='-k attest' SEEDS=1 SEED_FIRST={seed}")
        error.add_note("\n".join(stage.trace[-60:]))
        raise
    return stage


def play(seed: int, make: Makes = PlayedWitness) -> Play:
    """Play one seed."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder, capture_logs():
        return run(performed(seed, Path(folder), make))


def blocks() -> list[range]:
    """The seeds of this run in blocks, so that no single test lasts long on a slow machine."""
    played = seeds(SHARE)
    return [played[at : at + BLOCK_SEEDS] for at in range(0, len(played), BLOCK_SEEDS)]


@pytest.mark.parametrize("block", blocks(), ids=lambda block: f"{block.start}-{block.stop - 1}")
def test_whoever_showed_a_break_to_a_quorum_in_time_is_heard_and_nobody_else(block: range) -> None:
    for seed in block:
        play(seed)


def test_the_same_seed_gives_the_same_play() -> None:
    assert play(3).trace == play(3).trace


class Losing(SteppedFile):
    """Planted bug: now and then the store says that it has written what it has not."""

    def _whole(self, work: Callable[[], bool]) -> bool:
        if not self._dies():
            return super()._whole(work)
        self._base.execute("BEGIN IMMEDIATE")
        done = work()
        self._base.execute("ROLLBACK")
        return done


class OnLosing(PlayedWitness):
    """A witness over such a store."""

    def open(self) -> WitnessFile:
        return Losing(self._folder / self.state, self._step, lambda: self._play.happens(0.1))


class Partial(PlayedWitness):
    """Planted bug: a witness attests for its own member."""

    def made(self, store: WitnessFile) -> tuple[Cosigner, Attestor]:
        cosigner, attestor = super().made(store)
        attestor._state = "XZZ"
        return cosigner, attestor


def all_counted(state: State, silence: Silence | None, shown: Evidence) -> int:
    """Planted bug: the author's own witness counts."""
    if silence is None:
        return 0
    return sum(
        bool(find_witness(state, keyid))
        and evidence._timely(state, silence, each.at)
        and evidence._was_good(state, shown.act, each)
        for keyid, each in shown.attestations
    )


def as_it_is(_held: Held, _origin: str, now_s: int) -> int:
    """Planted bug: a clock that is set back takes cosignatures back."""
    return now_s


def without_chain(organisation: ActId, act: ActId, last: Attestation | None, now: datetime) -> Attestation:
    """Planted bug: a clock that is set back takes attestations back."""
    if last is None:
        return Attestation(organisation, act, now, 1, NO_ATTESTATION)
    return Attestation(organisation, act, now, last.counter + 1, attestation_id(last))


async def once(self: Witnesses, state: str, asked: Asked) -> bool:
    """Planted bug: whoever has failed is not asked again about the same checkpoint."""
    await ask_one(self, state, asked)
    return True


ask_one = Witnesses._ask_one

BUGS: Final[dict[str, tuple[object, str, object]]] = {
    "its own witness counts": (evidence, "_count", all_counted),
    "attested whenever": (evidence, "_timely", lambda *_: True),
    "lodged whenever": (evidence, "_lodged_in_time", lambda *_: True),
    "cosigned with any clock": (Timing, "check_cosigning", lambda *_: None),
    "cosigned before the last": (cosigning, "_not_before", as_it_is),
    "attested before the last": (attesting, "next_attestation", without_chain),
    "asked once": (Witnesses, "_ask_one", once),
}
WITNESSES: Final[dict[str, Makes]] = {"a store that loses": OnLosing, "a witness for its own member": Partial}


def found(seed: int, make: Makes = PlayedWitness) -> bool:
    """Whether a planted bug is noticed."""
    try:
        play(seed, make)
    except Exception:  # noqa: BLE001 - whatever shows it is good enough
        return True
    return False


@pytest.mark.parametrize("name", BUGS)
def test_a_planted_bug_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, attribute, bug = BUGS[name]
    monkeypatch.setattr(owner, attribute, bug)

    assert any(found(seed) for seed in BUG_SEEDS)


@pytest.mark.parametrize("name", WITNESSES)
def test_a_witness_with_a_planted_bug_is_found(name: str) -> None:
    assert any(found(seed, WITNESSES[name]) for seed in BUG_SEEDS)
