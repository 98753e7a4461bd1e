"""What a witness answers to a checkpoint: every status of the specification, and what it keeps."""

from datetime import timedelta

import pytest

from tacit.record.add_checkpoint import SIZE_TYPE, AddCheckpoint, parse_add_checkpoint
from tacit.record.checkpoint import Checkpoint
from tacit.record.cosignature import verify_note
from tacit.record.equivocation import check_equivocation, decode_equivocation
from tacit.record.merkle import EMPTY_ROOT
from tacit.record.note import Note, NoteLine, parse_note, read_lines
from tacit.testing import hybrid_witness, log_signer
from tacit.witness.cosigning import Answer, Cosigner
from tacit.witness.counting import Counts
from tacit.witness.memory import MemoryWitnessStore
from tacit.witness.timing import Timing
from tests.unit.witness.forking import (
    AT,
    KEYS,
    NO_FILES,
    ORIGIN,
    TRUE,
    WITNESS,
    WITNESSED,
    History,
    cosigner,
)

FORK = History("other ", 3)


async def told(witness: Cosigner, raw: bytes) -> int:
    return (await witness.add_checkpoint(raw)).status


async def test_a_checkpoint_that_continues_the_last_is_cosigned_with_the_time() -> None:
    witness = cosigner()
    first = await witness.add_checkpoint(TRUE.asks(0, 5))
    second = await witness.add_checkpoint(TRUE.asks(5, 9))

    for answer, size in ((first, 5), (second, 9)):
        assert (200, "text/plain; charset=utf-8") == (answer.status, answer.kind)
        note = Note(TRUE.checkpoint(size).text, read_lines(answer.body))
        (signed,) = verify_note(note, [WITNESS.vkey])
        assert int(AT.timestamp()) == signed.at_s


async def test_a_witness_with_two_keys_gives_a_line_by_each() -> None:
    store, signer = MemoryWitnessStore(), hybrid_witness("XAA")
    counts = Counts()
    witness = Cosigner(store, signer, (WITNESSED,), Timing(lambda: AT, AT.timestamp, counts), counts, NO_FILES)
    answer = await witness.add_checkpoint(TRUE.asks(0, 5))
    shown = parse_note((await witness.latest(ORIGIN) or "").encode())

    note = Note(TRUE.checkpoint(5).text, read_lines(answer.body))
    assert [(vkey, int(AT.timestamp())) for vkey in signer.vkeys] == [*verify_note(note, signer.vkeys)]
    assert note.lines == shown.lines[-2:]


async def test_what_was_cosigned_last_is_shown_with_the_lines_of_log_and_witness() -> None:
    witness = cosigner()
    assert await witness.latest(ORIGIN) is None
    await witness.add_checkpoint(TRUE.asks(0, 5))

    note = parse_note((await witness.latest(ORIGIN) or "").encode())

    assert TRUE.checkpoint(5).text == note.text
    assert {*KEYS, WITNESS.vkey} == {signed.vkey for signed in verify_note(note, [*KEYS, WITNESS.vkey])}


async def test_a_clock_that_is_set_back_takes_no_cosignature_back() -> None:
    store, at_s = MemoryWitnessStore(), int(AT.timestamp())

    async def cosigned_at(size: int, ahead_s: int) -> int | None:
        # Made anew each time: what counts is what the store has, not what a process remembers.
        witness = cosigner(store, lambda: AT + timedelta(seconds=ahead_s))
        answer = await witness.add_checkpoint(TRUE.asks((await store.held(ORIGIN)).size, size))
        [found] = verify_note(Note(TRUE.checkpoint(size).text, read_lines(answer.body)), [WITNESS.vkey])
        return found.at_s

    found = [await cosigned_at(size, ahead_s) for size, ahead_s in ((5, 0), (9, -300), (9, -1), (12, 7))]

    assert [at_s, at_s, at_s, at_s + 7] == found


async def test_the_same_checkpoint_may_be_cosigned_again() -> None:
    witness = cosigner()

    assert [200, 200] == [await told(witness, TRUE.asks(old, 5)) for old in (0, 5)]


async def test_a_witness_that_is_asked_from_another_size_says_which_it_has() -> None:
    witness = cosigner()
    await witness.add_checkpoint(TRUE.asks(0, 5))

    assert Answer(409, b"5\n", SIZE_TYPE) == await witness.add_checkpoint(TRUE.asks(0, 9))
    assert Answer(409, b"5\n", SIZE_TYPE) == await witness.add_checkpoint(TRUE.asks(3, 4))


