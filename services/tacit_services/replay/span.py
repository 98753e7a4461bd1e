"""Which entries of a record are meant. Pure."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from tacit.errors import RefusedError
from tacit.ids import ChannelId
from tacit.record import decode_entry

Bound = int | datetime | None


class SpanError(Exception):
    """There is no such span in this record."""

    def __init__(self, size: int) -> None:
        super().__init__(
            f"none of the {size} entries lies in that span: name bounds within the record, the earlier first."
        )


class Span(msgspec.Struct, frozen=True):
    """Entries from `first` to `last`, both with it; with `channel` only what was said there, and on the register."""

    first: int
    last: int
    channel: ChannelId | None = None

    def names(self, channel: ChannelId | None) -> bool:
        """Whether something said in this channel, or on the register (None), is meant."""
        return self.channel is None or channel is None or channel == self.channel


def resolve(first: Bound, last: Bound, channel: ChannelId | None, size: int, entries: Iterable[bytes]) -> Span:
    """The span between two bounds, each an index, an instant of receipt (with it) or nothing for the record's end.

    `entries` is read only where an instant is to be found.

    Raises:
        SpanError: nothing stands between the bounds.
    """
    if isinstance(first, datetime) or isinstance(last, datetime):
        first, last = _indexed(first, last, size, entries)
    span = Span(first or 0, size - 1 if last is None else min(last, size - 1), channel)
    if not 0 <= span.first <= span.last:
        raise SpanError(size)
    return span


def _indexed(first: Bound, last: Bound, size: int, entries: Iterable[bytes]) -> tuple[int | None, int | None]:
    """The same bounds as indexes. Junk counts as received with the entry before it."""
    begin = first if isinstance(first, int) else None if first is None else size
    end = last if isinstance(last, int) else None if last is None else -1
    at: datetime | None = None
    for index, raw in zip(range(size), entries, strict=False):
        at = _received_at(raw) or at
        if at is None:
            continue
        if isinstance(first, datetime) and at >= first and begin == size:
            begin = index
        if isinstance(last, datetime) and at <= last:
            end = index
    return begin, end


def _received_at(raw: bytes) -> datetime | None:
    try:
        return decode_entry(raw).leaf.received_at
    except RefusedError:
        return None
