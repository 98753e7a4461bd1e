"""Timekeeper and relay say that they are ready once they have come to where the record ended when they began."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry

from tacit.compose import Author
from tacit.submission import Answer, Submission, Unavailable
from tacit_services.kept_fold import KeptFold
from tacit_services.last_seen import LastSeen
from tacit_services.ports import StoredMessage
from tacit_services.relay import Ports, Relay, Watch
from tacit_services.run import catalogue
from tacit_services.run.around import Around, Identity, Standing
from tacit_services.run.settings import Settings
from tacit_services.shell.clock import SystemClock
from tacit_services.shell.event_store.memory import MemoryEventStore, MemoryRecord
from tacit_services.shell.probes import Readiness
from tacit_services.tracing import untraced
from tests.unit.relay.record import messages, new_telling, organisation, story

WAIT_S = 20.0
FIRST = 5


class Slow(MemoryEventStore):
    """Hands out the first messages, and the others once it may."""

    def __init__(self, record: MemoryRecord) -> None:
        super().__init__(record)
        self.given, self.may_go_on = asyncio.Event(), asyncio.Event()

    async def follow(self, after: int) -> AsyncGenerator[Sequence[StoredMessage], None]:
        async with aclosing(super().follow(after)) as batches:
            async for batch in batches:
                yield batch[:FIRST]
                self.given.set()
                await self.may_go_on.wait()
                yield batch[FIRST:]


class Link:
    """A connection, as far as a readiness asks for it."""

    is_connected = True


class Busy:
    """A registrar that takes nothing."""

    async def submit(self, _submission: Submission) -> Answer:
        return Unavailable("busy")


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Slow:
    """A record from which both services read, and what else they find in the place of a bus."""
    record = MemoryRecord()
    record.add(messages(), 0)
    store = Slow(record)

    async def opened(_around: Around, name: str = "") -> LastSeen:
        return LastSeen(store, name)

    async def assembled(
        _link: object, _organisation: object, registry: CollectorRegistry, kept: KeptFold, _: int
    ) -> Relay:
        events = MemoryEventStore(MemoryRecord(f"tacit.{organisation()[:12]}.events.>"))
        return Relay(Ports(store, events, SystemClock(), asyncio.sleep), new_telling(), Watch(registry), kept)

    monkeypatch.setattr(Around, "record", opened)
    monkeypatch.setattr(Around, "submitter", lambda _: Busy())
    monkeypatch.setattr(catalogue, "assemble_relay", assembled)
    return store


def around(folder: Path | None) -> Around:
    def author(office: str) -> Author:
        return story().world.author("ORG", office)

    identity = Identity(organisation(), b"", lambda office: author(office).signer, cast("Any", None))
    link, registry = cast("Any", Link()), CollectorRegistry()
    return Around(identity, Settings(), link, registry, SystemClock(), untraced("test"), folder)


@pytest.mark.parametrize("name", ["timekeeper", "relay"])
async def test_a_service_is_ready_once_it_has_caught_up(name: str, store: Slow) -> None:
    standing = Standing()
    found = [standing.look()]
    async with asyncio.timeout(WAIT_S), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(catalogue.RUN[name](around(None), standing))
        await store.given.wait()
        assert standing.begun.is_set()
        found.append(standing.look())
        store.may_go_on.set()
        while not standing.look().ready:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)
        found.append(standing.look())
        running.cancel()

    assert [("starting",), ("catching_up",), ()] == [cast("Readiness", each).reasons for each in found]


async def test_a_timekeeper_that_begins_from_what_it_kept_is_ready_at_once(tmp_path: Path, store: Slow) -> None:
    store.may_go_on.set()
    for asked in (False, True):
        store.given.clear()
        standing = Standing()
        async with asyncio.timeout(WAIT_S), asyncio.TaskGroup() as tasks:
            running = tasks.create_task(catalogue.RUN["timekeeper"](around(tmp_path), standing))
            while not standing.look().ready:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.01)
            running.cancel()
        assert (tmp_path / "timekeeper-state").exists(), asked
