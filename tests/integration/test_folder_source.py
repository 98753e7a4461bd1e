"""A data folder as a source: a server is started for the command, or the one that runs is used."""

import asyncio
from pathlib import Path

import pytest

from tacit import envelope, subjects
from tacit.cli.source import UnreadableError
from tacit.record import decode_entry
from tacit_services.cli.folder import open_folder
from tacit_services.ports import NewMessage
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.stream import StreamSettings
from tacit_services.shell.nats_connection import connect
from tacit_services.shell.nats_server import FOLDER as STORE
from tacit_services.shell.nats_server import EmbeddedNats
from tacit_services.shell.organisation_files import OrganisationFiles
from tests.unit.cli.files import record_of

pytestmark = pytest.mark.requires("nats-server")

RECORD = record_of("deadline")
ORGANISATION = decode_entry(RECORD[0]).leaf.act
SETTINGS = StreamSettings(subjects.record_stream(ORGANISATION), subjects.record_subjects(ORGANISATION))


def charter_in(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    OrganisationFiles(folder).write_charter(envelope.encode(decode_entry(RECORD[0]).envelope))


async def fill(server: EmbeddedNats) -> None:
    async with connect(server.url, server.credentials, "writer") as connection:
        store = await JetStreamEventStore.open(connection, SETTINGS)
        subject = subjects.entry(ORGANISATION, None, None)
        await store.append([NewMessage(subject, raw) for raw in RECORD], 0)


async def test_a_folder_at_rest_is_read_and_can_be_read_twice(tmp_path: Path) -> None:
    charter_in(tmp_path)
    async with EmbeddedNats(tmp_path) as server:
        await fill(server)

    opened = open_folder(tmp_path)
    assert opened is not None
    with opened as source:
        assert len(RECORD) == source.size
        assert list(RECORD) == list(source.entries()) == list(source.entries())


async def test_a_folder_that_is_held_is_read_through_its_own_server(tmp_path: Path) -> None:
    charter_in(tmp_path)
    async with EmbeddedNats(tmp_path) as server:
        await fill(server)
        opened = open_folder(tmp_path)
        assert opened is not None
        with opened as source:
            assert list(RECORD) == list(source.entries())
        async with connect(server.url, server.credentials, "writer") as connection:
            assert len(RECORD) == await JetStreamEventStore(connection, SETTINGS).last_sequence()


async def test_what_is_appended_while_a_folder_is_followed_comes_too(tmp_path: Path) -> None:
    charter_in(tmp_path)
    async with EmbeddedNats(tmp_path) as server:
        await fill(server)
        opened = open_folder(tmp_path)
        assert opened is not None
        with opened as source:
            following = source.follow()
            assert list(RECORD) == await asyncio.to_thread(lambda: [next(following) for _ in RECORD])
            async with connect(server.url, server.credentials, "writer") as connection:
                store, subject = JetStreamEventStore(connection, SETTINGS), subjects.entry(ORGANISATION, None, None)
                await store.append([NewMessage(subject, b"later")], len(RECORD))
            assert b"later" == await asyncio.to_thread(next, following)


def test_a_folder_without_a_charter_is_not_ours(tmp_path: Path) -> None:
    assert open_folder(tmp_path) is None


def test_a_damaged_charter_is_said(tmp_path: Path) -> None:
    OrganisationFiles(tmp_path).write_charter(b"{}")

    with pytest.raises(UnreadableError, match="damaged"):
        open_folder(tmp_path)


def test_a_folder_that_merely_holds_a_charter_is_said_and_left_as_it_is(tmp_path: Path) -> None:
    charter_in(tmp_path)

    with pytest.raises(
        UnreadableError, match="holds a charter and no store: name a folder that `tacit up --data` made"
    ):
        open_folder(tmp_path)

    assert ["charter.json"] == [each.name for each in tmp_path.iterdir()]


def test_a_folder_whose_record_is_gone_is_said(tmp_path: Path) -> None:
    charter_in(tmp_path)
    (tmp_path / STORE).mkdir()
    opened = open_folder(tmp_path)

    assert opened is not None
    with (
        opened as source,
        pytest.raises(UnreadableError, match="holds no record: start the services, or restore it from its archive"),
    ):
        list(source.entries())
