"""`tacit restore` on a real server: killed at any moment it goes on, and what it will not touch it names."""

import json
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from tacit import envelope
from tacit.record.archive import decode_damaged, decode_kept
from tacit_services.archived import ArchivedRecord, subject_of
from tacit_services.cli.folder import connected
from tacit_services.ports import NewMessage, StoredMessage
from tacit_services.run.restoring_to import KEPT
from tacit_services.shell.archive import FolderArchive
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.organisation import OrganisationStreams
from tacit_services.shell.event_store.stream import delete_stream
from tacit_services.shell.organisation_files import OrganisationFiles
from tests.requirement import ROOT
from tests.scale import scale_name
from tests.unit.cli.files import write
from tests.unit.notary.town import Story, Town

PAGE: Final = ROOT / "docs" / "how-to" / "back-up-and-restore.md"
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


def runbook() -> list[str]:
    """The command of the page, as it is run here: without `tacit restore`, in the folder of the test."""
    found = re.search(r"^```sh envelopes\ntacit restore (.*)\n```", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    archive, data, *others = found[1].split()
    assert ("exercise/archive", "exercise") == (archive, data)
    return others


async def test_an_envelope_that_is_gone_comes_back_from_an_older_copy_as_the_page_says(
    town: Town, tmp_path: Path
) -> None:
    archive = tmp_path / "archive"
    option, backup = runbook()
    shutil.copytree(archive / "envelopes", tmp_path / backup / "envelopes")
    # The last bundle is the one that a registrar looks at first, and the second lies deep in the record.
    gone = sorted(path for path in (archive / "envelopes").rglob("*") if path.is_file() and "005" in str(path))
    torn = next(path for path in (archive / "envelopes").rglob("001"))
    whole = torn.read_bytes()
    for path in gone:
        path.unlink()
    torn.write_bytes(whole[: len(whole) // 2])

    told = refused(tmp_path)
    assert "tacit restore ARCHIVE --envelopes FROM" in " ".join(told.split())
    done = restored(tmp_path, option, str(tmp_path / backup))

    lost = {
        each.index
        for path in gone
        for each in decode_kept((tmp_path / backup / path.relative_to(archive)).read_bytes())
    }
    assert len(lost) + len(decode_kept(whole)) - len(decode_damaged(whole[: len(whole) // 2])) == done["envelopes"]
    assert whole == torn.read_bytes()
    assert ENTRIES == done["appended"]
    assert [each.data for each in town.record.messages()] == [each.data for each in await held(tmp_path, town)]
    assert 0 == verified_whole(archive)


def verified_whole(archive: Path) -> int:
    command = [sys.executable, "-m", "tacit.cli", "verify", str(archive), "--whole"]
    return subprocess.run(command, stdout=subprocess.DEVNULL, timeout=WAIT_S, check=False).returncode


def completing(folder: Path, source: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tacit.cli", "restore", "archive", "--json", "--envelopes", source]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=WAIT_S, check=False)


def test_the_archive_alone_is_completed_where_nothing_else_is_named(town: Town, tmp_path: Path) -> None:
    path = next(path for path in (tmp_path / "archive" / "envelopes").rglob("002"))
    whole = path.read_bytes()
    path.unlink()
    lines = write(tmp_path / "record.jsonl", [each.data for each in town.record.messages()])

    nothing = completing(tmp_path, "data")
    (tmp_path / "data").mkdir()
    without = completing(tmp_path, "data")
    found = completing(tmp_path, str(lines))

    assert 2 == nothing.returncode
    assert (1, True) == (without.returncode, "still lacks the envelope of entry 512 (sha256 " in without.stderr)
    assert (0, {"envelopes": len(decode_kept(whole)), "log_files": 0}) == (found.returncode, json.loads(found.stdout))
    assert whole == path.read_bytes()
    assert [] == list((tmp_path / "data").iterdir())


@pytest.mark.usefixtures("town")
def test_files_of_the_log_that_are_gone_are_written_again_as_the_page_says(tmp_path: Path) -> None:
    found = re.search(r"^```sh log\ntacit restore exercise/archive (.+)\n```", PAGE.read_text(), re.MULTILINE)
    assert found is not None
    archive, tiles = tmp_path / "archive", sorted((tmp_path / "archive" / "tile").rglob("00[01]"))
    leaves = archive / "tile" / "entries" / "001"
    whole = {path: path.read_bytes() for path in tiles}
    shutil.copytree(archive / "tile", tmp_path / "mirrored" / "tile")
    for path in tiles:
        path.unlink()
    command = [sys.executable, "-m", "tacit.cli", "restore", str(archive), "--json", found[1]]

    lacking = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, check=False)
    assert (1, "") == (lacking.returncode, lacking.stdout)
    assert "tile/entries/000" in lacking.stderr
    for path in (leaves, leaves.with_name("000")):
        path.write_bytes(whole[path])
    command += ["--envelopes", str(tmp_path / "mirrored")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, check=False)

    assert (0, {"envelopes": 0, "log_files": len(tiles) - 2}) == (done.returncode, json.loads(done.stdout)), done.stderr
    assert whole == {path: path.read_bytes() for path in tiles}
    assert 0 == verified_whole(archive)
