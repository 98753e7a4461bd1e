"""What a registrar answers while its store does what it promises."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

import pytest

from tacit import envelope
from tacit.acts import MessagePosted
from tacit.compose import Link
from tacit.detached import Detached
from tacit.envelope import Envelope, Signature
from tacit.errors import Rule
from tacit.record import Leaf
from tacit.submission import Submission, encode
from tacit_services.registrar import Limits, Registrar
from tacit_services.registrar.errors import ClockBehindError
from tacit_services.shell.clock import LoopClock
from tests.memory_registrar import QUICK, Office, Speaker, leaf, read_answer, refusal

T = TypeVar("T")


@pytest.fixture
def office() -> Office:
    return Office()


async def test_an_act_is_answered_by_a_receipt_of_its_entry(office: Office) -> None:
    composed, raw = Speaker.of(office.world, "XAA").request()

    async with office.serving() as registrar:
        answer = leaf(await registrar.submit(raw))

    assert answer == office.entries()[answer.index].leaf
    assert answer.act == composed.act_id
    assert answer.term == 2
    assert office.refold().size == office.record.last


async def test_many_at_once_are_recorded_in_the_order_of_their_arrival(office: Office) -> None:
    speakers = [Speaker.of(office.world, state) for state in office.world.states]
    said = [speaker.request() for _ in range(400) for speaker in speakers]

    async with office.serving() as registrar:
        first = office.record.last
        answers = await asyncio.gather(*(registrar.submit(raw) for _, raw in said))

    recorded = office.entries()[first:]
    assert [composed.act_id for composed, _ in said] == [entry.leaf.act for entry in recorded]
    assert [leaf(raw) for raw in answers] == [entry.leaf for entry in recorded]
    assert sorted(entry.leaf.received_at for entry in recorded) == [entry.leaf.received_at for entry in recorded]
    assert office.refold().void == 0


async def test_a_repeat_gets_the_first_receipt_byte_for_byte(office: Office) -> None:
    _, raw = Speaker.of(office.world, "XAA").request()

    async with office.serving() as registrar:
        first = await registrar.submit(raw)
        again = await registrar.submit(raw)
        size = office.record.last

    assert first == again
    assert size == leaf(first).index + 1
    assert 1 == office.metric("acts_repeated_total")


async def test_the_same_act_twice_at_once_is_recorded_once(office: Office) -> None:
    _, raw = Speaker.of(office.world, "XAA").request()

    async with office.serving() as registrar:
        answers = await asyncio.gather(*(registrar.submit(raw) for _ in range(5)))

    assert 1 == len(set(answers))
    assert leaf(answers[0]).index + 1 == office.record.last


async def test_a_repeat_older_than_memory_is_found_through_the_index(office: Office) -> None:
    speaker = Speaker.of(office.world, "XAA")
    said = [speaker.request() for _ in range(20)]
    limits = Limits(recent_acts_max=2, index_pause_s=0.0)

    async with office.serving(limits=limits) as registrar:
        firsts = [await registrar.submit(raw) for _, raw in said]
        again = [await registrar.submit(raw) for _, raw in said]

    assert firsts == again


async def test_a_repeat_is_known_to_a_registrar_that_came_later(office: Office) -> None:
    _, raw = Speaker.of(office.world, "XAA").request()
    async with office.serving() as registrar:
        first = await registrar.submit(raw)

    async with office.serving() as registrar:
        again = await registrar.submit(raw)

    assert first == again


async def test_an_index_that_was_lost_is_built_again_from_the_record(office: Office) -> None:
    _, raw = Speaker.of(office.world, "XAA").request()
    async with office.serving() as registrar:
        first = await registrar.submit(raw)
    await office.index.clear()

    async with office.serving() as registrar:
        again = await registrar.submit(raw)

    assert first == again


@pytest.mark.parametrize("recent_acts_max", [100, 1])
async def test_the_same_number_with_another_act_is_equivocation(office: Office, recent_acts_max: int) -> None:
    speaker = Speaker.of(office.world, "XAA")
    start = speaker.link
    _, raw = speaker.request("The first")
    later = [speaker.request()[1] for _ in range(4)]
    speaker.link = start
    other, other_raw = speaker.request("Another")
    limits = Limits(recent_acts_max=recent_acts_max, index_pause_s=0.0)

    async with office.serving(limits=limits) as registrar:
        leaf(await registrar.submit(raw))
        for each in later:
            leaf(await registrar.submit(each))
        answer = refusal(await registrar.submit(other_raw))

    assert answer.rule == Rule.EQUIVOCATION
    assert answer.act == other.act_id
    assert 1 == office.metric("equivocations_total")


async def test_a_refusal_names_the_rule_and_the_size_at_which_it_was_judged(office: Office) -> None:
    speaker = Speaker.of(office.world, "XAA")
    speaker.link = Link(7, speaker.link.previous)
    composed, raw = speaker.request()

    async with office.serving() as registrar:
        answer = refusal(await registrar.submit(raw))
        size = office.record.last

    assert answer.rule == Rule.NUMBER_GAP
    assert answer.act == composed.act_id
    assert answer.submission == envelope.digest(envelope.encode(composed.envelope))
    assert (answer.size, answer.term) == (size, 2)
    assert 1 == office.metric("acts_refused_total", rule="chain.number_gap")


@pytest.mark.parametrize("raw", [b" ", b"{", b'{"envelope":null,"detached":null}', b"\xff", b"x" * 600_000])
async def test_what_cannot_be_read_is_refused_by_the_profile(office: Office, raw: bytes) -> None:
    async with office.serving() as registrar:
        answer = refusal(await registrar.submit(raw))

    assert answer.rule.value.startswith("profile.")
    assert answer.act is None
    assert answer.submission == envelope.digest(raw)


async def test_another_payload_type_is_refused(office: Office) -> None:
    composed, _ = Speaker.of(office.world, "XAA").request()
    other = Envelope(composed.envelope.payload, "application/json", composed.envelope.signatures)

    async with office.serving() as registrar:
        answer = refusal(await registrar.submit(encode(Submission(other, None))))

    assert answer.rule == Rule.PAYLOAD_TYPE


async def test_an_envelope_that_no_entry_could_hold_is_refused(office: Office) -> None:
    composed, _ = Speaker.of(office.world, "XAA").request()
    long = tuple(Signature("0" * 16, b"s" * 3309) for _ in range(8))
    padded = Envelope(b'{"' + b"x" * 32_000 + b'"}', composed.envelope.payload_type, long)

    async with office.serving() as registrar:
        answer = refusal(await registrar.submit(encode(Submission(padded, None))))

    assert answer.rule == Rule.TOO_LARGE


async def test_a_body_is_durable_before_its_entry_and_must_be_the_one_that_was_signed(office: Office) -> None:
    speaker = Speaker.of(office.world, "XAA")
    body = Detached(b"s" * 32, b"Our common position.")
    content = MessagePosted(subject="Position", in_reply_to=None)
    start = speaker.link
    composed, raw = speaker.say(content, body=body)
    bare = encode(Submission(composed.envelope, None))
    swapped = encode(Submission(composed.envelope, Detached(b"s" * 32, b"Another.")))
    speaker.link = start
    surplus = encode(Submission(speaker.request()[0].envelope, body))

    async with office.serving() as registrar:
        answers = [await registrar.submit(each) for each in (bare, swapped, surplus, raw)]

    assert [Rule.DETACHED_MISSING, Rule.DETACHED_MISMATCH, Rule.DETACHED_SURPLUS] == [
        refusal(each).rule for each in answers[:3]
    ]
    assert leaf(answers[3]).act == composed.act_id
    assert list(office.bodies) == [body.digest()]


async def test_a_clock_that_is_set_back_a_little_does_not_take_the_record_with_it(office: Office) -> None:
    clock = SetBack(LoopClock(office.world.now))
    speaker = Speaker.of(office.world, "XAA")

    async with office.serving(office.ports(clock=clock)) as registrar:
        before = leaf(await registrar.submit(speaker.request()[1]))
        clock.back = timedelta(seconds=0.9)
        after = leaf(await registrar.submit(speaker.request()[1]))

    assert before.received_at == after.received_at


async def test_a_clock_that_is_set_back_further_ends_the_service(office: Office) -> None:
    clock = SetBack(LoopClock(office.world.now))
    registrar = office.registrar(office.ports(clock=clock))
    speaker = Speaker.of(office.world, "XAA")
    ends: list[ClockBehindError] = []

    async def run() -> None:
        try:
            await registrar.run()
        except ClockBehindError as error:
            ends.append(error)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(run())
        await registrar.serving.wait()
        leaf(await registrar.submit(speaker.request()[1]))
        clock.back = timedelta(minutes=1)
        answers = [read_answer(await registrar.submit(speaker.request()[1])) for _ in range(2)]

    assert "clock_behind" == answers[0]
    assert answers[1] in {"closing", "not_serving"}
    assert 1 == len(ends)


class SetBack:
    def __init__(self, clock: LoopClock) -> None:
        self._clock = clock
        self.back = timedelta()

    def now(self) -> datetime:
        return self._clock.now() - self.back

    async def sleep_until(self, instant: datetime) -> None:
        await self._clock.sleep_until(instant + self.back)


async def test_more_than_the_registrar_can_hold_is_told_so_at_once(office: Office) -> None:
    speaker = Speaker.of(office.world, "XAA")
    said = [speaker.request()[1] for _ in range(10)]

    async with office.serving(limits=Limits(arrivals_max=4)) as registrar:
        answers = await asyncio.gather(*map(registrar.submit, said))

    assert ["busy"] * 6 == [read_answer(each) for each in answers[4:]]
    assert all(isinstance(read_answer(each), Leaf) for each in answers[:4])


async def test_a_long_body_counts_by_its_bytes(office: Office) -> None:
    raw = Speaker.of(office.world, "XAA").request()[1]

    async with office.serving(limits=Limits(arrivals_bytes_max=len(raw) - 1)) as registrar:
        assert "busy" == read_answer(await registrar.submit(raw))


async def test_what_has_arrived_is_answered_before_the_registrar_stops(office: Office) -> None:
    speaker = Speaker.of(office.world, "XAA")
    said = [speaker.request()[1] for _ in range(50)]
    answers: list[bytes] = []

    async with office.serving() as registrar:
        for raw in said:
            registrar.take(raw, answers.append)

    assert all(isinstance(read_answer(each), Leaf) for each in answers)
    assert len(said) == len(answers)


async def test_a_probe_is_answered_by_nothing_and_not_counted(office: Office) -> None:
    async with office.serving() as registrar:
        assert b"" == await registrar.submit(b"")

    assert 0 == office.metric("answer_seconds_count")


async def test_a_registrar_that_does_not_serve_says_that_it_is_not_available(office: Office) -> None:
    registrar: Registrar = office.registrar()

    assert "not_serving" == read_answer(await registrar.submit(b"{}"))


class Late:
    """Workers whose every other piece of work is done later."""

    def __init__(self) -> None:
        self._asked = 0

    def start(self, work: Callable[[], T], /) -> Awaitable[T]:
        self._asked += 1
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        delay_s = 0.02 if self._asked % 2 else 0.0
        asyncio.get_running_loop().call_later(delay_s, lambda: done.set_result(work()))
        return done


async def test_workers_that_finish_out_of_order_do_not_change_the_order(office: Office) -> None:
    speaker = Speaker.of(office.world, "XAA")
    said = [speaker.request() for _ in range(40)]
    limits = Limits(chunk_acts_max=4, settle=QUICK.settle)

    async with office.serving(office.ports(workers=Late()), limits) as registrar:
        answers = await asyncio.gather(*(registrar.submit(raw) for _, raw in said))

    assert [composed.act_id for composed, _ in said] == [leaf(each).act for each in answers]
