"""An outbox whose gateway or registrar lies or stalls, and acts in it that are not its own."""

from typing import Final

import pytest
from msgspec.structs import replace

from tacit.acts import ConsultationRequested
from tacit.client import Memory, MemoryStore, Stage
from tacit.client.desk import Desk
from tacit.compose import Composed
from tacit.envelope import act_id
from tacit.errors import Rule
from tacit.record import Leaf, sign_receipt
from tacit.session import ReceiptArrived
from tacit.submission import Submission
from tacit.testing import World
from tests.unit.outbox_author import QUORUM, Author
from tests.unit.session_pair import REGISTRAR

MATTER: Final = ConsultationRequested(basis="Article 4", threatened=("XAA",), subject="A matter")


@pytest.fixture
def author() -> Author:
    return Author(World(ruleset="nato-like-2", witnessed=True))


def heard_unanswered(author: Author) -> tuple[Composed, int, Leaf]:
    """An act whose entry came by and whose receipt did not."""
    composed = author.adds()
    ref = author.sends(composed.act_id)
    leaf = author.records(composed)
    author.outbox.heard(leaf.index, leaf)
    return composed, ref, leaf


async def test_what_was_heard_is_proven_though_the_gateway_never_answers(author: Author) -> None:
    composed, _, leaf = heard_unanswered(author)
    assert Stage.SUBMITTED == author.stands(composed).stage
    author.outbox.covered(leaf.index)
    assert Stage.SUBMITTED == author.stands(composed).stage
    author.outbox.covered(leaf.index + 1)
    assert (Stage.RECORDED, "checkpoint") == author.stage(composed)
    author.shown(*QUORUM)
    author.proves()

    assert Stage.WITNESSED == author.stands(composed).stage


async def test_a_receipt_that_comes_after_the_checkpoint_is_kept(author: Author) -> None:
    composed, ref, leaf = heard_unanswered(author)
    author.outbox.covered(leaf.index + 1)
    assert [] == author.outbox.ready()
    author.receives(ref, leaf)

    kept = author.stands(composed)
    assert (Stage.RECORDED, leaf, 1) == (kept.stage, kept.leaf, len(kept.receipts))


@pytest.mark.parametrize("is_covered", [True, False])
async def test_what_the_record_has_was_not_refused_whatever_a_registrar_signs(
    author: Author, *, is_covered: bool
) -> None:
    composed, ref, leaf = heard_unanswered(author)
    answer = author.outbox.shelf.answer(composed.act_id)
    if is_covered:
        author.outbox.covered(leaf.index + 1)
    author.refuses(ref, composed)
    assert (Stage.RECORDED, leaf) == (author.stands(composed).stage, author.stands(composed).leaf)
    assert [] == author.outbox.unsettled(author.world.place)
    author.shown(*QUORUM)
    author.proves()

    assert leaf == await answer
    kept = author.stands(composed)
    assert Stage.WITNESSED == kept.stage
    assert kept.refusal_file is not None


async def test_what_was_heard_in_a_record_that_is_read_anew_may_be_refused(author: Author) -> None:
    composed, _, leaf = heard_unanswered(author)
    author.outbox.covered(leaf.index + 1)
    author.outbox.begins_anew()
    author.outbox.reconnected()
    author.outbox.read_to_end()
    author.refuses(author.sends(composed.act_id), composed, Rule.EXPIRED)

    assert Stage.REFUSED == author.stands(composed).stage


async def test_an_act_that_stands_earlier_in_a_restored_record_is_where_it_stands(author: Author) -> None:
    composed = author.said()
    leaf = author.stands(composed).leaf
    assert leaf is not None
    author.outbox.begins_anew()
    earlier = replace(leaf, index=leaf.index - 2)
    author.outbox.heard(earlier.index, earlier)
    later = replace(leaf, index=leaf.index + 2)
    author.outbox.heard(later.index, later)

    kept = author.stands(composed)
    assert (Stage.RECORDED, earlier, 1) == (kept.stage, kept.leaf, len(kept.receipts))


async def test_what_was_given_up_and_is_handed_in_again_keeps_what_proves_it(author: Author) -> None:
    composed = author.said()
    leaf = author.stands(composed).leaf
    assert leaf is not None
    author.outbox.heard(leaf.index, None)
    author.outbox.give_up(composed.act_id)
    author.outbox.add(composed.act_id, Submission(composed.envelope, None))
    assert (Stage.COMPOSED, "not_connected") == author.stage(composed)
    author.refuses(author.sends(composed.act_id), composed, Rule.EXPIRED)

    kept = author.stands(composed)
    assert (Stage.LOST, 1, None) == (kept.stage, len(kept.receipts), kept.proof)


class Relay:
    """The desk of XAA, over which others hand in, too."""

    def __init__(self) -> None:
        self.world = World(ruleset="nato-like-2", witnessed=True)
        self.author = self.world.author("XAA")
        self.store = MemoryStore()
        self.desk = self.opened()

    def opened(self) -> Desk:
        desk = Desk(Memory(self.author), None, self.store, lambda: self.world.now)
        assert self.world.state.charter is not None
        desk.memory.log.learn_charter(self.world.state.charter)
        for entry in self.world.entries:
            desk.memory.chains.learn(entry)
        return desk


async def test_an_act_that_was_handed_in_for_another_is_no_link_of_ones_own_chain() -> None:
    relay = Relay()
    world, desk = relay.world, relay.desk
    world.say("XBB", MATTER)
    foreign = world.compose(world.author("XBB"), MATTER)
    desk.outbox.add(foreign.act_id, Submission(foreign.envelope, None))
    assert [] == desk.outbox.unsettled(world.place)
    desk.outbox.to_send(foreign.act_id)
    desk.outbox.sent(1, foreign.act_id)
    leaf = world.record(foreign).leaf
    ours = desk.memory.chains.next(world.place)
    desk.answered(ReceiptArrived(1, leaf, sign_receipt(leaf, REGISTRAR)))

    assert ours == desk.memory.chains.next(world.place)
    assert ours == relay.opened().memory.chains.next(world.place)


async def test_an_act_that_this_version_cannot_read_keeps_no_outbox_from_being_opened() -> None:
    relay = Relay()
    good = Author(relay.world).composes()
    payload = good.envelope.payload.replace(b"consultation.requested.v1", b"consultation.refused.v1")
    signed = relay.author.signer.sign_act(payload)
    act = act_id(signed.payload)
    relay.desk.outbox.add(act, Submission(signed, None))
    relay.desk.outbox.to_send(act)
    relay.desk.outbox.sent(1, act)
    leaf = replace(relay.world.entries[-1].leaf, index=len(relay.world.entries), act=act)
    relay.desk.answered(ReceiptArrived(1, leaf, sign_receipt(leaf, REGISTRAR)))
    found = relay.opened().outbox.kept(act)

    assert found is not None
    assert (Stage.RECORDED, leaf) == (found.stage, found.leaf)
