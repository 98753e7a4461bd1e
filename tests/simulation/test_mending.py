"""Hundreds of losses: the registrar serves with what honest holders have at its place, or says where it stopped."""

from collections.abc import Sequence
from typing import Final

import pytest
from structlog.testing import capture_logs

from tacit_services.copies import Seen
from tacit_services.registrar import Ports, Registrar, taking_over
from tacit_services.registrar.fetching import Chain
from tacit_services.registrar.mending import Mending
from tacit_services.registrar.taking_over import Claimant
from tests.scale import seeds
from tests.simulation.loop import run
from tests.simulation.mending_play import Make, play, sound

BLOCK_SEEDS: Final = 50
BUG_SEEDS: Final = range(60)
"""Each bug is found by several of these; one would be enough."""


def blocks() -> list[range]:
    """The seeds of this run in blocks, so that no single test lasts long on a slow machine."""
    played = seeds()
    return [played[at : at + BLOCK_SEEDS] for at in range(0, len(played), BLOCK_SEEDS)]


@pytest.mark.parametrize("block", blocks(), ids=lambda block: f"{block.start}-{block.stop - 1}")
def test_every_loss_ends_with_what_honest_holders_have_or_with_a_named_entry(block: range) -> None:
    with capture_logs():
        for seed in block:
            run(play(seed))


def test_a_loss_may_end_in_every_way() -> None:
    with capture_logs():
        ends = {type(run(play(seed))).__name__ for seed in BUG_SEEDS}

    assert {"NoneType", "RecordBehindError", "RecordDiffersError", "CopiesDifferError", "CopyDiffersError"} == ends


class Believing(Mending):
    """Planted bug: what a copy gives is appended, and compared afterwards."""

    async def _append_again(self, chain: Chain, sightings: Sequence[Seen]) -> None:
        before = self._folding.state.size
        rows = await self._folding.try_on(chain.messages)
        await self._append(chain.messages, before)
        await self._folding.index(self._organisation, rows or [])
        await self._comparing.check(sightings, before)


class Forgetful(Claimant):
    """Planted bug: who falls silent has never seen anything."""

    async def _sightings(self) -> list[Seen]:
        self._told.clear()
        return await super()._sightings()


def forgetful(ports: Ports) -> Registrar:
    """A registrar with the last of them."""
    registrar = sound(ports)
    registrar._claimant.__class__ = Forgetful
    return registrar


def found(seed: int, make: Make) -> bool:
    """Whether a planted bug is noticed."""
    try:
        run(play(seed, make))
    except Exception:  # noqa: BLE001 - whatever shows it is good enough
        return True
    return False


@pytest.mark.parametrize(
    ("mending", "make"),
    [
        pytest.param(Believing, sound, id="appended, then compared"),
        pytest.param(Mending, forgetful, id="who falls silent is forgotten"),
    ],
)
def test_a_planted_bug_is_found(monkeypatch: pytest.MonkeyPatch, mending: type[Mending], make: Make) -> None:
    monkeypatch.setattr(taking_over, "Mending", mending)

    with capture_logs():
        assert any(found(seed, make) for seed in BUG_SEEDS)
