"""Plays with an outbox: crashes in every write, cut lines, lost answers, a notary and witnesses that are away."""

import asyncio
from collections.abc import Callable
from typing import Final

import pytest
from structlog.testing import capture_logs

from tacit.client import Chains
from tacit.client.lodging import Lodging
from tacit.client.outbox import Outbox
from tacit.client.shelf import Shelf
from tacit.client.store import Kept
from tacit.record import Leaf
from tests.scale import seeds
from tests.simulation.loop import run
from tests.simulation.outbox_play import Play, play
from tests.simulation.outbox_restored import RestoredPlay

BLOCK_SEEDS: Final = 10
SHARE: Final = 10
RESTORED_SHARE: Final = 25
"""Of the seeds of a run a play gets one in so many: each is some minutes of virtual time."""
BUG_SEEDS: Final = range(12)
"""Each bug is found by several of these; one is enough."""


def blocks(share: int) -> list[range]:
    """The seeds of this run in blocks, so that no single test lasts long on a slow machine."""
    played = seeds()
    mine = range(played.start, played.start + max(1, len(played) // share))
    return [mine[at : at + BLOCK_SEEDS] for at in range(0, len(mine), BLOCK_SEEDS)]


@pytest.mark.parametrize("block", blocks(SHARE), ids=lambda block: f"{block.start}-{block.stop - 1}")
def test_every_act_is_recorded_once_and_proven_and_none_is_sent_without_need(block: range) -> None:
    with capture_logs():
        for seed in block:
            run(play(seed))


@pytest.mark.parametrize("block", blocks(RESTORED_SHARE), ids=lambda block: f"{block.start}-{block.stop - 1}")
def test_what_a_record_lost_comes_back_once_as_itself_or_as_evidence(block: range) -> None:
    with capture_logs():
        for seed in block:
            run(play(seed, RestoredPlay))


def test_the_same_seed_gives_the_same_play() -> None:
    with capture_logs():
        assert run(play(3)) == run(play(3))


def eager(outbox: Outbox, _kept: Kept) -> bool:
    """Planted bug: what was sent goes out again at once on each new connection, the record unread."""
    outbox.is_read = True
    return True


def careless(shelf: Shelf, kept: list[Kept]) -> None:
    """Planted bug: what changes is in memory alone, and a crash takes it back."""
    shelf._hold(kept)


def hasty(shelf: Shelf) -> str:
    """Planted bug: a receipt lets an act go."""
    return "recorded"


def lonely(_lodging: Lodging, _lost: Kept, _chains: Chains) -> None:
    """Planted bug: a member lodges whatever was lost, also where it has signed the number of the evidence before."""


def trusting(_outbox: Outbox, _index: int, _leaf: Leaf | None) -> list[Kept]:
    """Planted bug: a receipt is believed, whatever stands in its place."""
    return []


def heedless(_outbox: Outbox, _kept: Kept) -> bool:
    """Planted bug: what was heard needs no receipt, and the next act is signed after it."""
    return False


@pytest.mark.parametrize(
    ("where", "name", "bug", "kind"),
    [
        (Outbox, "_is_ready", eager, Play),
        (Shelf, "put", careless, Play),
        (Shelf, "last_stage", property(hasty), Play),
        (Lodging, "_hindered", lonely, RestoredPlay),
        (Outbox, "_lose", trusting, RestoredPlay),
        (Outbox, "_lacks_receipt", heedless, RestoredPlay),
    ],
    ids=[
        "the record is not read",
        "nothing is written",
        "a receipt is enough",
        "numbers are spent",
        "a receipt is believed",
        "what nobody can prove is followed",
    ],
)
def test_a_planted_bug_is_found(
    monkeypatch: pytest.MonkeyPatch, where: type, name: str, bug: Callable[..., object], kind: type[Play]
) -> None:
    monkeypatch.setattr(where, name, bug)
    assert any(noticed(seed, kind) for seed in BUG_SEEDS)


def noticed(seed: int, kind: type[Play]) -> bool:
    """Whether a play with this seed shows that something is wrong."""
    try:
        with capture_logs():
            run(play(seed, kind))
    except (Exception, asyncio.CancelledError):  # noqa: BLE001 - whatever shows it is good enough, a time that is up too
        return True
    return False
