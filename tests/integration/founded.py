"""A data folder with a record in it that no service runs on: entries, their texts, nothing else."""

from pathlib import Path
from typing import Final

from tacit import envelope, profile, subjects
from tacit.acts import (
    Deadline,
    MessagePosted,
    PositionDeclared,
    ReferenceAllotted,
    SilenceBroken,
    SilenceSet,
    Stance,
    TextCirculated,
    Version,
)
from tacit.detached import Detached
from tacit.testing import COUNCIL, EAST, World
from tacit_services.ports import NewMessage
from tacit_services.shell.event_store.bodies import JetStreamBodyStore
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.stream import StreamSettings
from tacit_services.shell.nats_connection import NatsConnection, connect
from tacit_services.shell.nats_server import EmbeddedNats
from tacit_services.shell.organisation_files import OrganisationFiles
from tests.property.plays import stored

REFERENCE: Final = "CC-M(2026)0001"
TEXT: Final = b"1. The council agrees."
MESSAGE: Final = b"<b>Our reading</b> of paragraph 1 & of the rest."
HELD: Final = (Detached(b"\0" * 32, TEXT), Detached(b"\0" * 32, MESSAGE))


def consultation(ruleset: str = "nato-like", *, notary: bool = False) -> World:
    """A text, a message about it, positions, a silence and its break."""
    world = World(ruleset=ruleset, notary=notary)
    world.organ("secretariat", ReferenceAllotted(reference=REFERENCE, subject="Draft"))
    text = world.organ("secretariat", TextCirculated(reference=REFERENCE, title="Draft", paragraphs=1), text=TEXT)
    version = Version(text.leaf.act, text.act.header.detached or "")
    world.say("XAA", MessagePosted(subject="Paragraph 1", in_reply_to=None), text=MESSAGE)
    said: tuple[tuple[str, Stance], ...] = (("XAA", "CAN_ACCEPT"), ("XBB", "RESERVES_SCRUTINY"), ("XBB", "CAN_ACCEPT"))
    for state, stance in said:
        world.wait(60)
        position = PositionDeclared(version=version, scope="text", stance=stance, condition="", statement="")
        world.say(state, position)
    deadline = Deadline(world.now.replace(hour=15), "Europe/Brussels", "16:00 Brussels")
    silence = world.organ("chair", SilenceSet(version=version, deadline=deadline))
    world.wait(600)
    world.say("XCC", SilenceBroken(silence=silence.leaf.act, kind="SUBSTANCE", reason="Not yet."))
    return world


async def fill(folder: Path, world: World, bodies: tuple[Detached, ...] = HELD) -> None:
    """Put the record and its texts into a folder."""
    OrganisationFiles(folder).write_charter(envelope.encode(world.entries[0].envelope))
    async with (
        EmbeddedNats(folder) as server,
        connect(server.url, server.credentials, "writer") as link,
    ):
        store, texts = await open_stores(link, world.organisation)
        subject = subjects.entry(world.organisation, COUNCIL, EAST)
        await store.append([NewMessage(subject, stored(entry)) for entry in world.entries], 0)
        if bodies:
            await texts.put_many([(each.digest(), profile.encode(each)) for each in bodies])


async def open_stores(link: NatsConnection, organisation: str) -> tuple[JetStreamEventStore, JetStreamBodyStore]:
    """Its streams."""
    record = StreamSettings(subjects.record_stream(organisation), subjects.record_subjects(organisation))
    bodies = StreamSettings(
        subjects.bodies_stream(organisation), subjects.bodies_subjects(organisation), deny_delete=False
    )
    return await JetStreamEventStore.open(link, record), await JetStreamBodyStore.open(link, bodies)
