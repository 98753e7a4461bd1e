"""`tacit restore` on a real server: killed at any moment it goes on, and what it will not touch it names."""

import json
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from tacit import envelope
from tacit_services.archived import ArchivedRecord, subject_of
from tacit_services.cli.folder import connected
from tacit_services.ports import NewMessage, StoredMessage
from tacit_services.run.restoring_to import KEPT
from tacit_services.shell.archive import FolderArchive
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.organisation import OrganisationStreams
from tacit_services.shell.event_store.stream import delete_stream
from tacit_services.shell.organisation_files import OrganisationFiles
from tests.scale import scale_name
from tests.unit.notary.town import Story, Town

ENTRIES: Final = 1_500
KILLS: Final = 2 if scale_name() == "dev" else 12
WAIT_S: Final = 60.0


@pytest.fixture(scope="module")
def told() -> Story:
    return Story(witnessed=True)


@pytest.fixture
async def town(told: Story, tmp_path: Path) -> Town:
    """A town whose archive lies in a folder."""
    town = Town(told=told)
    town.grow(ENTRIES - town.record.last)
    await town.caught_up()
    for path, data in town.files.items():
        file = tmp_path / "archive" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return town


def restoring(folder: Path, *options: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tacit.cli", "restore", str(folder / "archive"), str(folder / "data"), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def restored(folder: Path, *options: str) -> dict[str, object]:
    process = restoring(folder, "--json", *options)
    out, told = process.communicate(timeout=WAIT_S)
    assert 0 == process.returncode, told
    found: dict[str, object] = json.loads(out)
    return found


def refused(folder: Path) -> str:
    process = restoring(folder)
    out, told = process.communicate(timeout=WAIT_S)
    assert (1, "") == (process.returncode, out)
    return told


async def held(folder: Path, town: Town) -> list[StoredMessage]:
    async with connected(folder / "data") as link:
        streams = OrganisationStreams(town.log.organisation)
        store = await JetStreamEventStore.open(link, streams.record)
        found: list[StoredMessage] = []
        while part := await store.read(len(found) + 1, 1_000):
            found += part
        return found


async def fill(folder: Path, town: Town, messages: Sequence[bytes]) -> None:
    """Make the record of the data folder hold just these."""
    async with connected(folder / "data") as link:
        streams = OrganisationStreams(town.log.organisation)
        await delete_stream(link, streams.record)
        store = await JetStreamEventStore.open(link, streams.record)
        new = [NewMessage(subject_of(town.log.organisation, each), each) for each in messages]
        await store.append(new, 0)


async def test_killed_at_any_moment_it_goes_on_and_the_folder_verifies(town: Town, tmp_path: Path) -> None:
    dice = random.Random(11)
    for _ in range(KILLS):
        process = restoring(tmp_path)
        try:
            process.communicate(timeout=dice.uniform(0.7, 2.5))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
    done = restored(tmp_path)

    assert [each.data for each in town.record.messages()] == [each.data for each in await held(tmp_path, town)]
    assert ENTRIES == done["entries"]
    assert [] == done["missing_bodies"]
    charter = OrganisationFiles(tmp_path / "data").read_charter()
    assert town.log.organisation == envelope.act_id(envelope.decode(charter or b"").payload)


async def test_a_record_that_differs_is_left_until_it_is_made_anew_and_then_loses_nothing(
    town: Town, tmp_path: Path
) -> None:
    messages = [each.data for each in town.record.messages()]
    more = [town.story.message(at) for at in range(ENTRIES, ENTRIES + 30)]
    damaged = [*messages[:700], messages[700] + b" ", *messages[701:], *more]
    restored(tmp_path)
    await fill(tmp_path, town, damaged)

    told = refused(tmp_path)

    assert "Entry 700 " in told
    assert "tacit restore --anew" in told
    assert damaged == [each.data for each in await held(tmp_path, town)]
    done = restored(tmp_path, "--anew")
    assert (ENTRIES, 0) == (done["appended"], done["left"])
    assert [*messages, *more] == [each.data for each in await held(tmp_path, town)]
    assert not (tmp_path / "data" / KEPT).exists()


async def test_an_archive_that_is_damaged_makes_nothing(town: Town, tmp_path: Path) -> None:
    bundle = tmp_path / "archive" / "tile" / "entries" / "002"
    raw = bytearray(bundle.read_bytes())
    raw[len(raw) // 2] ^= 1
    bundle.write_bytes(raw)

    assert refused(tmp_path)
    assert [] == await held(tmp_path, town)
    with FolderArchive(tmp_path / "archive") as archive:
        found = await ArchivedRecord.open(archive)
    assert found is not None
    assert ENTRIES == found.size
