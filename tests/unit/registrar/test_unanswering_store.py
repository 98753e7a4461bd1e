"""A store that answers nothing, or is full: the registrar says so, and does not call itself ready."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import structlog

from tacit.acts import MessagePosted
from tacit.detached import Detached
from tacit_services.ports import StoreFailedError
from tacit_services.registrar import Limits
from tacit_services.registrar.service import UNANSWERED_MAX_S
from tacit_services.shell.event_store.faults import HONEST, NOT_STORED, Call, Fault
from tacit_services.shell.event_store.memory import MemoryBodyStore
from tests.memory_registrar import Office, Speaker, read_answer
from tests.simulation.loop import run


def test_a_registrar_whose_store_answers_nothing_is_not_ready_and_says_so_with_each_try() -> None:
    async def play() -> tuple[list[str | None], list[str]]:
        office, silent = Office(), True

        def faults(call: Call) -> Fault:
            return NOT_STORED if silent and call.operation == "append" else HONEST

        async with office.serving(limits=Limits()) as registrar, asyncio.TaskGroup() as tasks:
            office.faults = faults
            found = [registrar.unready()]
            asking = tasks.create_task(registrar.submit(Speaker.of(office.world, "XAA").request()[1]))
            await asyncio.sleep(UNANSWERED_MAX_S / 2)
            found.append(registrar.unready())
            await asyncio.sleep(UNANSWERED_MAX_S)
            found.append(registrar.unready())
            silent = False
            assert not isinstance(read_answer(await asking), str)
            found.append(registrar.unready())
        found.append(registrar.unready())
        return found, [str(each["reason"]) for each in told if each["event"] == "append_unsettled"]

    with structlog.testing.capture_logs() as told:
        found, reasons = run(play())

    assert [None, None, "store_not_answering", None, "not_serving"] == found
    assert {"outcome_unknown"} == set(reasons)
    assert len(reasons) > UNANSWERED_MAX_S


class FullBodies(MemoryBodyStore):
    """Takes nothing more."""

    async def put_many(self, bodies: Sequence[tuple[str, bytes]]) -> None:
        assert bodies
        raise StoreFailedError("disk_full")


async def test_bodies_that_find_no_room_are_named_as_that() -> None:
    office = Office()
    speaker, body = Speaker.of(office.world, "XAA"), Detached(bytes(32), b"A message")
    content = MessagePosted(subject="A message", in_reply_to=None)
    with structlog.testing.capture_logs() as told:
        async with office.serving(replace(office.ports(), bodies=FullBodies({}))) as registrar:
            answer = read_answer(await registrar.submit(speaker.say(content, body=body)[1]))

    assert "store_failed" == answer
    assert ["disk_full"] == [each["reason"] for each in told if each["event"] == "registrar_stopped"]
