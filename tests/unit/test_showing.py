"""Acts that do not get through: to whom they are shown and when, what is kept of it, and what is lodged."""

from datetime import timedelta
from typing import Final

import pytest

from tacit import profile
from tacit.acts import (
    Content,
    Deadline,
    EvidenceLodged,
    MessagePosted,
    RosterAdmitted,
    RosterRemoved,
    SilenceBroken,
    SilenceExtended,
    SilenceWithdrawn,
)
from tacit.client import ActRefusedError, Chains, Stage, WitnessAddress, Witnesses
from tacit.client.lodging import compose_evidence
from tacit.client.showing import URGENT_S
from tacit.compose import Composed
from tacit.errors import RefusedError, Rule
from tacit.submission import Submission
from tacit.testing import COUNCIL, World
from tests.conformance.generate import watched
from tests.unit.outbox_author import Author

PATIENCE_S: Final = 10.0
EVERYBODY: Final = Witnesses(
    witnesses=tuple(WitnessAddress(state, f"http://{state.lower()}.example") for state in watched.MEMBERS),
    patience_s=PATIENCE_S,
)
OTHERS: Final = ("http://xbb.example", "http://xcc.example", "http://xdd.example")


class Held(Author):
    """XAA, whose acts nobody answers."""

    def __init__(self, left_s: float = 20.0, world: World | None = None) -> None:
        super().__init__(world or watched.watched())
        watched.until(self.world, -left_s)
        self.chains = Chains(self.world.author("XAA").signer.credential)
        for entry in self.world.entries:
            self.chains.learn(entry)

    def hands_in(self, content: Content | None = None) -> Composed:
        silence = watched.silence(self.world).silence
        said = content or SilenceBroken(silence=silence, kind="SUBSTANCE", reason="")
        composed = self.world.compose(self.world.author("XAA"), said)
        self.outbox.add(composed.act_id, Submission(composed.envelope, None))
        self.sends(composed.act_id)
        return composed

    def due(self, at_s: float) -> list[tuple[str, tuple[str, ...]]]:
        return [(kept.act, addresses) for kept, addresses in self.outbox.showing.due(EVERYBODY, at_s)]

    def attested(self, composed: Composed, *states: str) -> None:
        """These attest it now."""
        at_s = (self.world.now - watched.moment(self.world, 0)).total_seconds()
        for each in watched.attested(self.world, composed, states, at_s):
            self.outbox.showing.take(composed.act_id, profile.encode(each))

    def lodges(self) -> Composed | None:
        """What its author lodges now, kept and sent."""
        self.outbox.read_to_end()
        due = self.outbox.lodging.due(self.chains)
        if due is None:
            return None
        evidence = compose_evidence(self.world.author("XAA"), *due, self.world.window(), None)
        self.outbox.lodge(due[0], evidence.act_id, Submission(evidence.envelope, None))
        return evidence


@pytest.mark.parametrize(
    ("left_s", "patience_s"), [(1_000, PATIENCE_S), (50, 5.0), (5, URGENT_S), (-5, URGENT_S)], ids=str
)
async def test_the_nearer_the_deadline_the_less_patience(left_s: float, patience_s: float) -> None:
    author = Held(left_s)
    composed = author.hands_in()

    assert [] == author.due(100.0)
    assert [] == author.due(100.0 + patience_s - 0.1)
    assert [(composed.act_id, OTHERS)] == author.due(100.0 + patience_s)


async def test_every_act_that_nobody_answers_is_shown_and_evidence_at_once() -> None:
    author = Held()
    message = author.hands_in(MessagePosted(subject="x", in_reply_to=None))
    evidence = author.hands_in(EvidenceLodged(envelope=message.envelope, attestations=(), receipt=None))

    assert [] == author.due(0.0)
    assert [evidence.act_id] == [act for act, _ in author.due(URGENT_S)]
    assert [message.act_id, evidence.act_id] == [act for act, _ in author.due(PATIENCE_S)]


async def test_who_comes_back_after_a_crash_does_not_wait_again() -> None:
    author = Held()
    composed = author.hands_in()
    author.world.wait(PATIENCE_S)
    author.restart()

    assert [composed.act_id] == [act for act, _ in author.due(0.0)]


async def test_only_witnesses_of_those_who_may_read_it_see_it() -> None:
    author = Held()
    for content in (
        RosterRemoved(body=COUNCIL, states=("XCC", "XDD"), basis=None, reason=""),
        RosterAdmitted(body=COUNCIL, states=("XDD",), basis=None, reason=""),
    ):
        author.surroundings.learn(author.world.seal(author.world.compose(author.world.author("XBB"), content)))
    composed = author.hands_in()

    author.due(0.0)
    assert [(composed.act_id, (OTHERS[0], OTHERS[2]))] == author.due(PATIENCE_S)


async def test_what_was_answered_or_can_be_played_no_more_is_shown_to_nobody() -> None:
    author = Held()
    first, second = author.hands_in(), author.hands_in(MessagePosted(subject="x", in_reply_to=None))
    author.due(0.0)
    author.receives(1, author.world.seal(first).leaf)
    assert [second.act_id] == [act for act, _ in author.due(PATIENCE_S)]
    author.world.wait(601)
    assert [] == author.due(PATIENCE_S)


async def test_attestations_are_kept_and_enough_of_them_in_time_are_a_proof() -> None:
    author = Held()
    composed = author.hands_in()
    author.attested(composed, "XBB")
    author.attested(composed, "XBB")
    kept = author.stands(composed)
    assert (1, 2, False) == (len(kept.attestations), kept.needed, kept.is_attested)
    author.restart()
    author.attested(composed, "XCC")

    kept = author.stands(composed)
    assert (2, 2, True) == (len(kept.attestations), kept.needed, kept.is_attested)
    assert not author.outbox.showing.is_wanted(composed.act_id)
    assert [kept] == author.store.waiting()


