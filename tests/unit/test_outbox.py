"""The outbox by itself: what it sends and when, what it lets go and when, what it says that it waits for."""

import pytest
from msgspec.structs import replace

from tacit.client import ActRefusedError, Stage
from tacit.client.errors import ClientError, FrameRefusedError
from tacit.client.store.memory import FINISHED_MAX
from tacit.client.waiting import AGAIN_FIRST_S, AGAIN_MAX_S, again_after_s
from tacit.envelope import act_id
from tacit.errors import Rule
from tacit.record import leaf as leaf_format
from tacit.record.organisation_log import organisation_policy
from tacit.record.proof_file import parse_proof_file, verify_proof_file
from tacit.submission import Submission
from tacit.testing import World
from tests.unit.outbox_author import ALL, QUORUM, Author


@pytest.fixture
def author() -> Author:
    return Author(World(witnessed=True))


async def test_an_act_goes_through_five_states_and_only_the_last_lets_it_go(author: Author) -> None:
    composed = author.adds()
    assert (Stage.COMPOSED, "not_connected") == author.stage(composed)
    ref = author.sends(composed.act_id)
    assert (Stage.SUBMITTED, "no_answer") == author.stage(composed)
    leaf = author.records(composed)
    author.receives(ref, leaf)
    assert (Stage.RECORDED, "checkpoint") == author.stage(composed)
    author.shown()
    assert 1 == author.proves()
    assert (Stage.NOTARISED, "witnesses") == author.stage(composed)
    assert [composed.act_id] == [kept.act for kept in author.store.waiting()]
    author.shown(*QUORUM)

    assert (Stage.WITNESSED, "") == author.stage(composed)
    assert [] == author.store.waiting()
    assert author.world.state.charter is not None
    policy = organisation_policy(author.world.organisation, author.world.state.charter)
    proof = parse_proof_file(author.stands(composed).proof or b"")
    assert leaf.index < verify_proof_file(proof, leaf_format.encode(leaf), policy).size
    assert author.stands(composed) == await author.outbox.shelf.end(composed.act_id)


async def test_what_it_never_had_has_no_end(author: Author) -> None:
    with pytest.raises(ClientError):
        author.outbox.shelf.end("0" * 64)
    assert author.outbox.kept("0" * 64) is None


async def test_without_a_file_it_remembers_how_the_last_thousand_ended() -> None:
    author = Author(World(witnessed=True))
    first, last = author.said(), author.said()
    author.store.finish([author.stands(first)])
    author.store.finish([replace(author.stands(last), act=f"{number:064}") for number in range(FINISHED_MAX)])

    assert author.store.finished(first.act_id) is None
    assert author.store.finished(f"{FINISHED_MAX - 1:064}") is not None


async def test_a_checkpoint_of_the_quorum_without_ones_own_witness_does_not_let_it_go(author: Author) -> None:
    composed = author.said()
    author.shown("XBB", "XCC")
    author.proves()

    assert (Stage.NOTARISED, "witnesses") == author.stage(composed)


@pytest.mark.parametrize(
    ("world", "last"),
    [(World(notary=True), Stage.NOTARISED), (World(), Stage.RECORDED)],
    ids=["no witnesses", "no notary"],
)
async def test_an_act_ends_where_the_charter_lets_nobody_prove_more(world: World, last: Stage) -> None:
    author = Author(world)
    composed = author.said()
    if last == Stage.NOTARISED:
        author.shown()
        author.proves()

    assert (last, "") == author.stage(composed)
    assert [] == author.outbox.waiting()


async def test_handing_in_the_same_act_again_waits_for_the_same_answer(author: Author) -> None:
    composed = author.adds()
    submission = Submission(composed.envelope, None)

    answer = author.outbox.shelf.answer(composed.act_id)

    assert answer is author.outbox.add(composed.act_id, submission)
    assert 1 == len(author.outbox.waiting())


async def test_what_was_sent_is_sent_again_only_once_the_record_was_read_and_lacks_it(author: Author) -> None:
    composed = author.adds()
    author.sends(composed.act_id)
    author.restart()

    assert (Stage.SUBMITTED, "reading_record") == author.stage(composed)
    assert [] == author.outbox.ready()
    assert author.outbox.to_send(composed.act_id) is None
    author.outbox.read_to_end()
    assert [composed.act_id] == author.outbox.ready()
    assert composed.envelope == author.stands(composed).submission.envelope


