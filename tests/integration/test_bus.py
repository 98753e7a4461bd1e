"""The bus on a real server, as integrators meet it: with our examples, with a bare socket, with any NATS client."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tacit import envelope, subjects, submission
from tacit.acts import MessagePosted
from tacit.detached import Detached
from tacit.record import open_receipt
from tacit.submission import Receipted, Unavailable
from tacit_services.shell.submitting import NatsSubmitter
from tests.integration.bus_town import BusTown, bus_town, run_example
from tests.memory_registrar import REGISTRAR_KEY, read_answer

pytestmark = pytest.mark.requires("nats-server")

OFFICE = "XAA/permanent-representative"
PLACE = "council/east"


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[BusTown]:
    async with bus_town(tmp_path) as town:
        yield town


async def test_every_entry_is_an_event_and_both_listeners_print_them_all(town: BusTown) -> None:
    size = len(town.world.entries)
    async with town.relaying():
        expected = [each.data.decode() for each in await town.expected()]
        async with asyncio.TaskGroup() as tasks:
            arguments = (town.connection_file, town.tag, "--count", size)
            with_library = tasks.create_task(run_example("bus_listener.py", *arguments))
            plain = tasks.create_task(run_example("bus_listener_plain.py", *arguments))

    assert (0, expected) == (with_library.result().code, with_library.result().lines), with_library.result().errors
    assert (0, expected) == (plain.result().code, plain.result().lines), plain.result().errors


async def test_a_listener_goes_on_where_it_stopped_and_may_ask_for_a_part(town: BusTown) -> None:
    async with town.relaying():
        expected = [each.data.decode() for each in await town.published(len(town.world.entries))]
        common = (town.connection_file, town.tag)
        named = [await run_example("bus_listener.py", *common, "--name", "mine", "--count", 4) for _ in range(2)]
        plain = await run_example("bus_listener_plain.py", *common, "--after", 4, "--count", 3)
        part = await run_example("bus_listener.py", *common, "--only", "_._.credential.>", "--count", 3)

    assert expected[:8] == named[0].lines + named[1].lines
    assert expected[5:8] == plain.lines
    assert ["tacit.credential.enrolled.v1"] * 3 == [json.loads(line)["type"] for line in part.lines]


async def test_a_message_handed_in_over_the_bus_comes_out_of_it(town: BusTown) -> None:
    arguments = (town.connection_file, town.charter_file(), town.key_file("XAA"), OFFICE)
    async with town.registering(), town.relaying():
        first, second = [await run_example("bus_submit.py", *arguments, PLACE, "Hello", "Text") for _ in range(2)]
        refused = await run_example("bus_submit.py", *arguments, "council/west", "Hello", "Text")
        size = len(await town.entries())
        published = await town.published(size)

    told = [json.loads(each.data) for each in published if each.subject.endswith("message.posted.v1")]
    assert (0, 0) == (first.code, second.code), first.errors + second.errors
    assert [f"recorded at {each['data']['leaf']['index']} as {each['id']}" for each in told] == [
        line.split(",")[0] for line in (*first.lines, *second.lines)
    ]
    assert [1, 2] == [each["data"]["header"]["number"] for each in told]
    assert (1, ["refused: header.channel_unknown (west)"]) == (refused.code, refused.lines), refused.errors
    assert (await town.entries())[-1].leaf.act == told[-1]["id"]
    assert b"Text" not in b"".join(each.data for each in published)


async def test_over_the_bus_a_repeat_gets_its_first_receipt_and_junk_a_signed_refusal(town: BusTown) -> None:
    client = (await town.connection()).client
    subject = subjects.submit(town.organisation)
    body = Detached(b"s" * 32, b"text")
    _, raw = town.speaker("XAA").say(MessagePosted(subject="Hello", in_reply_to=None), body=body)
    async with town.registering():
        answers = [(await client.request(subject, raw, 10)).data for _ in range(2)]
        refused = (await client.request(subject, b'{"envelope":1}', 10)).data

    answer = submission.decode_answer(answers[0])
    assert isinstance(answer, Receipted)
    assert answers[0] == answers[1]
    assert open_receipt(envelope.encode(answer.receipt), REGISTRAR_KEY) == (await town.entries())[-1].leaf
    assert "profile.missing_field" == str(getattr(read_answer(refused), "rule", None))


async def test_an_event_says_in_a_header_that_it_is_a_structured_cloud_event(town: BusTown) -> None:
    client = (await town.connection()).client
    async with town.relaying():
        await town.published(1)
        message = await client.jetstream().get_msg(subjects.events_stream(town.organisation), 1)

    assert message.headers is not None
    assert "application/cloudevents+json" == message.headers["Content-Type"]


async def test_killed_servers_and_two_relays_that_come_and_go_lose_no_event_and_double_none(town: BusTown) -> None:
    speakers = [town.speaker(state) for state in town.world.states]

    async def relay_now_and_then() -> None:
        while True:
            async with town.relaying():
                await asyncio.sleep(0.4)

    async with town.registering(), asyncio.TaskGroup() as tasks:
        coming_and_going = [tasks.create_task(relay_now_and_then()) for _ in range(2)]
        client = NatsSubmitter(await town.connection(), town.organisation)
        for turn in range(30):
            _, raw = speakers[turn % len(speakers)].request()
            while isinstance(await client.submit(submission.decode(raw)), Unavailable):  # noqa: ASYNC110 - the server restarts
                await asyncio.sleep(0.05)
            if turn % 10 == 9:
                town.kill_server()
        for task in coming_and_going:
            task.cancel()
    async with town.relaying():
        expected = await town.expected()
        published = await town.published(len(expected))

    assert len(town.world.entries) + 31 == len(expected)
    assert expected == published
