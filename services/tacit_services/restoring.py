"""Restoring a record from its archive: check everything there, compare what the store has, append what it lacks.

Awaits ports only. It may be killed at any point: what is in the store then is a beginning of the record, octet by
octet, and the next run compares it and goes on behind it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec

from tacit.detached import is_detached
from tacit.ids import Digest
from tacit.record.archive import body_path, folder_of
from tacit_services.archived import ArchivedRecord, Bundle
from tacit_services.ports import (
    READ_MESSAGES_MAX,
    BodyStore,
    EventStore,
    NewMessage,
    OutcomeUnknownError,
    RecordGapError,
    StoredMessage,
)
from tacit_services.settle import Sleep, append_settled
from tacit_services.standing import readable

BODIES_AT_ONCE: Final = 64
PUT_TRIES: Final = 20
PUT_PAUSE_S: Final = 0.25

COMMAND: Final = "tacit restore"


class RestoreRefusedError(Exception):
    """Nothing was appended behind the entry that is named. `index`: the first that differs or is missing."""

    def __init__(self, sentence: str, index: int) -> None:
        super().__init__(sentence)
        self.index = index


class Missing(msgspec.Struct, frozen=True):
    """A detached body that neither archive nor store holds: shredded, or lost. `index`: the first entry naming it."""

    digest: Digest
    index: int


class Restored(msgspec.Struct, frozen=True):
    """What a run has done. `found` entries were there, `beyond` more than the archive has; bodies are counted alike."""

    entries: int
    root: bytes
    found: int
    appended: int
    beyond: int
    bodies: int
    missing: tuple[Missing, ...]


class Teller(Protocol):
    """Is told how far it is."""

    def begin(self, words: str, total: int | None) -> None:
        """A part begins; `total` steps of it."""
        ...

    def advance(self, steps: int) -> None:
        """So many steps more."""
        ...


@dataclass(frozen=True)
class Target:
    """Where a record is restored to. Nobody else appends there meanwhile; who does is noticed, by the fence."""

    record: EventStore
    bodies: BodyStore
    sleep: Sleep


async def restore(archived: ArchivedRecord, target: Target, teller: Teller) -> Restored:
    """Restore the entries under the archive's last witnessed checkpoint. May be repeated at will.

    Raises:
        ArchiveUnusableError: the archive is not whole; nothing was appended.
        RestoreRefusedError: the store holds something else, or has a hole; nothing was appended.
        FencedError: somebody else appended meanwhile.
        StoreFailedError, OutcomeUnknownError: the same may be done again.
    """
    named = await _check(archived, teller)
    last = await target.record.last_sequence()
    await _compare(archived, target.record, min(last, archived.size), teller)
    held, missing = await _put_bodies(archived, target, named, teller)
    appended = await _append(archived, target, last, teller)
    return Restored(
        entries=max(last, archived.size),
        root=archived.root,
        found=min(last, archived.size),
        appended=appended,
        beyond=max(0, last - archived.size),
        bodies=held,
        missing=missing,
    )


async def first_difference(archived: ArchivedRecord, record: EventStore) -> int | None:
    """The first index at which the store holds another entry than the archive; None where it holds none.

    Raises `RecordGapError`, `ArchiveUnusableError`, `StoreFailedError`.
    """
    last = min(await record.last_sequence(), archived.size)
    async for bundle in archived.bundles():
        if bundle.first >= last:
            break
        index = await _difference(bundle, record, last)
        if index is not None:
            return index
    return None


async def _check(archived: ArchivedRecord, teller: Teller) -> dict[str, int]:
    """Check the archive; the path of each body that an entry names, with the first that does."""
    teller.begin("checking the archive", archived.size)
    done = 0
    async for size in archived.check():
        teller.advance(size - done)
        done = size
    named: dict[str, int] = {}
    teller.begin("looking for detached bodies", archived.size)
    async for bundle in archived.bundles():
        for index, message in enumerate(bundle.messages, bundle.first):
            entry = readable(message.data)
            if entry is not None and entry.act.header.detached is not None:
                place = (entry.act.header.body, entry.act.header.channel)
                named.setdefault(body_path(folder_of(place), entry.act.header.detached), index)
        teller.advance(len(bundle.messages))
    return named


async def _compare(archived: ArchivedRecord, record: EventStore, last: int, teller: Teller) -> None:
    teller.begin("comparing what is there", last)
    async for bundle in archived.bundles():
        if bundle.first >= last:
            return
        try:
            index = await _difference(bundle, record, last)
        except RecordGapError as error:
            raise RestoreRefusedError(
                f"The record has a hole: entry {error.sequence - 1} is missing in it, and nothing can be put into a "
                f"hole. Restore it anew ({COMMAND} --anew): what it still holds after the archive is kept.",
                error.sequence - 1,
            ) from error
        if index is not None:
            raise RestoreRefusedError(
                f"Entry {index} of the record is not the one in the archive, which a quorum of witnesses has signed. "
                f"Keep a copy of the store, it is evidence; then restore it anew ({COMMAND} --anew).",
                index,
            )
        teller.advance(min(last - bundle.first, len(bundle.messages)))


async def _difference(bundle: Bundle, record: EventStore, last: int) -> int | None:
    ours = bundle.messages[: last - bundle.first]
    found: list[StoredMessage] = []
    while len(found) < len(ours):
        wanted = min(len(ours) - len(found), READ_MESSAGES_MAX)
        part = await record.read(bundle.first + len(found) + 1, wanted)
        if not part:
            raise RecordGapError(bundle.first + len(found) + 1)
        found += part
    pairs = enumerate(zip(ours, found, strict=True), bundle.first)
    return next((index for index, (one, other) in pairs if not same(one, other)), None)


def same(one: NewMessage | StoredMessage, other: NewMessage | StoredMessage) -> bool:
    """Whether two are one message, octet by octet, under one subject."""
    return one.data == other.data and one.subject == other.subject


async def _put_bodies(
    archived: ArchivedRecord, target: Target, named: dict[str, int], teller: Teller
) -> tuple[int, tuple[Missing, ...]]:
    teller.begin("restoring detached bodies", len(named))
    missing: list[Missing] = []
    held = 0
    paths = list(named)
    for start in range(0, len(paths), BODIES_AT_ONCE):
        bodies: dict[Digest, bytes] = {}
        for path in paths[start : start + BODIES_AT_ONCE]:
            digest = path.rpartition("/")[2]
            raw = await archived.get(path)
            if raw is not None and is_detached(raw, digest):
                bodies[digest] = raw
            elif await target.bodies.get(digest) is None:
                missing.append(Missing(digest, named[path]))
            else:
                held += 1
        if bodies:
            await _put_many(target, list(bodies.items()))
        held += len(bodies)
        teller.advance(min(BODIES_AT_ONCE, len(paths) - start))
    return held, tuple(missing)


async def _put_many(target: Target, bodies: Sequence[tuple[str, bytes]]) -> None:
    for _ in range(PUT_TRIES):
        try:
            return await target.bodies.put_many(bodies)
        except OutcomeUnknownError:
            await target.sleep(PUT_PAUSE_S)
    raise OutcomeUnknownError


async def _append(archived: ArchivedRecord, target: Target, last: int, teller: Teller) -> int:
    teller.begin("restoring entries", max(0, archived.size - last))
    appended = 0
    async for bundle in archived.bundles():
        lacking = bundle.messages[max(0, last - bundle.first) :]
        if lacking:
            at = bundle.first + len(bundle.messages) - len(lacking)
            await append_settled(target.record, lacking, at, sleep=target.sleep)
            appended += len(lacking)
            teller.advance(len(lacking))
    return appended
