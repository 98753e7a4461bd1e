"""A record that meets every act and suffers junk, and the events that it must give."""

from functools import cache

from tacit.ids import ActId
from tacit.record import Entry, decode_entry
from tacit.rules import catalogue, genesis
from tacit_services.ports import NewMessage, StoredMessage
from tacit_services.relay import Telling, Told
from tests.records.story import Story, told

SUBJECT = "tacit.test.record.x"


@cache
def story() -> Story:
    """The story that the first frozen record was made of, played once; nobody may go on with it."""
    return told()


def organisation() -> ActId:
    """Whose record it is."""
    return story().world.organisation


def stored() -> list[StoredMessage]:
    """The record as its stream holds it."""
    return [StoredMessage(at, SUBJECT, raw.encode()) for at, raw in enumerate(story().messages, 1)]


def messages() -> list[NewMessage]:
    """The same, to be appended."""
    return [NewMessage(each.subject, each.data) for each in stored()]


def entries() -> list[Entry | None]:
    """Each entry, None for one that is void."""
    return [decode_entry(each.data) if made.received_at else None for each, made in zip(stored(), tell(), strict=True)]


def tell() -> list[Told]:
    """The event of each entry."""
    telling = new_telling()
    return [telling.tell(each) for each in stored()]


def new_telling() -> Telling:
    """Before the first entry."""
    return Telling(organisation(), genesis(catalogue()))
