"""A fork that proves nothing against itself is convicted by the tiles of its log, or by those of a mirror."""

import asyncio
from pathlib import Path

import pytest

from tacit.record.add_checkpoint import AddCheckpoint
from tacit.record.checkpoint import Checkpoint
from tacit.record.equivocation import check_equivocation, decode_equivocation, shown_by_tree
from tacit.record.merkle import EMPTY_ROOT, leaf_hash
from tacit.record.tiles import parse_path
from tacit.witness import forks
from tacit.witness.cosigning import Cosigner
from tacit.witness.file import DOUBTED_KEPT, EVIDENCE_KEPT, WitnessFile
from tacit.witness.memory import MemoryWitnessStore
from tacit.witness.mirror import FolderMirror
from tacit.witness.ports import LogFiles, MirrorError
from tests.property.log_files import files_of, leaves_of, root_of
from tests.unit.witness.forking import KEYS, LOG, ORIGIN, TRUE, History, cosigner

FORK = History("other ", 1)
EARLY = History("other ", 0)


class Served:
    """The address of a log that serves the tiles of one history, some of them alone in full."""

    def __init__(self, history: History, *paths: str) -> None:
        self._history = history
        self._missing = paths
        self.asked: list[str] = []

    async def read(self, path: str) -> bytes:
        self.asked.append(path)
        if path in self._missing:
            raise MirrorError(f"{path}: status 404")
        return self._history.tile(parse_path(path))


def watching(store: MemoryWitnessStore, source: Served) -> Cosigner:
    return cosigner(store, files=LogFiles({ORIGIN: source}, {}))


async def refused(witness: Cosigner, old: int, new: int, history: History = FORK) -> int:
    return (await witness.add_checkpoint(history.asks(old, new))).status


async def convicted(store: MemoryWitnessStore) -> list[Checkpoint]:
    (kept,) = await store.evidence()
    return list(check_equivocation(decode_equivocation(kept), KEYS))


@pytest.mark.parametrize(("old", "new"), [(1, 2), (2, 3), (4, 9), (8, 16), (256, 257), (256, 700), (512, 700)])
async def test_a_fork_from_a_power_of_two_convicts_its_log(old: int, new: int) -> None:
    store = MemoryWitnessStore()
    witness = watching(store, Served(EARLY))
    await witness.add_checkpoint(TRUE.asks(0, old))

    assert 422 == await refused(witness, old, new, EARLY)
    assert [TRUE.checkpoint(old), EARLY.checkpoint(new)] == await convicted(store)


@pytest.mark.parametrize("old", [3, 4])
async def test_a_fork_without_a_proof_convicts_its_log_too(old: int) -> None:
    store = MemoryWitnessStore()
    witness = watching(store, Served(FORK))
    await witness.add_checkpoint(TRUE.asks(0, old))

    assert 422 == (await witness.add_checkpoint(AddCheckpoint(old, (EMPTY_ROOT,), FORK.signed(9)).encode())).status
    assert [TRUE.checkpoint(old), FORK.checkpoint(9)] == await convicted(store)


async def test_where_partial_tiles_are_gone_the_full_ones_show_it() -> None:
    store, source = MemoryWitnessStore(), Served(FORK, "tile/0/000.p/9")
    witness = watching(store, source)
    await witness.add_checkpoint(TRUE.asks(0, 4))

    assert 422 == await refused(witness, 4, 9)
    assert ["tile/0/000.p/9", "tile/0/000"] == source.asked
    assert [TRUE.checkpoint(4), FORK.checkpoint(9)] == await convicted(store)


async def test_a_wrong_proof_by_an_honest_log_convicts_nobody() -> None:
    store, source = MemoryWitnessStore(), Served(TRUE)
    witness = watching(store, source)
    await witness.add_checkpoint(TRUE.asks(0, 4))

    assert 422 == (await witness.add_checkpoint(AddCheckpoint(4, (EMPTY_ROOT,), TRUE.signed(9)).encode())).status
    assert source.asked
    assert ((), []) == (await store.evidence(), store.doubted)


