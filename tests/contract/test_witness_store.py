"""What a witness's store promises, of the fake and of the file; and what only a file can: that it survives."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from tacit import profile
from tacit.record.attestation import NO_ATTESTATION, Attestation, attestation_id, sign_attestation
from tacit.testing import witness_signer
from tacit.witness import retaining
from tacit.witness.deciding import NOTHING, Held
from tacit.witness.file import NOTES_KEPT, WitnessFile, evidence_in
from tacit.witness.memory import MemoryWitnessStore
from tacit.witness.ports import StoreError, WitnessStore
from tacit.witness.retaining import KEPT_S, KEPT_S_MIN

LOG, OTHER = "log.example", "other.example"
AT = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
ORGANISATION = "a" * 64


def held(size: int, name: str = "") -> Held:
    return Held(size, bytes([size % 256]) * 32, f"note of {size}{name}")


def attestation(last: Attestation | None, act: int) -> Attestation:
    if last is None:
        return Attestation(ORGANISATION, f"{act:064x}", AT, 1, NO_ATTESTATION)
    at = last.at + timedelta(seconds=1)
    return Attestation(ORGANISATION, f"{act:064x}", at, last.counter + 1, attestation_id(last))


def signed(each: Attestation) -> bytes:
    return profile.encode(sign_attestation(each, witness_signer("XAA")))


@contextmanager
def opened(folder: Path) -> Iterator[WitnessFile]:
    store = WitnessFile(folder)
    try:
        yield store
    finally:
        store.close()


@pytest.fixture(params=["memory", "file"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[WitnessStore]:
    if request.param == "memory":
        yield MemoryWitnessStore()
        return
    with opened(tmp_path / "witness") as file:
        yield file


async def test_of_an_unknown_log_nothing_is_held(store: WitnessStore) -> None:
    assert NOTHING == await store.held(LOG)
    assert await store.note_of(LOG, 5) is None


async def test_what_is_held_moves_only_from_what_was_held(store: WitnessStore) -> None:
    assert await store.advance(LOG, NOTHING, held(5))
    assert not await store.advance(LOG, NOTHING, held(6))
    assert not await store.advance(LOG, held(5, "of another"), held(6))
    assert await store.advance(LOG, held(5), held(9))

    assert held(9) == await store.held(LOG)
    assert NOTHING == await store.held(OTHER)


async def test_earlier_checkpoints_are_remembered(store: WitnessStore) -> None:
    await store.advance(LOG, NOTHING, held(5))
    await store.advance(LOG, held(5), held(9))

    assert ["note of 5", "note of 9", None] == [await store.note_of(LOG, size) for size in (5, 9, 7)]
    assert await store.note_of(OTHER, 5) is None


async def test_of_many_that_move_at_once_one_wins(store: WitnessStore) -> None:
    wishes = [store.advance(LOG, NOTHING, held(size)) for size in range(1, 9)]

    assert [True] == [won for won in await asyncio.gather(*wishes) if won]


async def test_a_chain_of_attestations_grows_only_at_its_end(store: WitnessStore) -> None:
    first = attestation(None, 1)
    second = attestation(first, 2)

    assert await store.attest(None, first, signed(first))
    assert not await store.attest(None, attestation(None, 3), b"")
    assert await store.attest(first, second, signed(second))
    assert not await store.attest(first, attestation(first, 4), b"")

    assert second == await store.last_attestation(ORGANISATION)
    assert [signed(first), signed(second)] == [await store.attested(ORGANISATION, each.act) for each in (first, second)]
    assert await store.attested(ORGANISATION, f"{3:064x}") is None
    assert await store.last_attestation("b" * 64) is None


async def chained(store: WitnessStore, *ages_s: float) -> list[Attestation]:
    """A chain of attestations, each so many seconds after the one before."""
    chain: list[Attestation] = []
    for number, age_s in enumerate(ages_s):
        last = chain[-1] if chain else None
        made = attestation(last, number)
        if last is not None:
            made = msgspec.structs.replace(made, at=last.at + timedelta(seconds=age_s))
        assert await store.attest(last, made, signed(made))
        chain.append(made)
    return chain


async def kept(store: WitnessStore, chain: list[Attestation]) -> list[int]:
    return [each.counter for each in chain if await store.attested(ORGANISATION, each.act) is not None]


async def test_an_attestation_can_be_had_for_longer_than_anything_runs_and_then_no_more(store: WitnessStore) -> None:
    chain = await chained(store, 0, 1, KEPT_S - 1, 1, 1)

    assert [3, 4, 5] == await kept(store, chain)
    assert chain[-1] == await store.last_attestation(ORGANISATION)


async def test_the_last_of_a_chain_is_kept_for_ever_and_the_counter_goes_on(store: WitnessStore) -> None:
    chain = await chained(store, 0, 10 * KEPT_S, 10 * KEPT_S)

    assert [3] == await kept(store, chain)
    assert [1, 2, 3] == [each.counter for each in chain]


async def test_a_flood_pushes_out_what_is_old_and_never_what_may_still_be_shown(
    store: WitnessStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retaining, "KEPT_MAX", 4)
    chain = await chained(store, 0, 1, KEPT_S_MIN, *[1] * 9)

    assert list(range(3, 13)) == await kept(store, chain)


async def test_evidence_is_kept_once(store: WitnessStore) -> None:
    assert await store.keep(b"two roots", b"asked")
    assert not await store.keep(b"two roots", b"asked again")
    assert await store.keep(b"two others", b"asked")

    assert {b"two roots", b"two others"} == set(await store.evidence())


async def test_a_checkpoint_that_is_in_doubt_is_kept_once_and_is_no_evidence(store: WitnessStore) -> None:
    assert [True, False, True] == [await store.doubt(each) for each in (b"one", b"one", b"other")]
    assert () == await store.evidence()


async def test_all_of_it_is_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    first = attestation(None, 1)
    with opened(tmp_path) as store:
        await store.advance(LOG, NOTHING, held(5))
        await store.attest(None, first, signed(first))
        await store.keep(b"two roots", b"asked")

    with opened(tmp_path) as store:
        assert held(5) == await store.held(LOG)
        assert "note of 5" == await store.note_of(LOG, 5)
        assert first == await store.last_attestation(ORGANISATION)
        assert (b"two roots",) == await store.evidence() == evidence_in(tmp_path)
    assert [b"asked"] == [path.read_bytes() for path in (tmp_path / "evidence").glob("*.asked")]


async def test_no_second_process_has_the_file(tmp_path: Path) -> None:
    with opened(tmp_path), pytest.raises(StoreError, match="another witness runs on it"):
        WitnessFile(tmp_path)


async def test_a_file_that_is_none_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "witness.sqlite").write_bytes(b"no database" * 1_000)

    with pytest.raises(StoreError, match="not a database"):
        WitnessFile(tmp_path)


async def test_only_the_last_checkpoints_are_remembered(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store._thread.submit(store._base.execute, "PRAGMA synchronous=OFF").result()
        before = NOTHING
        for size in range(1, NOTES_KEPT + 3):
            await store.advance(LOG, before, held(size))
            before = held(size)

        assert [None, None, "note of 3"] == [await store.note_of(LOG, size) for size in (1, 2, 3)]
