"""Who may take over, from whom, and what the record says about it."""

import asyncio
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from tacit import envelope, subjects
from tacit.acts import MessagePosted, RegistrarTerm
from tacit.record import Leaf
from tacit.testing import World, signer_for
from tacit_services.copies import Seen
from tacit_services.ports import FencedError, NewMessage, RecordGapError
from tacit_services.registrar import Registrar, RegistrarError, Watch
from tacit_services.registrar.errors import (
    ClockBehindError,
    NotFoundedError,
    NotRegistrarError,
    OtherOrganisationError,
    RecordBehindError,
    TakeOverLostError,
)
from tacit_services.shell.clock import LoopClock
from tacit_services.shell.elsewhere import Nobody
from tacit_services.shell.event_store.faults import Call, Fault
from tacit_services.shell.event_store.memory import MemoryRecord
from tests.integration.clerk import HandClock
from tests.memory_registrar import Office, Speaker, message_of, read_answer


@pytest.fixture
def office() -> Office:
    return Office()


def charter_of(world: World) -> bytes:
    return envelope.encode(world.entries[0].envelope)


async def test_an_empty_record_is_founded_by_its_charter(office: Office) -> None:
    office.record = MemoryRecord()
    registrar = office.registrar(charter=charter_of(office.world))

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(registrar.run())
        await registrar.serving.wait()
        await registrar.stop()

    entries = office.entries()
    assert [0, 1] == [entry.leaf.term for entry in entries]
    assert entries[1].act.content == RegistrarTerm(term=1, unavailable_since=None, reason="founding")
    assert office.refold().organisation == office.world.organisation


async def test_a_founding_that_was_interrupted_goes_on(office: Office) -> None:
    office.record = MemoryRecord()
    office.record.add([message_of(office.world.entries[0])], 0)

    async with office.serving():
        pass

    assert office.entries()[1].act.content == RegistrarTerm(term=1, unavailable_since=None, reason="founding")
    assert office.refold().term == 1


async def test_each_start_begins_a_term_that_says_since_when_nobody_was_there(office: Office) -> None:
    last = office.entries()[-1].leaf.received_at

    async with office.serving(office.ports(clock=LoopClock(office.world.now + timedelta(minutes=3)))):
        pass

    entry = office.entries()[-1]
    assert entry.act.content == RegistrarTerm(term=2, unavailable_since=last, reason="take-over")
    assert entry.leaf.received_at >= last + timedelta(minutes=3)


async def test_an_entry_under_another_subject_is_reported_and_folded(office: Office) -> None:
    said = office.world.say("XAA", MessagePosted(subject="Message", in_reply_to=None), text=b"text")
    elsewhere = subjects.entry(office.world.organisation, "cabinet", "room")
    office.record.add([NewMessage(elsewhere, message_of(said).data)], said.leaf.index)

    with capture_logs() as logs:
        async with office.serving():
            pass

    told = [(line["index"], line["act"]) for line in logs if line["event"] == "entry_misplaced"]
    assert [(said.leaf.index, said.leaf.act)] == told
    assert 0 == office.refold().void


async def test_a_clock_a_little_behind_may_take_over_and_stamps_no_earlier(office: Office) -> None:
    last = office.entries()[-1].leaf.received_at

    async with office.serving(office.ports(clock=LoopClock(last - timedelta(seconds=0.9)))):
        pass

    assert last == office.entries()[-1].leaf.received_at


async def refusal_to_serve(registrar: Registrar, expected: type[Exception]) -> Exception:
    with pytest.raises(expected) as caught:
        await registrar.run()
    return caught.value


async def test_a_clock_behind_the_record_may_not_take_over(office: Office) -> None:
    size = office.record.last
    # A clock that stands: on a busy machine a running one makes up for what it is behind.
    registrar = office.registrar(office.ports(clock=HandClock(office.world.now - timedelta(seconds=1.5))))

    error = await refusal_to_serve(registrar, ClockBehindError)

    assert isinstance(error, ClockBehindError)
    assert 1.5 == error.behind_s
    assert size == office.record.last


class Notary(Nobody):
    def __init__(self, seen: int) -> None:
        self._seen = seen

    async def seen(self, organisation: str) -> list[Seen]:
        return [Seen(name="the notary", size=self._seen)]


async def test_nobody_takes_over_a_record_that_lost_what_others_have_seen(office: Office) -> None:
    seen = office.record.last + 2

    error = await refusal_to_serve(office.registrar(office.ports(elsewhere=Notary(seen))), RecordBehindError)

    assert isinstance(error, RecordBehindError)
    assert ("the notary", seen, seen - 2) == (error.who, error.seen, error.size)


