"""A client that follows and stays up while the record under it is deleted and restored, or loses its end and is mended.

Real server, registrar, notary and gateway; the record is brought back by `tacit restore`, or by the registrar itself.
"""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Self

import pytest

from tacit.acts import MessagePosted
from tacit.client import Delegation, Endpoint, RecordChangedError, SqliteStore, Stage, connect
from tacit.client.store.sqlite import read_outbox
from tacit.record import Leaf
from tacit.record import leaf as leaf_format
from tacit.record.proof_file import verify_proof_file
from tacit.testing import COUNCIL, EAST, World
from tacit_services.archived_copy import ArchivedCopy
from tacit_services.cli.folder import connected
from tacit_services.ports import NewMessage
from tacit_services.shell.archive import FolderArchive
from tacit_services.shell.elsewhere import Everybody
from tacit_services.shell.event_store.jetstream import JetStreamEventStore
from tacit_services.shell.event_store.stream import delete_stream
from tests.integration.proven import WAIT_S, ProvenTown, proven, until

pytestmark = [pytest.mark.requires("nats-server"), pytest.mark.timeout(300)]

PLACE = (COUNCIL, EAST)
RESTORE_WAIT_S = 60.0
LATER_S = 120
"""How long the town is away, longer than this takes on a slow machine: its clock begins where the world stands."""


def posted(subject: str) -> MessagePosted:
    return MessagePosted(subject=subject, in_reply_to=None)


class Reader:
    """Whoever follows, and what was read: by index what stands there, as far as the reader knows."""

    def __init__(self, delegation: Delegation) -> None:
        self.delegation = delegation
        self.read: list[int] = []
        self.told: list[int] = []

    async def follows(self) -> None:
        while True:
            try:
                async for entry in self.delegation.follow():
                    self.read.append(entry.index)
            except RecordChangedError as error:
                self.told.append(error.first)
                self.read = [index for index in self.read if index < error.first]

    async def has_read(self, leaf: Leaf) -> None:
        await until(lambda: bool(self.read) and self.read[-1] >= leaf.index)


class Life:
    """A town that is ended and comes back, and a member that stays connected all the while."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.world = World(ruleset="nato-like-2", witnessed=True)
        self.author = self.world.author("XAA")
        self.store = SqliteStore(folder / "outbox", self.world.organisation, self.author.signer.credential)
        self.town: ProvenTown | None = None
        self.port = 0
        self._stack = AsyncExitStack()

    def now(self) -> datetime:
        assert self.town is not None
        return self.town.clock.now()

    @asynccontextmanager
    async def up(self, *, mended: bool = False) -> AsyncIterator[ProvenTown]:
        """The town with a gateway, always at the same address."""
        async with AsyncExitStack() as stack:
            elsewhere = None
            if mended:
                archive = stack.enter_context(FolderArchive(self.folder / "town" / "archive"))
                elsewhere = Everybody(None, [ArchivedCopy(archive, self.world.organisation)])
            self.town = await stack.enter_async_context(proven(self.folder / "town", self.world, elsewhere))
            url = await stack.enter_async_context(self.town.gateway_open(self.port))
            self.port = int(url.rsplit(":", 1)[1])
            yield self.town

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._stack.aclose()
        self.store.close()

    async def stays(self) -> Reader:
        """The member that follows."""
        tasks = await self._stack.enter_async_context(asyncio.TaskGroup())
        endpoint = Endpoint(f"http://127.0.0.1:{self.port}")
        found = await self._stack.enter_async_context(
            connect(endpoint, self.author, listen=True, outbox=self.store, now=self.now)
        )
        reader = Reader(found)
        following = tasks.create_task(reader.follows())
        self._stack.callback(following.cancel)
        return reader

    async def another_says(self, subject: str) -> Leaf:
        endpoint, author = Endpoint(f"http://127.0.0.1:{self.port}"), self.world.author("XBB")
        async with connect(endpoint, author, now=self.now) as other, asyncio.timeout(WAIT_S):
            return await other.say(posted(subject), PLACE, text=b"text")

    async def archived(self, size: int) -> None:
        """Notarise until the archive holds as many."""
        assert self.town is not None
        checkpoint = self.folder / "town" / "archive" / "checkpoint"
        async with self.town.notary_open():
            await until(lambda: checkpoint.exists() and int(checkpoint.read_text().splitlines()[1]) >= size)

    def lose_and_restore(self) -> None:
        """The server's folder is gone; `tacit restore` makes it again from the archive."""
        archive, data = self.folder / "town" / "archive", self.folder / "town" / "nats"
        shutil.rmtree(data)
        self.world.wait(LATER_S)
        command = [sys.executable, "-m", "tacit.cli", "restore", str(archive), str(data)]
        done = subprocess.run(command, capture_output=True, timeout=RESTORE_WAIT_S, check=False)
        assert 0 == done.returncode, done.stderr

    async def lose_the_end(self, count: int) -> None:
        """The last messages of the stream are gone."""
        assert self.town is not None
        streams = self.town.streams
        self.world.wait(LATER_S)
        async with connected(self.folder / "town" / "nats") as link:
            store = await JetStreamEventStore.open(link, streams.record)
            messages = await store.read(1, 1_000)
            await delete_stream(link, streams.record)
            store = await JetStreamEventStore.open(link, streams.record)
            await store.append([NewMessage(each.subject, each.data) for each in messages[:-count]], 0)