async def test_what_was_attested_after_the_deadline_is_no_proof() -> None:
    author = Held()
    composed = author.hands_in()
    watched.until(author.world, 0.0)
    author.attested(composed, "XBB", "XCC", "XDD")

    assert (3, False) == (len(author.stands(composed).attestations), author.stands(composed).is_attested)


@pytest.mark.parametrize("states", [("XAA",), ("XZZ",)], ids=["the author's own", "a stranger's"])
async def test_what_does_not_count_is_not_kept(states: tuple[str, ...]) -> None:
    author = Held()
    composed = author.hands_in()
    with pytest.raises(RefusedError, match=Rule.EVIDENCE_ATTESTATION):
        author.attested(composed, *states)
    other = watched.attested(author.world, watched.broken_by(author.world, "XAA", -21), ("XBB",))
    with pytest.raises(RefusedError, match=Rule.EVIDENCE_ATTESTATION):
        author.outbox.showing.take(composed.act_id, profile.encode(other[0]))

    assert () == author.stands(composed).attestations


async def test_from_the_deadline_on_it_is_lodged_once_and_counts() -> None:
    author = Held()
    composed = author.hands_in()
    author.attested(composed, "XBB", "XCC")
    assert [author.outbox.lodging.is_timed, author.lodges()] == [True, None]
    watched.until(author.world, 1.0)
    evidence = author.lodges()
    assert evidence is not None
    assert [author.outbox.lodging.is_timed, author.lodges()] == [False, None]
    author.receives(author.sends(evidence.act_id), author.world.record(evidence).leaf)

    assert ["XAA"] == watched.silence(author.world).breakers
    assert Stage.LODGED == author.stands(composed).stage
    assert author.stands(composed).leaf == await author.outbox.add(composed.act_id, Submission(composed.envelope, None))


async def test_a_refusal_that_comes_while_the_evidence_is_on_its_way_changes_nothing() -> None:
    author = Held()
    composed = author.hands_in()
    answer = author.outbox.shelf.answer(composed.act_id)
    author.attested(composed, "XBB", "XCC")
    watched.until(author.world, 1.0)
    evidence = author.lodges()
    assert evidence is not None
    author.refuses(1, composed, Rule.SILENCE_CLOSED)
    assert (Stage.LOST, "evidence") == author.stage(composed)
    assert not answer.done()
    leaf = author.world.record(evidence).leaf
    author.receives(author.sends(evidence.act_id), leaf)

    assert leaf == await answer


async def test_where_the_evidence_is_refused_too_the_author_is_told_by_which_rule_its_act_was() -> None:
    author = Held()
    composed = author.hands_in()
    answer = author.outbox.shelf.answer(composed.act_id)
    author.attested(composed, "XBB", "XCC")
    author.refuses(1, composed, Rule.SILENCE_CLOSED)
    assert (Stage.LOST, Rule.SILENCE_CLOSED) == author.stage(composed)
    evidence = author.lodges()
    assert evidence is not None
    author.refuses(author.sends(evidence.act_id), evidence, Rule.SILENCE_NOT_RUNNING)

    with pytest.raises(ActRefusedError, match=Rule.SILENCE_CLOSED):
        await answer
    assert Stage.REFUSED == author.stands(composed).stage


async def test_a_break_that_was_received_late_is_lodged_after_it() -> None:
    author = Held()
    composed = author.hands_in()
    author.attested(composed, "XBB", "XCC")
    watched.until(author.world, 1.0)
    entry = author.world.record(composed)
    author.receives(1, entry.leaf)
    assert ["XAA"] == watched.silence(author.world).late
    assert (Stage.RECORDED, entry.leaf) == (author.stands(composed).stage, author.stands(composed).leaf)
    author.chains.learn(entry)
    evidence = author.lodges()
    assert evidence is not None
    author.world.record(evidence)

    assert (["XAA"], []) == (watched.silence(author.world).breakers, watched.silence(author.world).late)


async def test_a_late_break_whose_evidence_is_refused_stays_what_it_is() -> None:
    author = Held()
    composed = author.hands_in()
    author.attested(composed, "XBB", "XCC")
    watched.until(author.world, 1.0)
    entry = author.world.record(composed)
    author.receives(1, entry.leaf)
    author.chains.learn(entry)
    evidence = author.lodges()
    assert evidence is not None
    author.refuses(author.sends(evidence.act_id), evidence, Rule.SILENCE_NOT_RUNNING)

    assert (Stage.RECORDED, "") == author.stage(composed)
    assert [] == author.outbox.waiting()


async def test_a_break_that_was_received_in_time_needs_nothing() -> None:
    author = Held()
    composed = author.hands_in()
    author.attested(composed, "XBB", "XCC")
    author.receives(1, author.world.record(composed).leaf)

    assert author.lodges() is None
    assert Stage.RECORDED == author.stands(composed).stage


async def test_a_later_deadline_is_a_later_deadline() -> None:
    author = Held()
    composed = author.hands_in()
    running = watched.silence(author.world)
    later = Deadline(running.deadline.at + timedelta(seconds=600), "Europe/Brussels", "10:10 Brussels")
    extended = SilenceExtended(silence=running.silence, deadline=later, reason="")
    author.surroundings.learn(author.world.organ("chair", extended))

    assert later.at == author.surroundings.deadline(composed.act.content)
    author.surroundings.learn(author.world.organ("chair", SilenceWithdrawn(silence=running.silence, reason="")))
    assert author.surroundings.deadline(composed.act.content) is None
