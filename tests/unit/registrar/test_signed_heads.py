"""A root from the bus counts where log and quorum have signed it; of what nobody signed the messages alone are left."""

import pytest
from msgspec import structs

from tacit import envelope
from tacit.record.note import parse_note
from tacit.testing import World
from tacit_services.archived_copy import ArchivedCopy
from tacit_services.copies import RecordCopy, Seen
from tacit_services.ports import StoredMessage
from tacit_services.registrar.signed_heads import SignedHeads
from tacit_services.shell.archive import MemoryArchive
from tacit_services.shell.copies.memory import MemoryCopies
from tests.unit.verify.archives import sound, world


class Says:
    """A copy that says what it is told to say."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    async def seen(self) -> Seen | None:
        return self._seen

    async def held(self, first: int, limit: int) -> list[StoredMessage]:
        assert first <= limit
        return []

    async def body(self, folder: str, digest: str) -> bytes | None:
        return b"" if folder == digest else None


def archived() -> ArchivedCopy:
    return ArchivedCopy(MemoryArchive(sound()), world().organisation)


async def heard(copy: RecordCopy, told: World | None = None) -> Seen:
    copies, charter = MemoryCopies(), envelope.encode((told or world()).entries[0].envelope)
    async with copies.showing("notary", [copy]):
        [found] = await SignedHeads(copies, charter).seen()
    return found


async def test_the_root_of_an_archive_is_shown_to_be_signed() -> None:
    seen = await archived().seen()
    assert seen is not None

    assert structs.replace(seen, holder="notary.0.0") == await heard(archived())
    assert 32 == len(seen.root)


@pytest.mark.parametrize("kind", ["another root", "another size", "no checkpoint", "too few", "one key"])
async def test_a_root_that_nobody_has_signed_is_left_out(kind: str) -> None:
    seen = await archived().seen()
    assert seen is not None
    note = parse_note(seen.checkpoint)
    bent = {
        "another root": structs.replace(seen, root=b"r" * 32),
        "another size": structs.replace(seen, size=seen.size - 1),
        "no checkpoint": structs.replace(seen, checkpoint=b""),
        "too few": structs.replace(seen, checkpoint=note._replace(lines=note.lines[:3]).encode()),
        "one key": structs.replace(seen, checkpoint=note._replace(lines=note.lines[1:]).encode()),
    }[kind]
    found = await heard(Says(bent))

    assert structs.replace(bent, holder=found.holder, root=b"", checkpoint=b"") == found
    assert "notary.0.0" == found.holder


async def test_under_a_charter_without_a_log_no_root_counts() -> None:
    assert b"" == (await heard(archived(), World())).root
