"""Copies of the record that others hold, as promises: how far each goes, and its messages, octet by octet. No IO.

A copy is asked only when the record itself may have lost its end. What it gives is never believed for its own sake:
whoever asks checks every act's signature, and every head that somebody else has seen.
"""

from hashlib import sha256
from typing import Final, Protocol

import msgspec

from tacit.ids import Digest
from tacit_services.ports import StoredMessage

HELD_BYTES_MAX: Final = 900_000
"""Of messages in one answer; one message is given whatever it weighs."""
HELD_MESSAGES_MAX: Final = 500


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """How far somebody has seen the record.

    `holder`: by which its messages can be had; empty where it has none. `name`: who it is, in words for an operator.
    `digest`: of message `size`; `root`: over the first `size` entries; `checkpoint`: the signed one with it. Each is
    empty where it cannot say.
    """

    name: str
    size: int
    holder: str = ""
    digest: str = ""
    root: bytes = b""
    checkpoint: bytes = b""


class AskedMessages(msgspec.Struct, frozen=True, tag="messages"):
    """What a holder is asked on the bus: messages from sequence `first` on."""

    first: int
    limit: int


class AskedBody(msgspec.Struct, frozen=True, tag="body"):
    """The same: the detached body of an act in a place (`folder_of`)."""

    folder: str
    digest: Digest


class RecordCopy(Protocol):
    """A copy of the record, of its beginning or its end."""

    async def seen(self) -> Seen | None:
        """How far it goes (`holder` left empty); None where it has nothing or cannot be read now. Raises nothing."""
        ...

    async def held(self, first: int, limit: int) -> list[StoredMessage]:
        """Up to `limit` messages from sequence `first` on, contiguous; none where it does not hold `first`.

        At most `HELD_MESSAGES_MAX`, and `HELD_BYTES_MAX` but for the first. Raises nothing.
        """
        ...

    async def body(self, folder: str, digest: Digest) -> bytes | None:
        """The detached body of an act in this place (`folder_of`); None where it is not held. Raises nothing."""
        ...


class SharedCopies(Protocol):
    """Everybody's copies, wherever they are. Raises nothing: who does not answer holds nothing."""

    async def seen(self) -> list[Seen]:
        """What each of them has, with the holder by which it is asked for the rest."""
        ...

    async def held(self, holder: str, first: int, limit: int) -> list[StoredMessage]:
        """As `RecordCopy.held` of that one."""
        ...

    async def body(self, holder: str, folder: str, digest: Digest) -> bytes | None:
        """As `RecordCopy.body` of that one."""
        ...


def message_digest(data: bytes) -> str:
    """By which two copies of a message are compared."""
    return sha256(data).hexdigest()


def bounded(messages: list[StoredMessage], limit: int) -> list[StoredMessage]:
    """As many of them as go into one answer."""
    found: list[StoredMessage] = []
    size = 0
    for message in messages[: min(limit, HELD_MESSAGES_MAX)]:
        size += len(message.data)
        if found and size > HELD_BYTES_MAX:
            break
        found.append(message)
    return found