@pytest.mark.parametrize(
    ("name", "raw", "status"),
    [
        ("nothing", b"", 400),
        ("no size line", TRUE.asks(0, 5).replace(b"old 0", b"new 0"), 400),
        ("a leading zero", TRUE.asks(0, 5).replace(b"old 0", b"old 00"), 400),
        ("a sign", TRUE.asks(0, 5).replace(b"old 0", b"old +0"), 400),
        ("two spaces", TRUE.asks(0, 5).replace(b"old 0", b"old  0"), 400),
        ("carriage return", TRUE.asks(0, 5).replace(b"old 0\n", b"old 0\r\n"), 400),
        ("no checkpoint", b"old 0\n\n", 400),
        ("a hash too short", b"old 1\nAAAA\n\n" + TRUE.signed(5).encode(), 400),
        (
            "64 hashes",
            b"old 1\n" + b"A" * 43 + b"=\n" * 1 + (b"A" * 43 + b"=\n") * 63 + b"\n" + TRUE.signed(5).encode(),
            400,
        ),
        ("old above new", AddCheckpoint(6, (), TRUE.signed(5)).encode(), 400),
        ("another log", TRUE.asks(0, 5).replace(ORIGIN.encode(), ORIGIN[:-1].encode() + b"b"), 404),
        ("signed by another", AddCheckpoint(0, (), log_signer("x").sign(TRUE.checkpoint(5), 0)).encode(), 403),
        ("signed for another size", TRUE.asks(0, 5).replace(b"\n5\n", b"\n6\n"), 403),
        ("a proof from nothing", AddCheckpoint(0, (EMPTY_ROOT,), TRUE.signed(5)).encode(), 422),
        ("another empty root", TRUE.asks(0, 5).replace(b"\n5\n", b"\n0\n"), 400),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_is_wrong_gets_the_status_of_the_specification(name: str, raw: bytes, status: int) -> None:
    assert status == await told(cosigner(), raw), name


@pytest.mark.parametrize("at", [0, 1])
async def test_what_one_key_of_the_log_alone_has_signed_is_not_cosigned_and_convicts(at: int) -> None:
    store = MemoryWitnessStore()
    witness = cosigner(store)
    await witness.add_checkpoint(TRUE.asks(0, 5))
    halves = [history.signed(size)._replace(lines=(history.signed(size).lines[at],)) for history, size in
              ((TRUE, 9), (FORK, 5))]  # fmt: skip

    assert 403 == await told(witness, AddCheckpoint(5, TRUE.proof(5, 9), halves[0]).encode())
    assert () == await store.evidence()
    assert 422 == await told(witness, AddCheckpoint(5, (), halves[1]).encode())
    assert 1 == len(await store.evidence())


async def test_a_proof_that_does_not_lead_there_is_422() -> None:
    witness = cosigner()
    await witness.add_checkpoint(TRUE.asks(0, 5))
    other = AddCheckpoint(5, TRUE.proof(4, 9), TRUE.signed(9)).encode()

    assert 422 == await told(witness, other)


async def test_two_roots_of_one_size_are_kept_as_evidence_whatever_else_is_wrong() -> None:
    store = MemoryWitnessStore()
    witness = cosigner(store)
    await witness.add_checkpoint(TRUE.asks(0, 5))

    assert 422 == await told(witness, FORK.asks(5, 5))
    assert 409 == await told(witness, FORK.asks(0, 5))

    (kept,) = await store.evidence()
    assert [TRUE.checkpoint(5), FORK.checkpoint(5)] == list(check_equivocation(decode_equivocation(kept), KEYS))


async def test_an_older_size_with_another_root_is_evidence_too() -> None:
    store = MemoryWitnessStore()
    witness = cosigner(store)
    await witness.add_checkpoint(TRUE.asks(0, 5))
    await witness.add_checkpoint(TRUE.asks(5, 9))

    assert 409 == await told(witness, FORK.asks(0, 5))

    (kept,) = await store.evidence()
    assert [TRUE.checkpoint(5), FORK.checkpoint(5)] == list(check_equivocation(decode_equivocation(kept), KEYS))


async def test_the_proof_of_a_fork_convicts_its_log() -> None:
    store = MemoryWitnessStore()
    witness = cosigner(store)
    await witness.add_checkpoint(TRUE.asks(0, 5))

    assert 422 == await told(witness, FORK.asks(5, 9))

    (kept,) = await store.evidence()
    assert [TRUE.checkpoint(5), FORK.checkpoint(9)] == list(check_equivocation(decode_equivocation(kept), KEYS))


async def test_a_checkpoint_is_kept_and_shown_without_lines_that_strangers_have_added() -> None:
    witness = cosigner()
    junk = [NoteLine(f"stranger.example/{number}", b"four", b"junk") for number in range(1_000)]
    twice = TRUE.signed(5).with_lines(*TRUE.signed(5).lines, *junk)

    assert 200 == await told(witness, AddCheckpoint(0, (), twice).encode())

    note = parse_note((await witness.latest(ORIGIN) or "").encode())
    assert [*TRUE.signed(5).lines] == [*note.lines[:-1]]
    assert WITNESS.vkey.name == note.lines[-1].name
    assert 200 == await told(witness, TRUE.asks(5, 9))


async def test_after_a_fork_the_first_history_goes_on() -> None:
    witness = cosigner()
    await witness.add_checkpoint(TRUE.asks(0, 5))
    await witness.add_checkpoint(FORK.asks(5, 9))

    assert 200 == await told(witness, TRUE.asks(5, 9))


def test_a_request_is_read_as_it_was_written() -> None:
    request = AddCheckpoint(5, TRUE.proof(5, 9), TRUE.signed(9))

    assert request == parse_add_checkpoint(request.encode())
    assert Checkpoint(ORIGIN, 9, TRUE.root(9)) == TRUE.checkpoint(9)
