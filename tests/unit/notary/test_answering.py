"""What the notary says over the bus, held to the checkpoints and the tiles that it has written."""

from typing import Final

import pytest

from tacit import log_query
from tacit.log_query import Answer, ProofsAsked, ProofsFound, Standing, Unproved
from tacit.record.archive import CHECKPOINT, log_entry
from tacit.record.checkpoint import Checkpoint, parse_checkpoint
from tacit.record.merkle import leaf_hash
from tacit.record.note import parse_note
from tacit.record.proofs import verify_consistency, verify_inclusion
from tacit_services.notary.answering import Answerer
from tacit_services.shell.archive import MemoryArchive
from tacit_services.shell.archive.memory import Break, Operation
from tests.unit.notary.town import Town, running

BEYOND: Final = 1_000_000


async def ask(answerer: Answerer, asked: ProofsAsked) -> Answer:
    return log_query.decode_answer(await answerer.proofs(log_query.encode(asked)))


def checkpoint_of(raw: bytes | None) -> Checkpoint:
    assert raw is not None
    return parse_checkpoint(parse_note(raw).text)


async def test_it_says_what_is_published_and_what_was_signed_last() -> None:
    town = Town()
    notary = town.notary()
    answerer = Answerer(MemoryArchive(town.files), lambda: notary.signed)
    assert Standing(None, None) == log_query.decode_answer(await answerer.standing(b""))
    async with running(notary):
        await town.until(lambda: town.size == town.record.last)
        for state in town.witnesses:
            town.witnesses[state].mood = "away"
        before = town.files[CHECKPOINT]
        town.grow(5)
        await town.until(lambda: town.metric("quorums_unmet_total") >= 1)
        found = log_query.decode_answer(await answerer.standing(b""))

    assert isinstance(found, Standing)
    assert before == found.published
    assert town.record.last == checkpoint_of(found.signed).size


async def test_its_proofs_lead_to_the_roots_that_were_signed() -> None:
    town = Town()
    town.grow(300)
    await town.caught_up()
    old = checkpoint_of(town.files[CHECKPOINT])
    town.grow(40)
    await town.caught_up()
    new, indices = checkpoint_of(town.files[CHECKPOINT]), (0, 255, 256, old.size, old.size + 39)

    found = await ask(Answerer(MemoryArchive(town.files), lambda: None), ProofsAsked(new.size, old.size, indices))

    assert isinstance(found, ProofsFound)
    verify_consistency(old.size, old.root, new.size, new.root, found.consistency)
    for index, path in zip(indices, found.inclusion, strict=True):
        leaf = leaf_hash(log_entry(town.record.messages()[index].data))
        verify_inclusion(index, new.size, leaf, path, new.root)


@pytest.mark.parametrize(
    ("size", "old", "indices", "reason"),
    [
        (BEYOND, None, (0,), "not_reached"),
        (-1, None, (BEYOND,), "malformed"),
        (-1, BEYOND, (), "malformed"),
    ],
)
async def test_what_cannot_be_proved_has_a_reason(
    size: int, old: int | None, indices: tuple[int, ...], reason: str
) -> None:
    town = Town()
    await town.caught_up()
    asked = ProofsAsked(town.size if size < 0 else size, old, indices)

    found = await ask(Answerer(MemoryArchive(town.files), lambda: None), asked)

    assert isinstance(found, Unproved)
    assert reason == found.reason


@pytest.mark.parametrize("raw", [b"", b"{}", b"\xff", b'{"size":1,"old":null,"indices":[-1]}'])
async def test_what_is_no_question_is_malformed(raw: bytes) -> None:
    answerer = Answerer(MemoryArchive({}), lambda: None)

    assert Unproved("malformed") == log_query.decode_answer(await answerer.proofs(raw))


async def test_an_archive_that_fails_or_has_a_hole_is_said_to() -> None:
    town = Town()
    await town.caught_up()

    def fails(_operation: Operation, _path: str) -> Break:
        return "before"

    broken = Answerer(MemoryArchive(town.files, fails), lambda: None)
    assert Unproved("archive") == log_query.decode_answer(await broken.standing(b""))
    assert Unproved("archive") == await ask(broken, ProofsAsked(town.size, None, (0,)))
    files = {path: raw for path, raw in town.files.items() if not path.startswith("tile/0/")}
    hole = Answerer(MemoryArchive(files), lambda: None)
    assert Unproved("archive") == await ask(hole, ProofsAsked(town.size, None, (0,)))
