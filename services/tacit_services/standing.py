"""How an entry stands in the stream of the record: under the subject of the place that its author signed, or not.

The fold judges entries by what is signed; a subject only says where a filter finds them. A valid entry under another
subject is a fault of the registrar, to be told to the operator: readers who follow one subject would miss it.
"""

from collections.abc import Sequence

from tacit import subjects
from tacit.errors import RefusedError
from tacit.record import Entry, decode_entry
from tacit_services.ports import EventStore, StoredMessage, StoreFailedError


def readable(raw: bytes) -> Entry | None:
    """The entry, or None where the bytes are none."""
    try:
        return decode_entry(raw)
    except RefusedError:
        return None


def in_a_row(messages: Sequence[StoredMessage], after: int) -> list[StoredMessage]:
    """What of these follows a sequence without a gap; an entry stands where its leaf says, or it ends the row."""
    row: list[StoredMessage] = []
    for message in messages:
        entry = readable(message.data)
        if message.sequence != after + len(row) + 1 or entry is None or entry.leaf.index != message.sequence - 1:
            break
        row.append(message)
    return row


async def stored_at(store: EventStore, sequence: int) -> StoredMessage:
    """The message at a sequence that the store was seen to have.

    Raises StoreFailedError where it does not give it now: a leader of a cluster that was just elected may not have come
    so far again. Otherwise as the store is read.
    """
    found = await store.read(sequence, 1)
    if not found:
        raise StoreFailedError("busy")
    return found[0]


def is_misplaced(subject: str, entry: Entry) -> bool:
    """Whether an entry stands under another subject than that of its header's place."""
    header = entry.act.header
    return subject != subjects.entry(entry.leaf.organisation, header.body, header.channel)
