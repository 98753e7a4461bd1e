"""A notary goes on from the state that it kept, if its archive has the root; the record is compared all the same."""

from collections.abc import Callable, MutableMapping
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from tacit.record.tiles import TILE_WIDTH
from tacit.rules import catalogue, decode_snapshot, encode_snapshot
from tacit_services.notary import intake
from tacit_services.notary.errors import RecordDiffersError
from tacit_services.ports import NewMessage, StoreFailedError
from tacit_services.shell.event_store.memory import MemoryRecord
from tacit_services.shell.kept_state import MemoryKeptState
from tests.unit.folded import noted
from tests.unit.notary.town import QUICK, Town, check_archive

GROWN = 3 * TILE_WIDTH + 40


@pytest.fixture
def town() -> Town:
    town = Town()
    town.settings = msgspec.structs.replace(QUICK, state_entries=TILE_WIDTH)
    town.grow(GROWN)
    return town


@pytest.fixture
def folded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The index of every entry that a notary folded."""
    return noted(monkeypatch, intake)


async def notarise(town: Town) -> list[MutableMapping[str, Any]]:
    with capture_logs() as logs:
        await town.caught_up()
    return logs


def ignored(logs: list[MutableMapping[str, Any]]) -> list[str]:
    return [line["reason"] for line in logs if line["event"] == "state_ignored"]


def size_kept(town: Town) -> int:
    assert town.kept.raw is not None
    return decode_snapshot(town.kept.raw, catalogue()).size


async def test_what_is_kept_ends_with_a_bundle_and_lies_under_a_checkpoint(town: Town) -> None:
    await notarise(town)
    found = decode_snapshot(town.kept.raw or b"", catalogue())

    assert 3 * TILE_WIDTH == found.size
    assert found.size <= town.record.last
    assert town.log.organisation == found.organisation


async def test_a_start_compares_all_and_folds_the_end(town: Town, folded: list[int]) -> None:
    await notarise(town)
    folded.clear()
    town.grow(TILE_WIDTH)
    logs = await notarise(town)

    assert [3 * TILE_WIDTH] == [line["size"] for line in logs if line["event"] == "state_restored"]
    assert list(range(3 * TILE_WIDTH, town.record.last)) == folded
    assert 4 * TILE_WIDTH == size_kept(town)
    check_archive(town)


async def test_a_record_that_was_changed_under_the_kept_state_is_not_continued(town: Town) -> None:
    await notarise(town)
    said = town.record.messages()
    town.record = MemoryRecord()
    for at, message in enumerate(said):
        data = message.data.replace(b'"v":1', b'"v":2', 1) if at == 100 else message.data
        town.record.add([NewMessage(message.subject, data)], at)

    with pytest.raises(RecordDiffersError, match="100"):
        await town.notary().run()


def spoil(town: Town) -> None:
    raw = bytearray(town.kept.raw or b"")
    raw[len(raw) // 2] ^= 1
    town.kept.raw = bytes(raw)


def of_other_entries(town: Town) -> None:
    other = decode_snapshot(town.kept.raw or b"", catalogue())
    town.kept.raw = encode_snapshot(other.state, bytes(32))


@pytest.mark.parametrize(("change", "reason"), [(spoil, "damaged"), (of_other_entries, "differs")])
async def test_a_state_that_is_of_no_use_is_said_and_all_is_folded(
    town: Town, folded: list[int], change: Callable[[Town], None], reason: str
) -> None:
    await notarise(town)
    change(town)
    town.grow(1)
    folded.clear()
    logs = await notarise(town)

    assert [reason] == ignored(logs)
    assert list(range(town.record.last)) == folded


async def test_a_state_that_cannot_be_kept_stops_nobody(town: Town) -> None:
    town.kept = MemoryKeptState(lambda operation: StoreFailedError("disk_full") if operation == "write" else None)

    assert {"disk_full"} == set(ignored(await notarise(town)))
