"""How an entry stands in the stream of the record: under the subject of the place that its author signed, or not.

The fold judges entries by what is signed; a subject only says where a filter finds them. A valid entry under another
subject is a fault of the registrar, to be told to the operator: readers who follow one subject would miss it.
"""

from tacit import subjects
from tacit.errors import RefusedError
from tacit.record import Entry, decode_entry


def readable(raw: bytes) -> Entry | None:
    """The entry, or None where the bytes are none."""
    try:
        return decode_entry(raw)
    except RefusedError:
        return None


def is_misplaced(subject: str, entry: Entry) -> bool:
    """Whether an entry stands under another subject than that of its header's place."""
    header = entry.act.header
    return subject != subjects.entry(entry.leaf.organisation, header.body, header.channel)
