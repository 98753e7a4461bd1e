"""A file of settings as a source: the record on servers as deploy/ has them, read by the user that is there for it."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tacit import envelope, profile
from tacit.cli.command import tacit
from tacit_services.cli.settings_source import open_settings
from tacit_services.cli.store_source import StoreSource
from tacit_services.cli.views import positions
from tacit_services.shell.event_store.bodies import JetStreamBodyStore
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.organisation import OrganisationStreams
from tacit_services.shell.nats_connection import connect
from tests.integration.founded import HELD, REFERENCE, consultation
from tests.listening import listening
from tests.memory_registrar import message_of
from tests.shipped import sign_in, single_server

pytestmark = pytest.mark.requires("nats-server")

WORLD = consultation()
ENTRIES = [message_of(entry).data for entry in WORLD.entries]


async def fill(url: str) -> None:
    await listening(url)
    streams = OrganisationStreams(WORLD.organisation)
    async with connect(url, sign_in("registrar"), "registrar") as link:
        store = await JetStreamEventStore.open(link, streams.record)
        await store.append([message_of(entry) for entry in WORLD.entries], 0)
        bodies = await JetStreamBodyStore.open(link, streams.bodies)
        await bodies.put_many([(each.digest(), profile.encode(each)) for each in HELD])


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Of an operator that looks: the charter, the servers, the user `reader`; no key of anybody."""
    folder = tmp_path_factory.mktemp("apart")
    (folder / "charter.json").write_bytes(envelope.encode(WORLD.entries[0].envelope))
    with single_server(folder, WORLD.organisation) as url:
        asyncio.run(fill(url))
        path = folder / "tacit.toml"
        path.write_text(f'[organisation]\ncharter_file = "{folder}/charter.json"\n[nats]\nurls = ["{url}"]\n')
        yield path


@pytest.fixture(autouse=True)
def _signing_in(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = sign_in("reader")
    monkeypatch.setenv("TACIT_NATS_USER", reader.user)
    monkeypatch.setenv("TACIT_NATS_PASSWORD", reader.password)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(tacit, [str(each) for each in arguments])


def test_the_record_is_read_byte_for_byte_with_its_texts(settings: Path) -> None:
    opened = open_settings(settings)
    assert opened is not None
    with opened as source:
        assert isinstance(source, StoreSource)
        assert ENTRIES == list(source.entries())
        assert list(HELD) == [source.body(each.digest()) for each in HELD]


def test_the_commands_that_read_a_record_read_it_there(settings: Path) -> None:
    verified, state = run("verify", settings, "--json"), run("state", settings, "--json")
    asked = CliRunner().invoke(positions, [str(settings), REFERENCE, "--json"])

    assert (0, len(ENTRIES)) == (verified.exit_code, json.loads(verified.stdout)["entries"])
    assert WORLD.organisation == json.loads(state.stdout)["organisation"]
    assert {"XAA", "XBB"} == {row["state"] for row in json.loads(asked.stdout)["rows"]}


def test_what_an_operator_has_to_put_right_is_one_sentence(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (settings.parent / "bare.toml").write_text("[nats]\nreplicas = 1\n")
    (settings.parent / "plan.toml").write_text('name = "Exercise council"\n')
    bare, other = run("state", settings.parent / "bare.toml"), run("state", settings.parent / "plan.toml")
    monkeypatch.setenv("TACIT_NATS_PASSWORD", "another")
    locked_out = run("state", settings)

    for result, said in ((bare, "organisation.charter_file"), (other, "name"), (locked_out, "credentials")):
        assert (2, 1, True) == (result.exit_code, len(result.stderr.splitlines()), said in result.stderr), result.output


def test_a_file_of_lines_is_no_file_of_settings(tmp_path: Path) -> None:
    assert open_settings(tmp_path / "record.jsonl") is None
    assert open_settings(tmp_path) is None