async def test_what_the_record_has_is_sent_for_its_receipt_alone_and_its_author_is_told_when_it_is_proven(
    author: Author,
) -> None:
    composed = author.adds()
    author.sends(composed.act_id)
    leaf = author.records(composed)
    author.restart()
    answer = author.outbox.shelf.answer(composed.act_id)
    author.outbox.heard(leaf.index, leaf)
    assert [] == author.outbox.ready()
    author.outbox.read_to_end()

    assert [composed.act_id] == author.outbox.ready()
    assert not answer.done()
    author.shown(*QUORUM)
    author.proves()
    assert leaf == await answer
    assert Stage.WITNESSED == author.stands(composed).stage
    assert [] == author.outbox.ready()


@pytest.mark.parametrize("by", ["receipt", "proof"])
async def test_nothing_is_signed_after_an_act_that_nobody_could_prove(author: Author, by: str) -> None:
    """What followed one that was heard and has no receipt could not come back if the record lost both."""
    composed = author.adds()
    author.sends(composed.act_id)
    leaf = author.records(composed)
    author.restart()
    author.outbox.heard(leaf.index, leaf)
    author.outbox.read_to_end()
    assert [composed.act_id] == [kept.act for kept in author.outbox.unsettled(author.world.place)]
    if by == "receipt":
        author.receives(author.sends(composed.act_id), leaf)
        assert 1 == len(author.stands(composed).receipts)
    else:
        author.shown()
        author.proves()

    assert [] == author.outbox.unsettled(author.world.place)
    assert [] == author.outbox.ready()


async def test_without_a_log_a_missed_receipt_is_asked_for_with_the_same_bytes() -> None:
    author = Author(World())
    composed = author.adds()
    author.sends(composed.act_id)
    leaf = author.records(composed)
    author.restart()
    author.outbox.heard(leaf.index, leaf)
    assert [] == author.outbox.ready()
    author.outbox.read_to_end()

    ref = author.sends(composed.act_id)
    author.receives(ref, leaf)
    assert Stage.RECORDED == author.stands(composed).stage
    assert [] == author.outbox.waiting()


async def test_an_entry_that_is_faster_than_its_receipt_changes_nothing_unless_the_receipt_is_lost(
    author: Author,
) -> None:
    composed = author.adds()
    author.sends(composed.act_id)
    leaf = author.records(composed)
    author.outbox.heard(leaf.index, leaf)
    assert Stage.SUBMITTED == author.stands(composed).stage
    author.outbox.reconnected()

    assert Stage.RECORDED == author.stands(composed).stage


async def test_a_signed_refusal_ends_it_and_nothing_else_frees_the_number(author: Author) -> None:
    composed = author.adds()
    ref = author.sends(composed.act_id)
    author.outbox.failed(ref, FrameRefusedError("profile.too_large", ""))
    assert (Stage.SUBMITTED, "frame_refused") == author.stage(composed)
    assert [composed.act_id] == [kept.act for kept in author.outbox.unsettled(author.world.place)]
    author.restart()
    author.outbox.read_to_end()
    answer = author.outbox.shelf.answer(composed.act_id)
    author.refuses(author.sends(composed.act_id), composed)

    with pytest.raises(ActRefusedError):
        await answer
    assert (Stage.REFUSED, Rule.NUMBER_GAP) == author.stage(composed)
    assert author.stands(composed).refusal is not None
    assert [] == author.outbox.unsettled(author.world.place)


async def test_answers_under_refs_of_an_older_connection_are_nobodys(author: Author) -> None:
    composed = author.adds()
    ref = author.sends(composed.act_id)
    leaf = author.records(composed)
    author.outbox.reconnected()
    author.receives(ref, leaf)

    assert Stage.SUBMITTED == author.stands(composed).stage