async def test_what_others_have_seen_may_be_the_whole_record(office: Office) -> None:
    async with office.serving(office.ports(elsewhere=Notary(office.record.last))):
        pass

    assert office.refold().term == 2


async def test_an_empty_record_without_a_charter_is_not_served(office: Office) -> None:
    office.record = MemoryRecord()

    await refusal_to_serve(office.registrar(), NotFoundedError)


async def test_another_organisations_record_is_not_served(office: Office) -> None:
    other = World(states=("XDD", "XEE"))

    await refusal_to_serve(office.registrar(charter=charter_of(other)), OtherOrganisationError)


async def test_a_record_that_begins_with_something_else_is_not_served(office: Office) -> None:
    office.record = MemoryRecord()
    office.record.add([NewMessage("tacit.x.record._._", b"not an entry")], 0)

    await refusal_to_serve(office.registrar(charter=charter_of(office.world)), OtherOrganisationError)


async def test_what_is_no_charter_founds_nothing(office: Office) -> None:
    with pytest.raises(NotFoundedError):
        office.registrar(charter=envelope.encode(office.world.entries[1].envelope))


async def test_only_the_key_that_the_charter_names_may_serve(office: Office) -> None:
    registrar = Registrar(
        office.ports(), signer_for("a stranger"), Watch(office.metrics), rulesets=office.world.state.rulesets
    )

    await refusal_to_serve(registrar, NotRegistrarError)


async def test_a_record_with_a_hole_is_not_served(office: Office) -> None:
    office.record.lose(3)

    await refusal_to_serve(office.registrar(), RecordGapError)


async def test_the_first_registrar_steps_down_when_a_second_has_taken_over(office: Office) -> None:
    speaker = Speaker.of(office.world, "XAA")
    first, second = office.registrar(), office.registrar()
    one, two = speaker.request()[1], speaker.request()[1]

    async with asyncio.TaskGroup() as tasks:
        ending = tasks.create_task(refusal_to_serve(first, FencedError))
        await first.serving.wait()
        assert isinstance(read_answer(await first.submit(one)), Leaf)
        tasks.create_task(second.run())
        await second.serving.wait()
        told = read_answer(await first.submit(two))
        await ending
        assert isinstance(read_answer(await second.submit(two)), Leaf)
        await second.stop()

    assert "superseded" == told
    assert [2, 2, 3, 3] == [entry.leaf.term for entry in office.entries()[-4:]]
    assert not first.serving.is_set()


async def test_a_registrar_whose_store_failed_does_not_take_back_what_another_took_over(office: Office) -> None:
    speaker = Speaker.of(office.world, "XAA")
    first, second = office.registrar(), office.registrar()
    broken = [False]

    def fails(call: Call) -> Fault:
        return Fault(answer="failed") if broken[0] and call.operation == "append" else Fault()

    office.faults = fails
    async with asyncio.TaskGroup() as tasks:
        ending = tasks.create_task(refusal_to_serve(first, FencedError))
        await first.serving.wait()
        broken[0] = True
        told = read_answer(await first.submit(speaker.request()[1]))
        broken[0] = False
        tasks.create_task(second.run())
        await second.serving.wait()
        # The first reads the record anew and finds the second's term, or has been faster and is fenced afterwards.
        if first.serving.is_set():
            await first.submit(speaker.request()[1])
        await ending
        await second.stop()

    assert "store_failed" == told


async def test_a_registrar_that_is_stopped_while_it_takes_over_never_serves(office: Office) -> None:
    registrar = office.registrar()

    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(registrar.run())
        await asyncio.sleep(0)
        await registrar.stop()
        await running

    assert not registrar.serving.is_set()


async def test_whoever_never_gets_its_term_in_says_so(office: Office) -> None:
    world = office.world
    busy = Speaker.of(world, "XAA")

    def somebody_is_faster(call: Call) -> Fault:
        if call.operation == "append":
            entry = world.record(busy.request()[0])
            office.record.add([message_of(entry)], office.record.last)
        return Fault()

    office.faults = somebody_is_faster

    await refusal_to_serve(office.registrar(), TakeOverLostError)


def test_every_reason_not_to_serve_tells_a_person_what_to_do() -> None:
    reasons: list[RegistrarError] = [NotFoundedError(), OtherOrganisationError(), TakeOverLostError(3)]

    assert all(": " in str(reason) and str(reason).endswith(".") for reason in reasons)
