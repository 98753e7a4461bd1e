"""Plays with an outbox: crashes in every write, cut lines, lost answers, a notary and witnesses that are away."""

from collections.abc import Callable
from typing import Final

import pytest
from structlog.testing import capture_logs

from tacit.client.outbox import Outbox
from tacit.client.store import Kept
from tests.scale import seeds
from tests.simulation.loop import run
from tests.simulation.outbox_play import play

BLOCK_SEEDS: Final = 10
SHARE: Final = 10
"""Of the seeds of a run this play gets one in so many: each is some minutes of virtual time."""
BUG_SEEDS: Final = range(12)
"""Each bug is found by several of these; one is enough."""


def blocks() -> list[range]:
    """The seeds of this run in blocks, so that no single test lasts long on a slow machine."""
    played = seeds()
    mine = range(played.start, played.start + max(1, len(played) // SHARE))
    return [mine[at : at + BLOCK_SEEDS] for at in range(0, len(mine), BLOCK_SEEDS)]


@pytest.mark.parametrize("block", blocks(), ids=lambda block: f"{block.start}-{block.stop - 1}")
def test_every_act_is_recorded_once_and_proven_and_none_is_sent_without_need(block: range) -> None:
    with capture_logs():
        for seed in block:
            run(play(seed))


def test_the_same_seed_gives_the_same_play() -> None:
    with capture_logs():
        assert run(play(3)) == run(play(3))


def eager(outbox: Outbox, _kept: Kept) -> bool:
    """Planted bug: what was sent goes out again at once on each new connection, the record unread."""
    outbox._may_repeat = True
    return True


def careless(outbox: Outbox, kept: list[Kept]) -> None:
    """Planted bug: what changes is in memory alone, and a crash takes it back."""
    outbox._hold(kept)


def hasty(outbox: Outbox) -> str:
    """Planted bug: a receipt lets an act go."""
    return "recorded"


@pytest.mark.parametrize(
    ("name", "bug"),
    [("_is_ready", eager), ("_put", careless), ("_last_stage", property(hasty))],
    ids=["the record is not read", "nothing is written", "a receipt is enough"],
)
def test_a_planted_bug_is_found(monkeypatch: pytest.MonkeyPatch, name: str, bug: Callable[..., object]) -> None:
    monkeypatch.setattr(Outbox, name, bug)
    assert any(noticed(seed) for seed in BUG_SEEDS)


def noticed(seed: int) -> bool:
    """Whether a play with this seed shows that something is wrong."""
    try:
        with capture_logs():
            run(play(seed))
    except Exception:  # noqa: BLE001 - whatever shows it is good enough
        return True
    return False
