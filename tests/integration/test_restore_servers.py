"""The page about backups, done on a server of our own: settings and command as they stand there."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tacit import envelope
from tacit_services.archived import subject_of
from tacit_services.ports import NewMessage
from tacit_services.shell.event_store.bodies import JetStreamBodyStore
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.organisation import OrganisationStreams
from tacit_services.shell.event_store.stream import delete_stream
from tacit_services.shell.nats_connection import connect
from tests.requirement import ROOT
from tests.shipped import sign_in, single_server
from tests.unit.notary.town import Story, Town

PAGE: Final = ROOT / "docs" / "how-to" / "back-up-and-restore.md"
ENTRIES: Final = 300
WAIT_S: Final = 60.0

pytestmark = pytest.mark.requires("nats-server")


def block(kind: str) -> str:
    """What the page says."""
    found = re.search(rf"^```{kind} servers\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


class Site:
    """A server with the shipped users, an archive, and the files that the page names, each in a place of ours."""

    def __init__(self, folder: Path, url: str, town: Town) -> None:
        self.folder = folder
        self.town = town
        self._url = url
        self._places = {
            "/srv/archive": folder / "archive",
            "/etc/tacit/restore.toml": folder / "restore.toml",
            "/etc/tacit/charter.json": folder / "charter.json",
            "/etc/tacit/administrator-password": folder / "password",
        }
        for path, data in town.files.items():
            file = folder / "archive" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        (folder / "charter.json").write_bytes(envelope.encode(town.story.world.entries[0].envelope))
        settings = self._here(block("toml")).replace("nats://127.0.0.1:4222", url)
        (folder / "restore.toml").write_text(settings)
        (folder / "password").write_text(f"{sign_in('administrator').password}\n")
        (folder / "tacit").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tacit.cli "$@"\n')
        (folder / "tacit").chmod(0o700)

    def _here(self, text: str) -> str:
        for place, path in self._places.items():
            assert place not in text or path.parent == self.folder
            text = text.replace(place, str(path))
        return text

    def restore(self, more: str = "") -> "subprocess.CompletedProcess[str]":
        """The command of the page."""
        command = self._here(block("sh")).strip() + f" {more}"
        environment = {**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}"}
        return subprocess.run(
            ["sh", "-ec", command],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            check=False,
        )

    async def record(self) -> list[bytes]:
        async with connect(self._url, sign_in("administrator"), "test") as link:
            store = await JetStreamEventStore.open(link, self._streams.record, make=False)
            return [each.data for each in await store.read(1, 1_000)]

    async def fill(self, messages: list[NewMessage]) -> None:
        """Have the record hold just these."""
        async with connect(self._url, sign_in("administrator"), "test") as link:
            await delete_stream(link, self._streams.record)
            store = await JetStreamEventStore.open(link, self._streams.record)
            await store.append(messages, 0)

    async def lacks(self) -> set[str]:
        """The bodies that the store does not have."""
        async with connect(self._url, sign_in("administrator"), "test") as link:
            bodies = await JetStreamBodyStore.open(link, self._streams.bodies, make=False)
            named = [entry.act.header.detached for entry in self.town.story.world.entries]
            return {digest for digest in named if digest and await bodies.get(digest) is None}

    @property
    def _streams(self) -> OrganisationStreams:
        return OrganisationStreams(self.town.log.organisation)


@pytest.fixture
async def town() -> Town:
    town = Town(told=Story(witnessed=True))
    town.grow(ENTRIES - town.record.last)
    await town.caught_up()
    return town


@pytest.fixture
def site(town: Town, tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "nats").mkdir()
    with single_server(tmp_path / "nats", town.log.organisation) as url:
        yield Site(tmp_path, url, town)


async def test_the_page_restores_a_server_that_has_lost_everything(site: Site) -> None:
    first, second = site.restore(), site.restore()

    assert (0, 0) == (first.returncode, second.returncode), first.stderr + second.stderr
    assert f"0 entries were there, {ENTRIES} appended" in first.stdout
    assert f"{ENTRIES} entries were there, 0 appended" in second.stdout
    assert [each.data for each in site.town.record.messages()] == await site.record()
    assert set() == await site.lacks()


async def test_a_record_that_differs_is_named_and_made_anew_when_told_so(site: Site) -> None:
    messages = site.town.record.messages()
    assert 0 == site.restore().returncode
    one = site.town.story.message(ENTRIES)
    damaged = [*(each.data for each in messages), one]
    damaged[200] += b" "
    await site.fill([NewMessage(subject_of(site.town.log.organisation, each), each) for each in damaged])

    refused, anew = site.restore(), site.restore("--anew")

    assert 1 == refused.returncode
    assert "Entry 200 " in refused.stderr
    assert 0 == anew.returncode, anew.stderr
    assert [*(each.data for each in messages), one] == await site.record()
