"""A whole town for bad input: a real server, a real registrar, a real gateway, in an organisation with hybrid keys.

The clock stands where the story stands, so that deadlines are before and behind us as each row wants them.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry

from tacit import subjects, submission
from tacit.acts import (
    Content,
    CredentialRevoked,
    Deadline,
    MessagePosted,
    ReferenceAllotted,
    RevisionIssued,
    SilenceSet,
    TextCirculated,
    Version,
)
from tacit.audit import Auditor, Retrial, Verdict
from tacit.compose import Author, Composed, Link, Window, compose
from tacit.detached import Detached
from tacit.envelope import Envelope
from tacit.ids import ORGANISATION, BodyId, StateCode
from tacit.query import Query, Rows
from tacit.record import Entry
from tacit.record.refusal_file import RefusalFile
from tacit.rules import State, apply_bytes, catalogue
from tacit.signing import Signer
from tacit.submission import Submission
from tacit.testing import COUNCIL, EAST, World, signer_for
from tacit_services.gateway import GatewayConfig
from tacit_services.gateway.wiring import GatewayPorts
from tacit_services.projector.answering import entitled_bodies
from tacit_services.projector.service import ProjectorPorts, project
from tacit_services.registrar import Limits, Ports, Registrar, Watch
from tacit_services.shell.act_index import MemoryActIndex
from tacit_services.shell.elsewhere import Nobody
from tacit_services.shell.event_store.bodies import JetStreamBodyStore
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.stream import StreamSettings
from tacit_services.shell.kept_state import MemoryKeptState
from tacit_services.shell.micro import NatsMicro
from tacit_services.shell.nats_connection import NatsConnection, connect
from tacit_services.shell.nats_server import EmbeddedNats
from tacit_services.shell.querying import NatsQueries
from tacit_services.shell.requests import NatsRequests
from tacit_services.shell.submitting import NatsSubmitter
from tacit_services.shell.threads import Threads
from tacit_services.shell.view_store import ThreadedViews
from tests.integration.clerk import HandClock, message
from tests.integration.doorstep import gateway

SUITE: Final = "ed25519+mldsa65"
SALT: Final = b"s" * 32
TEXT: Final = b"a text"
BODY: Final = Detached(SALT, TEXT)
HELLO: Final = MessagePosted(subject="hello", in_reply_to=None)
PLACE: Final = (COUNCIL, EAST)
LATE_S: Final = 3_600
REACH_WAIT_S: Final = 20.0
BARRED: Final = "XCC"
"""A member that the projector of this town gives nothing to, as one who is no member of the organisation."""


def version(entry: Entry) -> Version:
    """The wording that an entry issued."""
    return Version(entry.leaf.act, entry.act.header.detached or "")


class Story:
    """What has happened before: texts and silences in every stage that a bad act could be about."""

    def __init__(self) -> None:
        self.world = world = World(states=("XAA", "XBB", "XCC", "XDD"), suite=SUITE)
        self.superseded = self._circulate("CC-M(2026)0001")
        revised = RevisionIssued(supersedes=self.superseded.text, revision=1, paragraphs=3, reason="")
        self.current = version(world.organ("secretariat", revised, text=b"rev"))
        closed, expired, self.silent = (self._circulate(f"CC-M(2026)000{number}") for number in (2, 3, 4))
        self.closed = self._silence(closed, 10)
        world.wait(LATE_S + 60)
        self.expired = self._silence(expired, 10)
        world.wait(100)
        self.running = self._silence(self.silent, 3_000)
        gone = world.author("XDD").signer.credential
        world.say("XDD", CredentialRevoked(credential=gone, reason="lost", compromised_since=None), office="root")

    def _circulate(self, reference: str) -> Version:
        self.world.organ("secretariat", ReferenceAllotted(reference=reference, subject=reference))
        content = TextCirculated(reference=reference, title=reference, paragraphs=3)
        return version(self.world.organ("secretariat", content, text=reference.encode()))

    def deadline(self, seconds: float, shown: str = "10:00 UTC", zone: str = "UTC") -> Deadline:
        """A deadline so many seconds from now."""
        return Deadline(self.world.now + timedelta(seconds=seconds), zone, shown)

    def _silence(self, text: Version, seconds: float) -> str:
        content = SilenceSet(version=text, deadline=self.deadline(seconds))
        return self.world.organ("chair", content).leaf.act

    def author(self, state: str = "XAA", office: str = "permanent-representative") -> Author:
        """An office with its keys."""
        return self.world.author(state, office)

    def organ(self, office: str) -> Author:
        """One of the organisation's own offices."""
        return self.world.author(ORGANISATION, office)

    def signer(self, name: str) -> Signer:
        """Keys that belong to nobody yet."""
        return signer_for(name, SUITE)

    def act(
        self,
        author: Author,
        content: Content,
        *,
        place: tuple[str, str] | None = PLACE,
        link: Link | None = None,
        window: Window | None = None,
        detached: str | None = None,
        releaser: Signer | None = None,
    ) -> Composed:
        """An act that is right but for what is given."""
        return compose(
            author,
            content,
            place,
            link or self.world.link(author, place),
            window or self.world.window(),
            detached=detached,
            releaser=releaser,
        )

    def hello(self, author: Author | None = None) -> Composed:
        """A good act with a body."""
        return self.act(author or self.author(), HELLO, detached=BODY.digest())


