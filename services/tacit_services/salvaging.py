"""What a damaged record still holds behind the end of its archive: kept in a file before anything is made anew.

Awaits ports only; the file's bytes are handed in and out.
"""

from typing import Final

import msgspec

from tacit_services.ports import READ_MESSAGES_MAX, EventStore, NewMessage, RecordGapError, StoredMessage
from tacit_services.restoring import Target, Teller, same
from tacit_services.settle import append_settled
from tacit_services.standing import in_a_row, stored_at

APPEND_AT_ONCE: Final = 256


class Salvage(msgspec.Struct, frozen=True):
    """Messages with their old places, in order, not all of them next to one another."""

    messages: tuple[StoredMessage, ...]

    def encode(self) -> bytes:
        """The bytes of the file that keeps them."""
        return msgspec.msgpack.encode(self)

    def joined(self, other: "Salvage") -> "Salvage":
        """This and what another one has beside it."""
        ours = set(self.messages)
        new = [each for each in other.messages if each not in ours]
        return Salvage(tuple(sorted([*self.messages, *new], key=lambda each: each.sequence)))


def decode_salvage(raw: bytes) -> Salvage:
    """Read it back. Raises `msgspec.MsgspecError` where it is none."""
    return msgspec.msgpack.decode(raw, type=Salvage)


async def salvage(record: EventStore, after: int) -> Salvage:
    """Everything readable behind the first `after` entries, across every hole. Raises StoreFailedError."""
    found: list[StoredMessage] = []
    last, first = await record.last_sequence(), after + 1
    while first <= last:
        limit = min(READ_MESSAGES_MAX, last - first + 1)
        try:
            part = await record.read(first, limit)
        except RecordGapError as gap:
            part = await record.read(first, gap.sequence - first) if gap.sequence > first else []
            found += part
            first = gap.sequence + 1
            continue
        if not part:
            break
        found += part
        first += len(part)
    return Salvage(tuple(found))


async def append_salvage(kept: Salvage, target: Target, teller: Teller) -> tuple[StoredMessage, ...]:
    """Append what follows the record's end without a hole; what cannot be appended is given back.

    What stands there already is passed over: the same may be done again. Raises as `append_settled` does.
    """
    last = await target.record.last_sequence()
    there = {each.sequence: each for each in kept.messages if each.sequence <= last}
    behind = [each for each in kept.messages if each.sequence > last]
    row = in_a_row(behind, last)
    teller.begin("restoring what was behind the archive", len(row))
    for start in range(0, len(row), APPEND_AT_ONCE):
        part = row[start : start + APPEND_AT_ONCE]
        await append_settled(
            target.record, [NewMessage(each.subject, each.data) for each in part], last + start, sleep=target.sleep
        )
        teller.advance(len(part))
    others = [each for each in there.values() if not await _stands(each, target.record)]
    return tuple(others) + tuple(behind[len(row) :])


async def _stands(message: StoredMessage, record: EventStore) -> bool:
    return same(await stored_at(record, message.sequence), message)
