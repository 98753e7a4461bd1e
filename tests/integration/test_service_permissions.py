"""What deploy/nats/accounts.conf lets each service do is enough for it, and no service can do another one's work."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
import nats.errors
import pytest
from nats.aio.msg import Msg
from prometheus_client import CollectorRegistry

from tacit import envelope, subjects
from tacit.ids import ORGANISATION
from tacit.query import Status
from tacit.record.archive import CHECKPOINT
from tacit.submission import Receipted, Submission
from tacit.testing import World, log_signer, signer_for
from tacit_services.relay import RelayError
from tacit_services.run.around import Around, Identity, Standing
from tacit_services.run.catalogue import RUN
from tacit_services.run.services import SERVICES
from tacit_services.run.settings import Settings
from tacit_services.shell.clock import SystemClock
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.organisation import OrganisationStreams
from tacit_services.shell.nats_connection import NatsConnection, connect
from tacit_services.shell.submitting import NatsSubmitter
from tacit_services.tracing import UNTRACED
from tests.listening import listening
from tests.memory_registrar import Speaker, message_of
from tests.shipped import USERS, sign_in, single_server

pytestmark = pytest.mark.requires("nats-server")

BEGIN_WAIT_S: Final = 30.0
REFUSED_WAIT_S: Final = 1.0
ANSWERED_WAIT_S: Final = 5.0

ENTRY: Final = "tacit.{tag}.record.council.east"
EVENT: Final = "tacit.{tag}.events.council.east.silence.passed.v1"
BODY: Final = "tacit.{tag}.bodies." + "0" * 64
WRITES: Final = {"registrar": {ENTRY, BODY}, "relay": {EVENT}}
"""Who may publish where."""
READ_BODY: Final = '{"last_by_subj":"tacit.{tag}.bodies.x"}'
SERVICES_USERS: Final = USERS[:-2]
"""USERS ends with the two that may do everything."""
WRITING: Final = [
    (user, subject, "forged")
    for user in SERVICES_USERS
    for subject in (ENTRY, EVENT, BODY)
    if subject not in WRITES.get(user, ())
]
DESTROYING: Final = [
    (user, f"$JS.API.STREAM.{verb}.RECORD_{{tag}}", data)
    for user in SERVICES_USERS
    for verb, data in (("DELETE", ""), ("PURGE", ""), ("MSG.DELETE", '{"seq":1}'))
]
ASKED: Final = [
    *WRITING,
    *((user, "$JS.API.STREAM.MSG.GET.BODIES_{tag}", READ_BODY) for user in ("timekeeper", "projector", "relay")),
    ("founding", "$JS.API.STREAM.MSG.GET.BODIES_{tag}", READ_BODY),
    ("founding", "$JS.API.STREAM.MSG.GET.RECORD_{tag}", '{"seq":1}'),
    ("projector", "tacit.{tag}.submit", ""),
    ("relay", "tacit.{tag}.submit", ""),
    ("notary", "tacit.{tag}.submit", ""),
    ("reader", "tacit.{tag}.submit", ""),
    ("registrar", "tacit.{tag}.query.status", ""),
]
"""What each may not, and an administrator may: user, subject, data."""


class Town:
    """A server as it is shipped, with a connection of each user."""

    def __init__(self, world: World, links: dict[str, NatsConnection], folder: Path) -> None:
        self.world = world
        self.folder = folder
        self.links = links
        self.streams = OrganisationStreams(world.organisation)

    def around(self, name: str, folder: Path) -> Around:
        identity = Identity(
            self.world.organisation,
            envelope.encode(self.world.entries[0].envelope),
            lambda office: signer_for(f"{ORGANISATION}/{office}"),
            log_signer,
        )
        registry, clock = CollectorRegistry(), SystemClock()
        return Around(identity, Settings(), self.links[name], registry, clock, UNTRACED, folder)

    def filled(self, text: str) -> str:
        return text.replace("{tag}", subjects.tag(self.world.organisation))


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    world = World(start=datetime.now(UTC), notary=True)
    async with AsyncExitStack() as stack:
        url = stack.enter_context(single_server(tmp_path, world.organisation))
        await listening(url)
        links = {
            user: await stack.enter_async_context(connect(url, sign_in(user), user))
            for user in USERS
            if user != "system"
        }
        town = Town(world, links, tmp_path)
        record = await JetStreamEventStore.open(links["registrar"], town.streams.record)
        await record.append([message_of(entry) for entry in world.entries], 0)
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        for name in SERVICES:
            standing = Standing()
            stack.callback(tasks.create_task(_run(name, town.around(name, tmp_path), standing)).cancel)
            async with asyncio.timeout(BEGIN_WAIT_S):
                await standing.begun.wait()
        yield town


async def _run(name: str, around: Around, standing: Standing) -> None:
    """A relay that finds what the administrator forged stops, as it should, and that is no fault of the test."""
    with suppress(RelayError):
        await RUN[name](around, standing)


async def test_every_service_can_do_its_work(town: Town) -> None:
    composed, _ = Speaker.of(town.world, "XAA").request()
    answer = await NatsSubmitter(town.links["gateway"], town.world.organisation).submit(
        Submission(composed.envelope, None)
    )
    record = JetStreamEventStore(town.links["timekeeper"], town.streams.record)
    events = JetStreamEventStore(town.links["relay"], town.streams.events(""))
    async with asyncio.timeout(ANSWERED_WAIT_S):
        while await events.last_sequence() < await record.last_sequence():  # noqa: ASYNC110 - the relay has no event
            await asyncio.sleep(0.05)
    path = town.folder / "archive" / CHECKPOINT
    async with asyncio.timeout(ANSWERED_WAIT_S):
        while not path.exists() or int(path.read_text().split()[1]) < await record.last_sequence():  # noqa: ASYNC110 - no event tells of a file
            await asyncio.sleep(0.05)
    status = subjects.query(town.world.organisation, "status")
    told = await town.links["gateway"].client.request(status, b"", ANSWERED_WAIT_S)

    assert isinstance(answer, Receipted)
    assert await record.last_sequence() == len(town.world.entries) + 2  # the term of this registrar, and the act
    assert msgspec.json.decode(told.data, type=Status).views


async def test_no_service_can_do_anothers_work(town: Town) -> None:
    record = JetStreamEventStore(town.links["administrator"], town.streams.record)
    before = await record.last_sequence()
    forbidden = [*ASKED, *DESTROYING]
    asked = [
        town.links[user].client.request(town.filled(subject), town.filled(data).encode(), REFUSED_WAIT_S)
        for user, subject, data in forbidden
    ]
    answers = await asyncio.gather(*asked, return_exceptions=True)

    assert [] == [
        (user, subject, answer)
        for (user, subject, _), answer in zip(forbidden, answers, strict=True)
        if not isinstance(answer, nats.errors.TimeoutError)
    ]
    assert before == await record.last_sequence()


async def test_an_administrator_is_answered_in_all_of_that(town: Town) -> None:
    """Without this the refusals above would show nothing."""
    client = town.links["administrator"].client
    asked = {(subject, data) for _, subject, data in ASKED}
    for subject, data in sorted(asked):
        await client.request(town.filled(subject), town.filled(data).encode(), ANSWERED_WAIT_S)


async def test_nobody_hears_what_is_for_another(town: Town) -> None:
    heard: list[str] = []

    async def hear(message: Msg) -> None:
        heard.append(message.subject)

    for user, link in town.links.items():
        if user != "administrator":
            await link.client.subscribe("_INBOX_administrator.>", cb=hear)
            await link.client.flush()
    for user in ("gateway", "timekeeper", "relay", "projector"):
        await town.links[user].client.subscribe(subjects.submit(town.world.organisation), cb=hear)
    await town.links["administrator"].client.request(subjects.submit(town.world.organisation), b"", ANSWERED_WAIT_S)

    assert [] == heard
