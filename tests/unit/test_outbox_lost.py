"""An act with a receipt whose place in the record is another's: nothing of it is lost to its author."""

import pytest

from tacit.client import Stage
from tacit.errors import Rule
from tacit.record import Leaf
from tacit.testing import START, World
from tests.unit.outbox_author import Author


@pytest.fixture
def author() -> Author:
    return Author(World(witnessed=True))


class Restored:
    """An act with a receipt, and a record restored from before it, in which another has taken its place."""

    def __init__(self, author: Author) -> None:
        self.author = author
        self.composed = author.said()
        leaf = author.stands(self.composed).leaf
        assert leaf is not None
        self.leaf = leaf
        self.other = author.world.entries[0].leaf
        author.restart()
        author.outbox.heard(leaf.index, self.other)


async def test_a_receipted_act_whose_place_is_anothers_keeps_its_receipt_and_is_sent_again(author: Author) -> None:
    found = Restored(author)
    assert (Stage.LOST, "other_entry") == author.stage(found.composed)
    assert [found.composed.act_id] == [kept.act for kept in author.outbox.lost()]
    assert [] == author.outbox.ready()
    author.outbox.read_to_end()
    ref = author.sends(found.composed.act_id)
    moved = Leaf(1, found.leaf.organisation, found.leaf.index + 3, 2, START, found.leaf.act, found.leaf.envelope)
    author.receives(ref, moved)

    kept = author.stands(found.composed)
    assert (Stage.RECORDED, moved, 2) == (kept.stage, kept.leaf, len(kept.receipts))


async def test_a_lost_act_that_is_refused_stays_for_evidence(author: Author) -> None:
    found = Restored(author)
    author.outbox.read_to_end()
    author.refuses(author.sends(found.composed.act_id), found.composed, Rule.EXPIRED)

    assert (Stage.LOST, Rule.EXPIRED) == author.stage(found.composed)
    (lost,) = author.outbox.lost()
    assert 1 == len(lost.receipts)
    assert lost.refusal is not None
    assert [] == author.outbox.ready()


async def test_a_gateway_that_lied_about_a_place_has_changed_nothing(author: Author) -> None:
    found = Restored(author)
    author.outbox.read_to_end()
    ref = author.sends(found.composed.act_id)
    author.receives(ref, found.leaf)

    kept = author.stands(found.composed)
    assert (Stage.RECORDED, found.leaf, 1) == (kept.stage, kept.leaf, len(kept.receipts))