async def test_nobody_can_say_means_later_and_later_but_not_for_ever(author: Author) -> None:
    composed = author.adds()
    pauses = []
    for _ in range(10):
        ref = author.sends(composed.act_id)
        again = author.outbox.unavailable(ref, "not_serving")
        assert again is not None
        pauses.append(again[1])
        author.outbox.read_to_end()
        assert author.outbox.to_send(composed.act_id) is None
        author.outbox.given_up(ref)

    assert (AGAIN_FIRST_S, 2 * AGAIN_FIRST_S, AGAIN_MAX_S) == (pauses[0], pauses[1], pauses[-1])
    assert sorted(pauses) == pauses
    assert AGAIN_MAX_S == again_after_s(10_000)
    assert (Stage.SUBMITTED, "not_serving") == author.stage(composed)


async def test_proofs_are_asked_for_in_lots_and_each_once(author: Author) -> None:
    for _ in range(70):
        author.said()
    author.shown(*QUORUM)
    wanted = author.outbox.proofs.wanted(ALL)
    assert wanted is not None
    assert 64 == len(wanted[0])
    author.outbox.proofs.asked(9, wanted[0])
    rest = author.outbox.proofs.wanted(ALL)
    assert rest is not None
    assert 6 == len(rest[0])
    assert author.outbox.proofs.unproved(9)
    assert not author.outbox.proofs.unproved(9)

    assert 64 == author.proves()
    assert 6 == author.proves()
    assert [] == author.outbox.waiting()


async def test_an_act_that_this_version_cannot_read_is_handed_in_and_holds_no_place(author: Author) -> None:
    """A registrar says by which rule it refuses it; what is said in the same place waits for nothing."""
    good = author.composes()
    payload = good.envelope.payload.replace(b"consultation.requested.v1", b"consultation.refused.v1")
    signed = author.world.author("XAA").signer.sign_act(payload)
    unknown = replace(good, envelope=signed)
    unknown = replace(unknown, act_id=act_id(signed.payload))
    author.outbox.add(unknown.act_id, Submission(signed, None))
    assert [] == author.outbox.unsettled(author.world.place)
    author.refuses(author.sends(unknown.act_id), unknown, Rule.UNKNOWN_ACT)

    assert (Stage.REFUSED, Rule.UNKNOWN_ACT) == author.stage(unknown)
    assert Stage.RECORDED == author.stands(author.said()).stage


async def test_no_proof_is_asked_for_before_the_entry_was_heard(author: Author) -> None:
    composed = author.said()
    author.shown(*QUORUM)
    leaf = author.stands(composed).leaf
    assert leaf is not None

    assert author.outbox.proofs.wanted(leaf.index - 1) is None
    assert author.outbox.proofs.wanted(leaf.index) is not None


async def test_a_witnessed_checkpoint_is_preferred_to_a_later_one_that_waits(author: Author) -> None:
    first = author.said()
    author.shown(*QUORUM)
    second = author.said()
    author.shown()

    assert 1 == author.proves()
    assert 1 == author.proves()
    assert [Stage.WITNESSED, Stage.NOTARISED] == [author.stands(each).stage for each in (first, second)]


async def test_after_a_restart_it_goes_on_from_the_checkpoint_that_it_had(author: Author) -> None:
    composed = author.said()
    author.shown()
    author.proves()
    author.restart()

    assert author.ledger.size == author.log.size
    assert (Stage.NOTARISED, "witnesses") == author.stage(composed)
    author.shown(*QUORUM)
    assert Stage.WITNESSED == author.stands(composed).stage


async def test_an_act_that_this_client_cannot_read_is_sent_and_refused_like_any_other(author: Author) -> None:
    composed = author.composes()
    payload = composed.envelope.payload.replace(b"consultation.requested.v1", b"consultation.refused.v1")
    signed = replace(composed.envelope, payload=payload)
    unread = replace(composed, envelope=signed, act_id=act_id(payload))
    author.outbox.add(unread.act_id, Submission(signed, None))
    assert [] == author.outbox.unsettled(author.world.place)
    assert not author.outbox.showing.is_wanted(unread.act_id)
    author.refuses(author.sends(unread.act_id), unread, Rule.UNKNOWN_ACT)

    assert (Stage.REFUSED, Rule.UNKNOWN_ACT) == author.stage(unread)
