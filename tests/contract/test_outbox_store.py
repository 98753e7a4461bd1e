"""What keeps the acts of an outbox, the fake and the file: what was put is there, in order, whatever happens after."""

import multiprocessing
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

from tacit.client import Kept, MemoryStore, OutboxError, OutboxStore, SqliteStore, Stage
from tacit.client.store.sqlite import read_outbox
from tacit.record import sign_receipt
from tacit.session import Difference, Equivocation
from tacit.submission import Submission
from tacit.testing import START, World, signer_for

WORLD: Final = World()
CREDENTIAL: Final = WORLD.author("XAA").signer.credential
ENTRIES: Final = WORLD.entries[-3:]
KEPT: Final = [
    Kept(act=entry.leaf.act, submission=Submission(entry.envelope, None), stage=Stage.COMPOSED, since=START)
    for entry in ENTRIES
]
CHANGED: Final = Difference(7, 9, b"1" * 32, b"2" * 32)
FORKED: Final = Difference(None, 9, b"1" * 32, b"2" * 32, is_signed=True)
EVIDENCE: Final = Equivocation(b"one", b"two", certain=True)
Reopen = Callable[[], OutboxStore]


@pytest.fixture(params=["memory", "sqlite"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Reopen]:
    """Each call closes the store and opens it again, as another process would; the fake stays the same."""
    with ExitStack() as stack:
        memory = MemoryStore()

        def again() -> OutboxStore:
            if request.param == "memory":
                return memory
            stack.close()
            return stack.enter_context(SqliteStore(tmp_path / "outbox", WORLD.organisation, CREDENTIAL))

        yield again


def test_what_was_put_is_there_in_its_order(reopen: Reopen) -> None:
    reopen().put(KEPT[:2])
    reopen().put(KEPT[2:])

    assert KEPT == reopen().waiting()


def test_what_changes_keeps_its_place(reopen: Reopen) -> None:
    reopen().put(KEPT)
    leaf = ENTRIES[0].leaf
    receipt = sign_receipt(leaf, signer_for("ORG/registrar"))
    changed = replace(KEPT[0], stage=Stage.RECORDED, leaf=leaf, receipts=(receipt,), why="checkpoint")
    reopen().put([changed])

    assert [changed, *KEPT[1:]] == reopen().waiting()


def test_what_is_finished_waits_no_more_and_can_be_asked_for(reopen: Reopen) -> None:
    reopen().put(KEPT)
    ended = replace(KEPT[1], stage=Stage.WITNESSED, proof=b"proof")
    reopen().finish([ended])

    assert [KEPT[0], KEPT[2]] == reopen().waiting()
    assert ended == reopen().finished(ended.act)
    assert reopen().finished(KEPT[0].act) is None


def test_checkpoints_take_the_place_of_those_before(reopen: Reopen) -> None:
    assert () == reopen().checkpoints()
    reopen().note(b"witnessed", b"last")
    reopen().note(b"newer")

    assert (b"newer",) == reopen().checkpoints()


def test_evidence_is_kept_for_good_and_once(reopen: Reopen) -> None:
    reopen().accuse(EVIDENCE)
    reopen().accuse(EVIDENCE)

    assert [EVIDENCE] == reopen().evidence()


def test_what_differed_is_kept_for_good_in_its_order_and_once(reopen: Reopen) -> None:
    assert [] == reopen().differences()
    for each in (CHANGED, FORKED, CHANGED):
        reopen().differs(each)

    assert [CHANGED, FORKED] == reopen().differences()


# The file alone.


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


def test_two_clients_cannot_have_one_file(path: Path) -> None:
    with SqliteStore(path, WORLD.organisation, CREDENTIAL), pytest.raises(OutboxError) as found:
        SqliteStore(path, WORLD.organisation, CREDENTIAL)

    assert "in_use" == found.value.reason


def test_two_clients_cannot_have_one_file_under_two_names(path: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    name = tmp_path / "elsewhere" / "outbox"
    name.symlink_to(path)
    with SqliteStore(path, WORLD.organisation, CREDENTIAL), pytest.raises(OutboxError) as found:
        SqliteStore(name, WORLD.organisation, CREDENTIAL)

    assert "in_use" == found.value.reason


def test_a_file_from_before_there_were_differences_is_read_and_used(path: Path) -> None:
    with SqliteStore(path, WORLD.organisation, CREDENTIAL) as store:
        store.put(KEPT)
    with sqlite3.connect(path) as file:
        file.execute("DROP TABLE difference")
    file.close()
    assert [] == read_outbox(path).differences
    with SqliteStore(path, WORLD.organisation, CREDENTIAL) as store:
        store.differs(CHANGED)
        assert ([CHANGED], KEPT) == (store.differences(), store.waiting())


@pytest.mark.parametrize("whose", [(WORLD.organisation, "1" * 64), ("1" * 64, CREDENTIAL)])
def test_the_file_of_another_is_not_used(path: Path, whose: tuple[str, str]) -> None:
    with SqliteStore(path, WORLD.organisation, CREDENTIAL):
        pass
    with pytest.raises(OutboxError) as found:
        SqliteStore(path, *whose)

    assert "another" == found.value.reason


@pytest.mark.parametrize("raw", [b"no database at all" * 400, b"SQLite format 3\0" + b"\xff" * 4_096])
def test_a_damaged_file_is_named_and_left_as_it_is(path: Path, raw: bytes) -> None:
    path.write_bytes(raw)
    with pytest.raises(OutboxError) as found:
        SqliteStore(path, WORLD.organisation, CREDENTIAL)

    assert found.value.reason in {"damaged", "failed"}
    assert raw == path.read_bytes()


def test_a_file_of_another_version_is_not_used(path: Path) -> None:
    with SqliteStore(path, WORLD.organisation, CREDENTIAL):
        pass
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA user_version = 99")
    file.close()
    with pytest.raises(OutboxError) as found:
        SqliteStore(path, WORLD.organisation, CREDENTIAL)

    assert "damaged" == found.value.reason


def test_a_folder_that_is_not_there_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(OutboxError) as found:
        SqliteStore(tmp_path / "nowhere" / "outbox", WORLD.organisation, CREDENTIAL)

    assert "failed" == found.value.reason


def test_the_file_can_be_read_while_it_is_in_use(path: Path) -> None:
    with SqliteStore(path, WORLD.organisation, CREDENTIAL) as store:
        store.put(KEPT)
        store.finish(KEPT[:1])
        store.accuse(EVIDENCE)
        found = read_outbox(path)

    assert (WORLD.organisation, CREDENTIAL) == (found.organisation, found.credential)
    assert (KEPT[1:], 1, [EVIDENCE]) == (found.waiting, found.finished, found.evidence)


@pytest.mark.parametrize("raw", [None, b"", b"nothing" * 1_000])
def test_what_is_no_outbox_is_not_read(path: Path, raw: bytes | None) -> None:
    if raw is not None:
        path.write_bytes(raw)
    with pytest.raises(OutboxError):
        read_outbox(path)


def _put_and_die(path: Path, count: int) -> None:
    store = SqliteStore(path, WORLD.organisation, CREDENTIAL)
    store.put(KEPT[:count])
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("count", [1, 3])
def test_what_was_put_outlives_a_process_that_is_killed_in_the_next_moment(path: Path, count: int) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_put_and_die, args=(path, count))
    process.start()
    process.join(60)
    assert -signal.SIGKILL == process.exitcode
    with SqliteStore(path, WORLD.organisation, CREDENTIAL) as store:
        assert KEPT[:count] == store.waiting()


def test_how_far_an_act_can_come_is_remembered(reopen: Reopen) -> None:
    assert reopen().reach() is None
    for stage in (Stage.NOTARISED, Stage.WITNESSED):
        reopen().reaches(stage)

    assert Stage.WITNESSED == reopen().reach()
