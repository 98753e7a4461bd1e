"""An act with a receipt whose place in the record is another's: nothing of it is lost to its author."""

from copy import deepcopy

import pytest
from msgspec.structs import replace

from tacit.acts import CredentialRevoked, EvidenceLodged, MessagePosted
from tacit.client import Chains, Kept, Stage
from tacit.client.errors import ClientError
from tacit.client.evidence_file import evidence_of
from tacit.client.lodging import LODGED_TRIES_MAX, compose_evidence, lodged_act, lodges
from tacit.compose import Composed, Link, compose
from tacit.errors import Rule
from tacit.ids import ROOT
from tacit.limits import PAYLOAD_BYTES_MAX
from tacit.record import Leaf
from tacit.rules.exhibits import read_evidence
from tacit.submission import Submission
from tacit.testing import START, World
from tests.ledger import Ledger
from tests.unit.outbox_author import QUORUM, Author

OTHERS = 3


@pytest.fixture
def author() -> Author:
    return Author(World(ruleset="nato-like-2", witnessed=True))


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


class Lost:
    """Acts with a receipt, in one chain; the record was restored to before them, and refuses their bytes by now."""

    def __init__(self, author: Author, acts: int = 1) -> None:
        self.author = author
        backup = deepcopy(author.world)
        self.composed = [author.said() for _ in range(acts)]
        author.world, author.ledger = backup, Ledger.of(backup)
        author.world.wait(700)
        for _ in range(OTHERS):
            author.world.say("XBB", MessagePosted(subject="x", in_reply_to=None), text=b"text")
        self.chains = Chains(author.world.author("XAA").signer.credential)
        author.restart()
        for entry in author.world.entries:
            self.chains.learn(entry)
            author.outbox.heard(entry.leaf.index, entry.leaf)
        author.outbox.read_to_end()
        for each in self.composed:
            author.refuses(author.sends(each.act_id), each, Rule.EXPIRED)

    def due(self) -> tuple[Kept, Link] | None:
        return self.author.outbox.lodging.due(self.chains)

    def lodges(self) -> Composed:
        """What its author lodges now, kept."""
        due = self.due()
        assert due is not None
        world = self.author.world
        evidence = compose_evidence(world.author("XAA"), *due, world.window(), None)
        self.author.outbox.lodge(due[0], evidence.act_id, Submission(evidence.envelope, None))
        return evidence

    def another_lodges(self, composed: Composed) -> Leaf:
        entry = self.author.world.say("XBB", evidence_of(self.author.stands(composed)).evidence)
        self.chains.learn(entry)
        self.author.outbox.heard(entry.leaf.index, entry.leaf, lodged_act(entry.act.content))
        return entry.leaf

    def notarised(self) -> None:
        """Log and witnesses sign the record as it is now."""
        for entry in self.author.world.entries[self.author.ledger.size :]:
            self.author.ledger.append(entry.leaf)
        self.author.shown(*QUORUM)
        while self.author.proves():
            pass


async def test_its_author_lodges_it_and_the_rules_take_it(author: Author) -> None:
    found = Lost(author)
    (lost,) = found.composed
    assert [lost.act_id] == [kept.act for kept in author.outbox.unsettled(author.world.place)]
    evidence = found.lodges()
    assert [evidence.act_id] == [kept.act for kept in author.outbox.unsettled(author.world.place)]
    assert (Stage.LOST, "evidence") == author.stage(lost)
    assert found.due() is None
    ref = author.sends(evidence.act_id)
    entry = author.world.record(evidence)
    author.receives(ref, entry.leaf)

    assert (Stage.LODGED, "checkpoint") == author.stage(lost)
    assert entry.leaf == author.stands(lost).leaf
    assert author.stands(lost).receipts[0] == read_content(evidence).receipt
    assert lost.act_id in author.world.state.bodies["council"].lodged


def read_content(composed: Composed) -> EvidenceLodged:
    assert isinstance(composed.act.content, EvidenceLodged)
    read_evidence(composed.act.content)
    return composed.act.content


async def test_it_has_ended_when_the_evidence_is_proven(author: Author) -> None:
    found = Lost(author)
    evidence = found.lodges()
    ref = author.sends(evidence.act_id)
    author.receives(ref, author.world.record(evidence).leaf)
    found.notarised()

    assert [] == author.outbox.waiting()
    assert [Stage.LODGED, Stage.WITNESSED] == [author.stands(each).stage for each in (found.composed[0], evidence)]
    assert author.stands(found.composed[0]).proof == author.stands(evidence).proof


async def test_after_a_restart_nothing_is_lodged_twice(author: Author) -> None:
    found = Lost(author)
    evidence = found.lodges()
    author.restart()
    author.outbox.read_to_end()

    assert found.due() is None
    assert [evidence.act_id] == author.outbox.ready()
    assert found.composed[0].act_id == lodges(author.stands(evidence))


async def test_evidence_is_no_business_before_the_record_was_read_and_the_bytes_refused(author: Author) -> None:
    composed = author.said()
    author.restart()
    leaf = author.stands(composed).leaf
    assert leaf is not None
    author.outbox.heard(leaf.index, None)

    assert Stage.LOST == author.stands(composed).stage
    assert author.outbox.lodging.due(Chains(author.world.author("XAA").signer.credential)) is None
    assert [composed.act_id] == [kept.act for kept in author.outbox.unsettled(author.world.place)]