@pytest.mark.parametrize("loss", ["restored", "mended"])
async def test_where_nothing_was_lost_for_good_a_client_goes_on_as_if_nothing_had_been(
    tmp_path: Path, loss: str
) -> None:
    async with Life(tmp_path) as life:
        async with life.up():
            reader = await life.stays()
            said = [await life.another_says(subject) for subject in ("one", "two", "three")]
            await reader.has_read(said[-1])
            await life.archived(said[-1].index + 1)
        if loss == "restored":
            life.lose_and_restore()
        else:
            await life.lose_the_end(2)
        async with life.up(mended=loss == "mended") as town, town.notary_open():
            more = await life.another_says("four")
            await reader.has_read(more)
            async with asyncio.timeout(WAIT_S):
                ours = await reader.delegation.say(posted("five"), PLACE, text=b"text")
                proof = await reader.delegation.proof(ours.act)
            await reader.has_read(ours)

        verify_proof_file(proof, leaf_format.encode(ours), town.policy)
        assert [] == reader.told
        assert [*range(ours.index + 1)] == reader.read
        assert [] == reader.delegation.differences()


async def test_what_was_lost_for_good_is_told_and_an_act_of_ours_comes_back_without_a_new_process(
    tmp_path: Path,
) -> None:
    async with Life(tmp_path) as life:
        async with life.up():
            reader = await life.stays()
            first = await life.another_says("one")
            await life.archived(first.index + 1)
            async with asyncio.timeout(WAIT_S):
                lost = await reader.delegation.say(posted("ours"), PLACE, text=b"text")
            await reader.has_read(await life.another_says("lost, too"))
        life.lose_and_restore()
        async with life.up() as town, town.notary_open():
            instead = await life.another_says("instead")
            async with asyncio.timeout(WAIT_S):
                proof = await reader.delegation.proof(lost.act)
            kept = reader.delegation.standing(lost.act)
            assert kept is not None
            assert kept.leaf is not None
            await reader.has_read(kept.leaf)

        # The registrar that took over says so first.
        assert lost.index + 1 == instead.index
        assert [lost.index] == reader.told
        assert [*range(kept.leaf.index + 1)] == reader.read
        assert (Stage.WITNESSED, 2) == (kept.stage, len(kept.receipts))
        assert kept.leaf.index > lost.index
        verify_proof_file(proof, leaf_format.encode(kept.leaf), town.policy)
        (difference,) = read_outbox(tmp_path / "outbox").differences
        assert (lost.index, False) == (difference.first, difference.is_signed)
