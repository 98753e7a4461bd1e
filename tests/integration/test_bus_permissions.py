"""What docs/how-to/listen-on-the-bus.md lets an integrator do on the server is enough, and is all that it can do."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import nats.errors
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig

from tacit import subjects
from tacit.submission import Receipted, decode_answer
from tacit.testing import World
from tacit_services.shell import nats_process
from tacit_services.shell.nats_connection import Credentials
from tests.integration.bus_town import ROOT, BusTown, bus_town, run_example

pytestmark = pytest.mark.requires("nats-server")

PAGE: Final = ROOT / "docs" / "how-to" / "listen-on-the-bus.md"
OURS: Final = "authorization {{ user: {user}, password: {password} }}"
HIM: Final = Credentials("desk-7", "secret")
REFUSED_WAIT_S: Final = 1.0
ANSWERED_WAIT_S: Final = 5.0
WIDER: Final = '{"stream_name":"EVENTS_{tag}","config":{"name":"desk-7","filter_subject":"tacit.{tag}.events.>"}}'
FORBIDDEN: Final = {
    "forge an event": ("tacit.{tag}.events.council.east.silence.passed.v1", "forged"),
    "forge an entry": ("tacit.{tag}.record.council.east", "forged"),
    "read the record": ("$JS.API.STREAM.MSG.GET.RECORD_{tag}", '{"seq":1}'),
    "read any event": ("$JS.API.STREAM.MSG.GET.EVENTS_{tag}", '{"seq":1}'),
    "listen to everything": ("$JS.API.CONSUMER.CREATE.EVENTS_{tag}.desk-7", WIDER),
    "under a wider filter": ("$JS.API.CONSUMER.CREATE.EVENTS_{tag}.desk-7.tacit.{tag}.events.>", WIDER),
    "in another's place": ("$JS.API.CONSUMER.MSG.NEXT.EVENTS_{tag}.another", '{"batch":1,"no_wait":true}'),
    "delete everything": ("$JS.API.STREAM.DELETE.EVENTS_{tag}", ""),
}
"""What is asked for, and with which data."""


@pytest.fixture
async def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BusTown]:
    """A server with the user of the page beside our own."""
    world = World(start=datetime.now(UTC))
    block = re.search(r"```conf\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    theirs = block[1].replace("ORGANISATION", subjects.tag(world.organisation)).replace("{", "{{").replace("}", "}}")
    users = "authorization {{ users: [ {{ user: {user}, password: {password} }}, " + theirs + " ] }}"
    monkeypatch.setattr(nats_process, "CONFIGURATION", nats_process.CONFIGURATION.replace(OURS, users))
    async with bus_town(tmp_path, world) as town:
        yield town


@pytest.fixture
async def client(town: BusTown) -> AsyncIterator[Client]:
    async with AsyncExitStack() as stack:
        client = await nats.connect(town.server.url, user=HIM.user, password=HIM.password)
        stack.push_async_callback(client.close)
        yield client


def connection_of(town: BusTown) -> Path:
    file = town.folder / "his.json"
    file.write_text(json.dumps({"url": town.server.url, "user": HIM.user, "password": HIM.password}))
    return file


async def test_the_integrator_listens_to_its_channel_and_hands_in(town: BusTown, client: Client) -> None:
    _, raw = town.speaker("XAA").request()
    async with town.registering(), town.relaying():
        answer = await client.request(subjects.submit(town.organisation), raw, 10)
        listening = (connection_of(town), town.tag, "--name", HIM.user, "--only", "council.east.>")
        heard = await run_example("bus_listener.py", *listening, "--count", 2)

    assert isinstance(decode_answer(answer.data), Receipted)
    assert (0, ["tacit.channel.opened.v1", "tacit.consultation.requested.v1"]) == (
        heard.code,
        [json.loads(line)["type"] for line in heard.lines],
    ), heard.errors


async def with_another_consumer(town: BusTown) -> None:
    """Somebody else listens, too, where nothing happens: so a pull of nothing is answered at once."""
    jetstream = (await town.connection()).client.jetstream()
    stream = subjects.events_stream(town.organisation)
    quiet = subjects.event(town.organisation, "council", "quiet", ">")
    config = ConsumerConfig(durable_name="another", filter_subject=quiet, ack_policy=AckPolicy.NONE)
    await jetstream.add_consumer(stream, config)


async def test_the_integrator_can_do_nothing_else(town: BusTown, client: Client) -> None:
    async with town.relaying():
        before = await town.published(len(town.world.entries))
        await with_another_consumer(town)
        asked = [
            client.request(filled(subject, town), filled(data, town).encode(), REFUSED_WAIT_S)
            for subject, data in FORBIDDEN.values()
        ]
        answers = await asyncio.gather(*asked, return_exceptions=True)

        assert {} == {
            name: answer
            for name, answer in zip(FORBIDDEN, answers, strict=True)
            if not isinstance(answer, nats.errors.TimeoutError)
        }
        assert before == await town.published(len(before))
        assert len(town.world.entries) == len(await town.entries())


async def test_the_services_own_user_is_answered_in_all_of_that(town: BusTown) -> None:
    """Without this the refusals above would show nothing."""
    client = (await town.connection()).client
    async with town.relaying():
        await town.published(len(town.world.entries))
        await with_another_consumer(town)
    for subject, data in FORBIDDEN.values():
        await client.request(filled(subject, town), filled(data, town).encode(), ANSWERED_WAIT_S)


def filled(text: str, town: BusTown) -> str:
    return text.replace("{tag}", town.tag)


async def test_the_integrator_hears_nothing_outside_a_consumer(town: BusTown, client: Client) -> None:
    heard: list[bytes] = []

    async def hear(message: Msg) -> None:
        heard.append(message.data)

    await client.subscribe("tacit.>", cb=hear)
    async with town.relaying():
        await town.published(len(town.world.entries))
        await asyncio.sleep(0.1)

    assert [] == heard
