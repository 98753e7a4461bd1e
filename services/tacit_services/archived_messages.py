"""Leaves and envelopes that lie apart, as the messages of the stream that they were. Pure."""

from collections.abc import Mapping, Sequence

from tacit.errors import RefusedError
from tacit.ids import ActId
from tacit.record.archive import message_of
from tacit.record.tiles import TILE_WIDTH
from tacit_services.archived import subject_of
from tacit_services.ports import StoredMessage


def joined(
    organisation: ActId, number: int, leaves: Sequence[bytes], kept: Mapping[int, bytes], first: int
) -> list[StoredMessage]:
    """The messages of bundle `number` from sequence `first` on, up to the first whose envelope is not kept."""
    base, found = number * TILE_WIDTH, list[StoredMessage]()
    for index in range(first - 1, base + len(leaves)):
        try:
            data = message_of(leaves[index - base], kept[index])
        except (KeyError, RefusedError):
            break
        found.append(StoredMessage(index + 1, subject_of(organisation, data), data))
    return found
