"""Hundreds of plays with the registrar as it is, and the proof that two planted bugs do not get through."""

from collections.abc import Sequence
from typing import Final

import pytest
from structlog.testing import capture_logs

from tacit_services.ports import NewMessage
from tacit_services.registrar import Ports, Registrar
from tacit_services.registrar.taking_over import Claimant
from tacit_services.shell.event_store.memory import MemoryRecord
from tests.scale import seeds
from tests.simulation.loop import run
from tests.simulation.registrar_play import Make, play, sound

BLOCK_SEEDS: Final = 25
BUG_SEEDS: Final = range(24)
"""Each bug is found by several of these; one would be enough."""


def blocks() -> list[range]:
    """The seeds of this run in blocks, so that no single test lasts long on a slow machine."""
    played = seeds()
    return [played[at : at + BLOCK_SEEDS] for at in range(0, len(played), BLOCK_SEEDS)]


@pytest.mark.parametrize("block", blocks(), ids=lambda block: f"{block.start}-{block.stop - 1}")
def test_every_play_ends_with_everybody_answered_and_the_record_whole(block: range) -> None:
    with capture_logs():
        for seed in block:
            run(play(seed))


@pytest.mark.parametrize("seed", [0, 7])
def test_the_same_seed_gives_the_same_play(seed: int) -> None:
    with capture_logs():
        assert run(play(seed)) == run(play(seed))


def test_two_seeds_are_two_plays() -> None:
    with capture_logs():
        assert run(play(0)) != run(play(1))


class Unfenced(MemoryRecord):
    """Planted bug: the store takes whatever comes, wherever the writer believes the end to be."""

    def add(self, messages: Sequence[NewMessage], expected_last: int) -> int:
        return super().add(messages, self.last)


class StaleClaimant(Claimant):
    """Planted bug: what was judged and never recorded is kept when the record is read again."""

    def forget(self) -> None:
        self._folding._indexed = None


def forgetful(ports: Ports) -> Registrar:
    """A registrar with the second planted bug."""
    registrar = sound(ports)
    registrar._claimant.__class__ = StaleClaimant
    return registrar


def found(seed: int, record: type[MemoryRecord], make: Make) -> bool:
    """Whether a planted bug is noticed."""
    try:
        run(play(seed, record(), make))
    except Exception:  # noqa: BLE001 - whatever shows it is good enough: a broken promise, a hole, an endless play
        return True
    return False


@pytest.mark.parametrize(
    ("record", "make"),
    [
        pytest.param(Unfenced, sound, id="the fence is forgotten"),
        pytest.param(MemoryRecord, forgetful, id="stale state"),
    ],
)
def test_a_planted_bug_is_found(record: type[MemoryRecord], make: Make) -> None:
    with capture_logs():
        assert any(found(seed, record, make) for seed in BUG_SEEDS)