def all_but_the_barred(state: State, reader: StateCode) -> Mapping[BodyId, int | None] | None:
    """Entitlement as it is, with one member barred."""
    if reader == BARRED:
        raise LookupError(reader)
    return entitled_bodies(state, reader)


class Town:
    """The story's organisation, served."""

    def __init__(self, story: Story, url: str, store: JetStreamEventStore) -> None:
        self.story = story
        self.url = url
        self._store = store

    async def size(self) -> int:
        """How many entries are recorded."""
        return await self._store.last_sequence()

    async def catch_up(self) -> None:
        """Fold what was recorded meanwhile into the story's state, from which the next acts are composed."""
        state = self.story.world.state
        for found in await self._store.read(state.size + 1, 100):
            apply_bytes(state, found.data)

    async def views_reach(self, queries: NatsQueries) -> None:
        """Return once the projector has folded what is recorded now."""
        size = await self.size()
        async with asyncio.timeout(REACH_WAIT_S):
            while True:
                found = await queries.ask("audit", Query(ORGANISATION, limit=1))
                if isinstance(found, Rows) and found.size >= size:
                    return
                await asyncio.sleep(0.05)

    async def judged_again(self, act: Submission, refusal: Envelope) -> Verdict:
        """What the refusal of an act comes to for whoever has the record."""
        auditor, retrial = Auditor(), Retrial(RefusalFile(1, refusal, submission.encode(act)))
        for found in await self._store.read(1, await self.size()):
            auditor.take(found.data)
            retrial.look(auditor)
        return retrial.conclude(auditor.state.size, lambda _: b"").verdict

    def good(self, author: Author) -> Submission:
        """A good act of an author, ready to be handed in."""
        return Submission(self.story.hello(author).envelope, BODY)


async def _stores(link: NatsConnection, organisation: str) -> tuple[JetStreamEventStore, JetStreamBodyStore]:
    record = StreamSettings(subjects.record_stream(organisation), subjects.record_subjects(organisation))
    name, below = subjects.bodies_stream(organisation), subjects.bodies_subjects(organisation)
    bodies = StreamSettings(name, below, deny_delete=False)
    return await JetStreamEventStore.open(link, record), await JetStreamBodyStore.open(link, bodies)


@asynccontextmanager
async def settled(folder: Path) -> AsyncIterator[Town]:
    """Serve the story's organisation within the block."""
    story = Story()
    world, clock = story.world, HandClock(story.world.now)
    organisation = world.organisation
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(EmbeddedNats(folder))
        links = [
            await stack.enter_async_context(connect(server.url, server.credentials, name))
            for name in ("registrar", "gateway", "projector")
        ]
        store, bodies = await _stores(links[0], organisation)
        await store.append([message(organisation, entry) for entry in world.entries], 0)
        ports = Ports(
            store=store,
            bodies=bodies,
            clock=clock,
            workers=stack.enter_context(Threads(2, "verify")),
            index=MemoryActIndex(),
            kept=MemoryKeptState(),
            elsewhere=Nobody(),
            requests=NatsRequests(links[0]),
            sleep=asyncio.sleep,
        )
        registrar = Registrar(
            ports,
            signer_for("ORG/registrar", SUITE),
            Watch(CollectorRegistry()),
            rulesets=catalogue(),
            # The texts of the story were never handed in, and nobody else may have them.
            limits=Limits(mend_wait_s=0),
        )
        views = stack.enter_context(ThreadedViews(folder.with_suffix(".views"), organisation))
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        tasks.create_task(registrar.run())
        stack.push_async_callback(registrar.stop)
        await registrar.serving.wait()
        mine, kept = await _stores(links[1], organisation)
        watched, _ = await _stores(links[2], organisation)
        projecting = ProjectorPorts(watched, views, NatsMicro(links[2]), CollectorRegistry())
        stack.callback(tasks.create_task(project(organisation, projecting, entitled=all_but_the_barred)).cancel)
        submitter, queries = NatsSubmitter(links[1], organisation), NatsQueries(links[1], organisation)
        theirs = GatewayPorts(mine, kept, submitter, queries, clock, os.urandom, CollectorRegistry())
        config = GatewayConfig(organisation=organisation, bad_frames_max=3, ahead_wait_s=0.1, sign_in_s=5)
        url = await stack.enter_async_context(gateway(config, theirs))
        town = Town(story, url, mine)
        await town.catch_up()
        await town.views_reach(queries)
        yield town
