"""A start goes on from the state that was kept, if the record is the one that it was kept of; and says why if not."""

from collections.abc import Callable, MutableMapping, Sequence
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from tacit import envelope
from tacit.acts import MessagePosted
from tacit.detached import Detached
from tacit.rules import catalogue, decode_snapshot
from tacit_services.ports import NewMessage, StoredMessage, StoreFailedError
from tacit_services.registrar.bodies import decode_named
from tacit_services.registrar.folding import Folding
from tacit_services.registrar.ports import Row
from tacit_services.registrar.settings import Limits
from tacit_services.shell.act_index import MemoryActIndex
from tacit_services.shell.event_store.memory import MemoryRecord
from tacit_services.shell.kept_state import MemoryKeptState
from tests.memory_registrar import QUICK, Office, Speaker, leaf

Logs = list[MutableMapping[str, Any]]


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def folded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sequence of every message that was folded by a registrar that takes over."""
    found: list[int] = []
    fold = Folding._fold_slice

    def noted(self: Folding, messages: Sequence[StoredMessage], trusted: int) -> list[Row]:
        found.extend(message.sequence for message in messages)
        return fold(self, messages, trusted)

    monkeypatch.setattr(Folding, "_fold_slice", noted)
    return found


def charter_of(office: Office) -> bytes:
    return envelope.encode(office.world.entries[0].envelope)


async def serve(office: Office, speaker: Speaker, count: int, limits: Limits = QUICK) -> Logs:
    """Start, take so many acts, stop in order."""
    with capture_logs() as logs:
        async with office.serving(limits=limits, charter=charter_of(office)) as registrar:
            for _ in range(count):
                leaf(await registrar.submit(speaker.request()[1]))
    return logs


def size_kept(office: Office) -> int:
    assert office.kept.raw is not None
    return decode_snapshot(office.kept.raw, catalogue()).size


def ignored(logs: Logs) -> list[str]:
    return [line["reason"] for line in logs if line["event"] == "state_ignored"]


async def test_a_registrar_that_is_stopped_in_order_leaves_its_state_and_the_next_goes_on(
    office: Office, folded: list[int]
) -> None:
    speaker = Speaker.of(office.world, "XAA")
    await serve(office, speaker, 3)
    kept = office.record.last
    assert kept == size_kept(office)
    folded.clear()
    logs = await serve(office, speaker, 2)

    assert [kept] == [line["size"] for line in logs if line["event"] == "state_restored"]
    assert [kept + 1] == folded, "its own term alone"
    assert office.record.last == size_kept(office) == office.refold().size
    assert decode_snapshot(office.kept.raw or b"", catalogue()).state == office.refold()


async def test_what_came_after_the_state_was_kept_is_folded(office: Office, folded: list[int]) -> None:
    speaker = Speaker.of(office.world, "XAA")
    await serve(office, speaker, 1)
    then = office.kept.raw
    await serve(office, speaker, 4)
    last = office.record.last
    office.kept.raw = then
    kept = size_kept(office)
    folded.clear()
    await serve(office, speaker, 1)

    assert list(range(kept + 1, last + 2)) == folded
    assert decode_snapshot(office.kept.raw or b"", catalogue()).state == office.refold()


async def test_the_state_is_kept_again_while_it_serves(office: Office) -> None:
    speaker, sizes = Speaker.of(office.world, "XAA"), set[int]()
    async with office.serving(
        charter=charter_of(office), limits=msgspec.structs.replace(QUICK, state_entries=2)
    ) as registrar:
        for _ in range(5):
            leaf(await registrar.submit(speaker.request()[1]))
            sizes.add(size_kept(office))
            assert office.record.last - size_kept(office) < 2

    assert len(sizes) >= 2
    assert size_kept(office) == office.metric("state_entries") == office.record.last


def spoil(office: Office) -> None:
    raw = bytearray(office.kept.raw or b"")
    raw[len(raw) // 2] ^= 1
    office.kept.raw = bytes(raw)


def exchange(office: Office) -> None:
    """Another act in the place of the first that was said; the record is as long as before."""
    said = office.record.messages()
    other = Office()
    other.record = MemoryRecord()
    for at, message in enumerate(said):
        data = message.data.replace(b'"v":1', b'"v":2', 1) if at == len(said) - 2 else message.data
        other.record.add([NewMessage(message.subject, data)], at)
    office.record = other.record


def shorten(office: Office) -> None:
    said = office.record.messages()[:-1]
    office.record = MemoryRecord()
    office.record.add([NewMessage(message.subject, message.data) for message in said], 0)
    office.index = MemoryActIndex()


@pytest.mark.parametrize(
    ("change", "reason"),
    [(spoil, "damaged"), (exchange, "differs"), (shorten, "longer_than_the_record")],
)
async def test_a_state_that_is_not_of_this_record_is_said_and_all_is_folded(
    office: Office, folded: list[int], change: Callable[[Office], None], reason: str
) -> None:
    speaker = Speaker.of(office.world, "XAA")
    await serve(office, speaker, 2)
    change(office)
    last = office.record.last
    folded.clear()
    logs = await serve(office, speaker, 0)

    assert [reason] == ignored(logs)
    assert list(range(1, last + 2)) == folded


async def test_a_state_that_other_rules_folded_is_said_and_all_is_folded(
    office: Office, folded: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    speaker = Speaker.of(office.world, "XAA")
    await serve(office, speaker, 2)
    monkeypatch.setattr("tacit.rules.snapshot.rules_digest", lambda: "0" * 64)
    folded.clear()

    assert ["other_rules"] == ignored(await serve(office, speaker, 1))
    assert 1 in folded


async def test_a_state_of_another_organisation_is_said(office: Office) -> None:
    await serve(office, Speaker.of(office.world, "XAA"), 1)
    other = Office(type(office.world)(("XAA", "XBB")))
    other.kept = office.kept
    with capture_logs() as logs:
        async with other.serving(charter=charter_of(other)):
            pass

    assert ["other_organisation"] == ignored(logs)
    assert other.refold().organisation == other.world.organisation


async def test_an_index_that_is_gone_is_filled_from_the_record(office: Office, folded: list[int]) -> None:
    speaker = Speaker.of(office.world, "XAA")
    await serve(office, speaker, 2)
    rows = dict(office.index.rows)
    office.index = MemoryActIndex()
    folded.clear()
    await serve(office, speaker, 0)

    assert 1 in folded
    assert rows.items() <= office.index.rows.items()


async def test_a_state_that_cannot_be_read_or_kept_stops_nobody(office: Office) -> None:
    office.kept = MemoryKeptState(lambda _: StoreFailedError("disk_full"))
    speaker = Speaker.of(office.world, "XAA")
    logs = await serve(office, speaker, 3, msgspec.structs.replace(QUICK, state_entries=1))

    assert {"disk_full"} >= set(ignored(logs)) - {"unreadable"}
    assert ignored(logs)
    assert 0 == office.refold().void


async def test_how_many_bodies_are_named_is_kept_beside_the_state(office: Office) -> None:
    speaker, texts = Speaker.of(office.world, "XAA"), [Detached(b"\0" * 32, b"%d" % number) for number in range(3)]
    for text in texts:
        async with office.serving(charter=charter_of(office)) as registrar:
            said = speaker.say(MessagePosted(subject="News", in_reply_to=None), body=text)
            leaf(await registrar.submit(said[1]))
    assert office.kept.raw is not None
    named = decode_named(decode_snapshot(office.kept.raw, catalogue()).beside)

    assert (3, [text.digest() for text in texts]) == (named.count, list(named.last))
