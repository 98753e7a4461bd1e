"""What both adapters refuse alike, before anything is sent: calls that break a limit of the port. Pure."""

import re
from collections.abc import Sequence

from tacit_services.ports import (
    APPEND_MESSAGES_MAX,
    MESSAGE_BYTES_MAX,
    READ_MESSAGES_MAX,
    CallRefusedError,
    NewMessage,
)

Subjects = re.Pattern[str]


def subjects_below(pattern: str) -> Subjects:
    """Return what matches the subjects of `pattern`, which must be a literal prefix and `.>`; else ValueError."""
    prefix = pattern.removesuffix(".>")
    if prefix == pattern or re.search(r"[\s*>]", prefix):
        raise ValueError(f"{pattern}: a stream listens on one literal prefix and '.>'")
    return re.compile(re.escape(prefix) + r"(?:\.[^\s.*>]+)+")


def check_append(messages: Sequence[NewMessage], expected_last: int, subjects: Subjects) -> None:
    """Raise CallRefusedError if the call breaks a limit of `EventStore.append`."""
    if not messages:
        raise CallRefusedError("empty")
    if len(messages) > APPEND_MESSAGES_MAX:
        raise CallRefusedError("too_many")
    if expected_last < 0:
        raise CallRefusedError("sequence_out_of_range")
    for message in messages:
        check_message(message, subjects)


def check_message(message: NewMessage, subjects: Subjects) -> None:
    """Raise CallRefusedError if no stream with these subjects would take the message."""
    if len(message.data) > MESSAGE_BYTES_MAX:
        raise CallRefusedError("message_too_large")
    if not subjects.fullmatch(message.subject):
        raise CallRefusedError("subject_not_accepted")


def check_read(first: int, limit: int) -> None:
    """Raise CallRefusedError if the call breaks a limit of `EventStore.read`."""
    if first < 1 or not 1 <= limit <= READ_MESSAGES_MAX:
        raise CallRefusedError("sequence_out_of_range")


def check_follow(after: int) -> None:
    """Raise CallRefusedError if nothing can be followed after this place."""
    if after < 0:
        raise CallRefusedError("sequence_out_of_range")
