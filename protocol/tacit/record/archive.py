"""The archive of a record: which file holds what, and how it is read back. Spec: docs/reference/archive.md.

The log lies at the root, where every tool for `tlog-tiles` finds it; envelopes and detached bodies lie beside it by
body and channel, since that is how entitlement is given.
"""

import struct
from collections.abc import Sequence
from typing import Final

import msgspec

from tacit.envelope import digest
from tacit.errors import RefusedError, Rule
from tacit.ids import BodyId, ChannelId, Digest
from tacit.record.entry import split_entry
from tacit.record.leaf import decode as decode_leaf
from tacit.record.tiles import ENTRIES, TILE_WIDTH, Tile
from tacit.subjects import NOWHERE

CHECKPOINT: Final = "checkpoint"
"""The last published checkpoint, the only file of the log that changes."""
ENVELOPES: Final = "envelopes"
BODIES: Final = "bodies"
WITNESSED: Final = "witnessed"
UNREADABLE: Final = "_unreadable"
"""In the place of body and channel: messages in which no act can be read. No body can be called so."""
IRREGULAR: Final = b"sha256:"
"""How the entry of a message begins that is not a leaf and the envelope that it is about."""

_HEAD: Final = struct.Struct(">QI")
"""Before each envelope that is kept: its index in eight octets, its length in four."""

Place = tuple[BodyId | None, ChannelId | None]


class Kept(msgspec.Struct, frozen=True, gc=False):
    """What the archive keeps of one message beside its entry: the index, and the envelope verbatim.

    Of an irregular message the whole of it.
    """

    index: int
    data: bytes


def log_entry(message: bytes) -> bytes:
    """The entry of the log for a message of the record's stream, whatever it holds (spec: log, clause 1)."""
    try:
        leaf, rest = split_entry(message)
    except RefusedError:
        return IRREGULAR + digest(message).encode()
    if digest(rest) != leaf.envelope:
        return IRREGULAR + digest(message).encode()
    return message[: len(message) - len(rest) - 1]


def leaf_of(message: bytes) -> bytes:
    """The same for a message that `decode_entry` has read: its leaf, which need not be read a second time."""
    return message.partition(b"\n")[0]


def kept_of(entry: bytes, message: bytes) -> bytes:
    """What is kept of a message beside its entry."""
    return message if entry.startswith(IRREGULAR) else message[len(entry) + 1 :]


def kept_digest(entry: bytes) -> Digest:
    """The hash of what is kept beside an entry: by it the right one is known, wherever it is found.

    Raises:
        RefusedError: `profile.*` of what is no entry.
    """
    if entry.startswith(IRREGULAR):
        return entry.removeprefix(IRREGULAR).decode("ascii", "replace")
    return decode_leaf(entry).envelope


def message_of(entry: bytes, kept: bytes) -> bytes:
    """The message of the record's stream, put together again.

    Raises:
        RefusedError: `record.leaf` if the two do not belong together.
    """
    message = kept if entry.startswith(IRREGULAR) else entry + b"\n" + kept
    if log_entry(message) != entry:
        raise RefusedError(Rule.LEAF, "what is kept is not what the entry is about")
    return message


def folder_of(place: Place | None) -> str:
    """The folders of a body and a channel, one in the other; None: no act could be read."""
    if place is None:
        return f"{UNREADABLE}/{UNREADABLE}"
    return f"{place[0] or NOWHERE}/{place[1] or NOWHERE}"


def envelopes_path(folder: str, bundle: int, width: int) -> str:
    """Where the envelopes lie that belong to the entries of a bundle, full or partial."""
    below = Tile(ENTRIES, bundle, width).path.removeprefix("tile/entries/")
    return f"{ENVELOPES}/{folder}/{below}"


def body_path(folder: str, detached: Digest) -> str:
    """Where a detached body lies."""
    return f"{BODIES}/{folder}/{detached}"


def witnessed_path(size: int, at_s: int, lines: int) -> str:
    """Where a witnessed checkpoint lies: by size, the second in which it was published, and how many have signed it."""
    return f"{witnessed_folder(size)}/{at_s}.{lines}"


def witnessed_folder(size: int) -> str:
    """The folder of every witnessed checkpoint of this size."""
    return f"{WITNESSED}/{Tile(ENTRIES, size).path.removeprefix('tile/entries/')}"


def encode_kept(kept: Sequence[Kept]) -> bytes:
    """The bytes of a file of envelopes: for each its index in eight octets, its length in four, and itself."""
    return b"".join(_HEAD.pack(each.index, len(each.data)) + each.data for each in kept)


def decode_kept(raw: bytes) -> list[Kept]:
    """Read a file of envelopes.

    Raises:
        RefusedError: `log.tile` if it does not hold whole envelopes in the order of their indices, at most 256.
    """
    found, at = _kept_before(raw)
    if at != len(raw):
        raise RefusedError(Rule.LOG_TILE, f"{len(raw)} bytes are not a file of envelopes")
    return found


def decode_damaged(raw: bytes) -> list[Kept]:
    """What can be read of a file of envelopes that need not be whole: those before its first fault. Never raises."""
    return _kept_before(raw)[0]


def _kept_before(raw: bytes) -> tuple[list[Kept], int]:
    """The envelopes before the first fault, and where they end."""
    found: list[Kept] = []
    at, last, whole = 0, -1, len(raw)
    while at + _HEAD.size <= whole:
        index, length = _HEAD.unpack_from(raw, at)
        start = at + _HEAD.size
        if start + length > whole or index <= last or len(found) == TILE_WIDTH:
            break
        at, last = start + length, index
        found.append(Kept(index, raw[start:at]))
    return found, at