@pytest.mark.parametrize("source", [Served(TRUE), Served(FORK, "tile/0/000.p/9", "tile/0/000")], ids=["other", "none"])
async def test_tiles_that_are_not_those_of_what_was_signed_convict_nobody(source: Served) -> None:
    store = MemoryWitnessStore()
    witness = watching(store, source)
    await witness.add_checkpoint(TRUE.asks(0, 4))

    assert 422 == await refused(witness, 4, 9)
    assert () == await store.evidence()
    assert [FORK.signed(9).encode()] == store.doubted


async def test_octets_that_are_no_tile_convict_nobody() -> None:
    class Junk(Served):
        async def read(self, path: str) -> bytes:
            return b"junk" + (await super().read(path))

    store = MemoryWitnessStore()
    witness = watching(store, Junk(FORK))
    await witness.add_checkpoint(TRUE.asks(0, 4))

    assert 422 == await refused(witness, 4, 9)
    assert () == await store.evidence()


async def test_a_log_that_is_slow_is_given_up_and_looked_at_once_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(Served):
        async def read(self, path: str) -> bytes:
            self.asked.append(path)
            await asyncio.sleep(60)
            return b""

    monkeypatch.setattr(forks, "LOOK_WAIT_S", 0.05)
    source = Slow(FORK)
    witness = watching(MemoryWitnessStore(), source)
    await witness.add_checkpoint(TRUE.asks(0, 4))

    assert [422] * 5 == await asyncio.gather(*(refused(witness, 4, 9) for _ in range(5)))
    assert 1 == len(source.asked)


async def test_without_an_address_a_fork_is_refused_and_kept_for_whoever_has_its_tiles() -> None:
    store = MemoryWitnessStore()
    witness = cosigner(store)
    await witness.add_checkpoint(TRUE.asks(0, 4))

    assert [422, 422] == [await refused(witness, 4, 9), await refused(witness, 4, 9)]
    assert () == await store.evidence()
    assert [FORK.signed(9).encode()] == store.doubted
    found = shown_by_tree(TRUE.signed(4).encode().decode(), store.doubted[0].decode(), FORK.node)
    assert found is not None
    assert [TRUE.checkpoint(4), FORK.checkpoint(9)] == list(check_equivocation(found, KEYS))


class Log:
    """The address of an honest log."""

    async def read(self, path: str) -> bytes:
        return files_of(700)[parse_path(path)]


@pytest.mark.parametrize("size", [1, 4, 255, 256, 300, 699])
async def test_a_mirror_convicts_with_any_smaller_checkpoint_that_it_contradicts(tmp_path: Path, size: int) -> None:
    mirror, store = FolderMirror(tmp_path, Log()), MemoryWitnessStore()
    await mirror.hold(700, root_of(leaves_of(700)))
    witness = cosigner(store, files=LogFiles({}, {ORIGIN: mirror}))
    held = Checkpoint(ORIGIN, 700, root_of(leaves_of(700)))
    assert 200 == (await witness.add_checkpoint(AddCheckpoint(0, (), LOG.sign(held, 0)).encode())).status

    honest = LOG.sign(Checkpoint(ORIGIN, size, root_of(leaves_of(size))), 0)
    forged = Checkpoint(ORIGIN, size, leaf_hash(b"other"))
    assert 409 == (await witness.add_checkpoint(AddCheckpoint(0, (), honest).encode())).status
    assert () == await store.evidence()
    assert 409 == (await witness.add_checkpoint(AddCheckpoint(0, (), LOG.sign(forged, 0)).encode())).status
    assert [forged, held] == await convicted(store)


async def test_evidence_without_end_does_not_fill_the_disk(tmp_path: Path) -> None:
    store = WitnessFile(tmp_path)
    try:
        kept = [await store.keep(b"%d" % number, b"asked") for number in range(EVIDENCE_KEPT + 3)]
        doubted = [await store.doubt(b"%d" % number) for number in range(DOUBTED_KEPT + 3)]
    finally:
        store.close()

    assert [True] * EVIDENCE_KEPT + [False] * 3 == kept
    assert [True] * DOUBTED_KEPT + [False] * 3 == doubted
