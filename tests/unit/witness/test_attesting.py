"""Attesting: what is attested, once, in a chain; and what is not."""

import asyncio
from datetime import timedelta

import pytest

from tacit import envelope, submission
from tacit.acts import MessagePosted, SilenceBroken
from tacit.compose import Composed
from tacit.detached import Detached
from tacit.envelope import ATTESTATION_TYPE, Envelope
from tacit.ids import ActId
from tacit.record.attestation import Attestation, attestation_id, contradict, read_attestation, verify_attestation
from tacit.submission import Submission
from tacit.testing import World
from tacit.witness.attesting import Attestor
from tacit.witness.cosigning import Answer
from tacit.witness.counting import Counts
from tacit.witness.memory import MemoryWitnessStore
from tacit.witness.ports import WitnessStore
from tacit.witness.retaining import KEPT_S
from tacit.witness.timing import Timing
from tests.unit.witness.forking import WITNESS

BREAK = SilenceBroken(silence="e" * 64, kind="SUBSTANCE", reason="")


class Forwarded:
    """Remembers what was sent on."""

    def __init__(self) -> None:
        self.sent: list[tuple[ActId, bytes]] = []

    def forward(self, organisation: ActId, submission: bytes) -> None:
        self.sent.append((organisation, submission))


class Booth:
    """The witness of XAA, and a world whose members show it acts."""

    def __init__(self, store: WitnessStore | None = None) -> None:
        self.world = World()
        self.forwarded = Forwarded()
        organisations = (self.world.organisation,)
        store = store or MemoryWitnessStore()
        self.counts = Counts()
        self.jumped_s = 0.0
        timing = Timing(lambda: self.world.now, self.elapsed_s, self.counts)
        self.attestor = Attestor(store, WITNESS, "XAA", organisations, timing, self.counts, self.forwarded)

    def elapsed_s(self) -> float:
        """The seconds that have passed: those of the world, but for what its clock has jumped."""
        return self.world.now.timestamp() - self.jumped_s

    def act(self, state: str = "XBB", reason: str = "") -> Composed:
        content = SilenceBroken(silence="e" * 64, kind="SUBSTANCE", reason=reason)
        return self.world.compose(self.world.author(state), content)

    async def show(self, composed: Composed) -> Answer:
        return await self.attestor.attest(shown(composed))


def shown(composed: Composed) -> bytes:
    return submission.encode(Submission(composed.envelope, None))


def opened(answer: Answer) -> Attestation:
    assert (200, "application/json") == (answer.status, answer.kind)
    read = envelope.decode(answer.body, ATTESTATION_TYPE)
    verify_attestation(read, WITNESS.vkey)
    return read_attestation(read)


async def test_an_act_is_attested_with_the_time_and_sent_on() -> None:
    booth = Booth()
    composed = booth.act()
    attested = opened(await booth.show(composed))

    assert (booth.world.organisation, composed.act_id, booth.world.now, 1) == (
        attested.organisation, attested.act, attested.at, attested.counter,
    )  # fmt: skip
    assert [(booth.world.organisation, shown(composed))] == booth.forwarded.sent


async def test_shown_again_it_hands_out_what_it_handed_out_first_and_sends_it_on_again() -> None:
    booth = Booth()
    composed = booth.act()
    first = await booth.show(composed)
    booth.world.wait(100)

    assert first == await booth.show(composed)
    assert 2 == len(booth.forwarded.sent)


async def test_attestations_form_a_chain() -> None:
    booth = Booth()
    chain = []
    for number in range(4):
        booth.world.wait(1)
        chain.append(opened(await booth.show(booth.act(reason=str(number)))))

    assert [1, 2, 3, 4] == [each.counter for each in chain]
    assert [attestation_id(each) for each in chain[:-1]] == [each.previous for each in chain[1:]]


async def test_many_at_once_are_a_chain_too_and_one_act_has_one_attestation() -> None:
    async def later() -> None:
        await asyncio.sleep(0)

    booth = Booth(MemoryWitnessStore(later))
    acts = [booth.act(reason=str(number)) for number in range(8)] * 2
    attested = [opened(answer) for answer in await asyncio.gather(*map(booth.show, acts))]

    assert attested[:8] == attested[8:]
    assert list(range(1, 9)) == sorted(each.counter for each in attested[:8])
    assert not any(contradict(one, other) for one in attested for other in attested)


async def test_a_clock_that_was_set_back_does_not_take_the_chain_with_it() -> None:
    booth = Booth()
    first = opened(await booth.show(booth.act(reason="1")))
    second = booth.act(reason="2")
    booth.world.wait(-30)

    assert first.at == opened(await booth.show(second)).at


async def test_acts_of_the_own_member_are_not_attested() -> None:
    booth = Booth()

    assert 403 == (await booth.show(booth.act("XAA"))).status
    assert [] == booth.forwarded.sent


async def test_an_act_that_could_not_be_played_now_is_not_attested() -> None:
    booth = Booth()
    composed = booth.act()
    booth.world.wait(3_600)

    assert 422 == (await booth.show(composed)).status


async def test_an_act_of_another_organisation_is_not_attested() -> None:
    booth, stranger = Booth(), World(("XAA", "XZZ"))
    author = stranger.author("XZZ")

    assert 404 == (await booth.show(stranger.compose(author, BREAK))).status


async def test_it_attests_without_knowing_who_signed() -> None:
    booth = Booth()
    composed = booth.act()
    unsigned = Envelope(composed.envelope.payload, composed.envelope.payload_type, booth.act("XCC").envelope.signatures)
    answer = await booth.attestor.attest(submission.encode(Submission(unsigned, None)))

    assert composed.act_id == opened(answer).act


async def test_a_text_beside_the_act_must_be_its_text() -> None:
    booth = Booth()
    content = MessagePosted(subject="Message", in_reply_to=None)
    composed = booth.world.compose(booth.world.author("XBB"), content, text=b"text")
    bodies = (Detached(b"\0" * 32, b"text"), Detached(b"\0" * 32, b"other"), None)
    answers = [await booth.attestor.attest(submission.encode(Submission(composed.envelope, body))) for body in bodies]

    assert [200, 400, 400] == [answer.status for answer in answers]


@pytest.mark.parametrize("raw", [b"", b"{}", b'{"envelope":null,"detached":null}', b"\xff"])
async def test_what_is_no_submission_is_refused(raw: bytes) -> None:
    assert 400 == (await Booth().attestor.attest(raw)).status


async def test_a_day_has_passed_and_the_first_attestation_is_still_handed_out() -> None:
    booth = Booth()
    composed = booth.act()
    first = await booth.show(composed)
    booth.world.now += timedelta(days=1)

    assert first == await booth.show(composed)


async def test_an_act_whose_attestation_was_let_go_of_is_not_attested_a_second_time() -> None:
    booth = Booth()
    old = booth.act(reason="old")
    first = opened(await booth.show(old))
    booth.world.now += timedelta(seconds=KEPT_S + 1)
    second = opened(await booth.show(booth.act(reason="new")))

    assert 422 == (await booth.show(old)).status
    assert (first.counter + 1, attestation_id(first)) == (second.counter, second.previous)


async def test_what_could_not_be_played_at_the_time_that_would_be_attested_is_not_attested() -> None:
    booth = Booth()
    booth.world.wait(500)
    opened(await booth.show(booth.act(reason="1")))
    booth.world.wait(-650)
    composed = booth.act(reason="2")
    booth.world.wait(100)

    assert 422 == (await booth.show(composed)).status