async def test_of_several_only_the_last_is_ones_own_to_lodge_once_others_have_lodged_the_first(author: Author) -> None:
    found = Lost(author, 3)
    first, second, third = found.composed
    assert found.due() is None
    assert ["others"] * 3 == [author.stands(each).why for each in found.composed]
    assert [] == author.outbox.unsettled(author.world.place)
    found.another_lodges(first)
    assert found.due() is None
    found.another_lodges(second)
    evidence = found.lodges()

    assert [Stage.LODGED, Stage.LODGED, Stage.LOST] == [author.stands(each).stage for each in (first, second, third)]
    assert 4 == evidence.act.header.number
    author.world.record(evidence)


async def test_what_others_have_lodged_is_not_lodged_again(author: Author) -> None:
    found = Lost(author)
    leaf = found.another_lodges(found.composed[0])

    assert found.due() is None
    assert (Stage.LODGED, leaf) == (author.stands(found.composed[0]).stage, author.stands(found.composed[0]).leaf)
    assert Link(2, found.composed[0].act_id) == found.chains.next(author.world.place)


async def test_where_its_number_is_taken_nobody_can_lodge_it(author: Author) -> None:
    found = Lost(author)
    found.chains.learn(author.world.say("XAA", MessagePosted(subject="x", in_reply_to=None), text=b"text"))

    assert found.due() is None
    assert "number_taken" == author.stands(found.composed[0]).why


async def test_what_followed_an_act_without_receipt_cannot_come_back(author: Author) -> None:
    found = Lost(author, 2)
    author.outbox.give_up(found.composed[0].act_id)

    assert found.due() is None
    assert "number_missing" == author.stands(found.composed[1]).why
    assert (Stage.LOST, "given_up") == author.stage(found.composed[0])


async def test_an_act_on_the_register_is_never_lodged(author: Author) -> None:
    content = CredentialRevoked(credential="0" * 64, reason="x", compromised_since=None)
    link = Link(1, author.world.organisation)
    composed = compose(author.world.author("XAA", ROOT), content, None, link, author.world.window())
    author.outbox.add(composed.act_id, Submission(composed.envelope, None))
    ref = author.sends(composed.act_id)
    author.receives(ref, author.world.seal(composed).leaf)
    leaf = author.stands(composed).leaf
    assert leaf is not None
    author.outbox.heard(leaf.index, None)
    author.outbox.read_to_end()
    author.refuses(author.sends(composed.act_id), composed, Rule.EXPIRED)

    assert author.outbox.lodging.due(Chains("c")) is None
    assert "register" == author.stands(composed).why


@pytest.mark.parametrize(("rule", "times"), [(Rule.EXPIRED, LODGED_TRIES_MAX), (Rule.NOT_ENTITLED, 1)])
async def test_evidence_that_came_too_late_is_composed_anew_and_other_evidence_is_not(
    author: Author, rule: Rule, times: int
) -> None:
    found = Lost(author)
    tries = 0
    while found.due() is not None:
        author.world.wait(1)
        evidence = found.lodges()
        author.refuses(author.sends(evidence.act_id), evidence, rule)
        tries += 1

    assert times == tries
    assert [] == author.outbox.unsettled(author.world.place)
    assert (Stage.LOST, rule) == author.stage(found.composed[0])


async def test_evidence_that_was_lost_itself_is_composed_anew(author: Author) -> None:
    found = Lost(author)
    evidence = found.lodges()
    leaf = author.world.seal(evidence).leaf
    author.receives(author.sends(evidence.act_id), leaf)
    author.outbox.heard(leaf.index, None)
    assert [Stage.LOST] * 2 == [author.stands(each).stage for each in (found.composed[0], evidence)]
    for each in (found.composed[0], evidence):
        author.refuses(author.sends(each.act_id), each, Rule.EXPIRED)

    assert Stage.REFUSED == author.stands(evidence).stage
    assert found.due() is not None


async def test_what_is_too_large_for_evidence_says_so(author: Author) -> None:
    found = Lost(author)
    (lost,) = found.composed
    kept, evidence = author.stands(lost), found.lodges()
    large = replace(evidence.envelope, payload=b"x" * (PAYLOAD_BYTES_MAX + 1))

    assert not author.outbox.lodging.refuse(kept, evidence)
    assert author.outbox.lodging.refuse(kept, replace(evidence, envelope=large))
    assert "too_large" == author.stands(lost).why


async def test_only_what_is_lost_is_given_up(author: Author) -> None:
    with pytest.raises(ClientError):
        author.outbox.give_up(author.said().act_id)


async def test_without_a_log_there_is_nothing_to_prove() -> None:
    world = World(ruleset="nato-like-2")
    author = Author(world)
    composed = author.said()
    assert Stage.RECORDED == author.stands(composed).stage
    assert composed.act_id not in {kept.act for kept in author.outbox.waiting()}
    answer = author.outbox.add(composed.act_id, Submission(composed.envelope, None))

    assert author.stands(composed).leaf == await answer
    assert [] == author.outbox.waiting()
