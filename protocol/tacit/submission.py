"""What a client hands in and what it gets back, the same over WebSocket and over the bus.

Spec: docs/reference/websocket.md.
"""

from typing import Final

import msgspec

from tacit import profile
from tacit.detached import Detached
from tacit.envelope import Envelope
from tacit.limits import FRAME_BYTES_MAX


class Submission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An envelope and, where its act carries a hash, the detached body."""

    envelope: Envelope
    detached: Detached | None


class Receipted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="answer", tag="receipt"):
    """The act is durable in the record: the leaf, signed by the registrar."""

    receipt: Envelope


class Refused(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="answer", tag="refusal"):
    """The act is not recorded and why, signed by the registrar."""

    refusal: Envelope


class Unavailable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="answer", tag="unavailable"):
    """Nobody can say yet whether the act was recorded. Hand in the same bytes: a repeat gets its first receipt."""

    reason: str


Answer = Receipted | Refused | Unavailable

_submissions: Final = msgspec.json.Decoder(Submission)
_answers: Final[msgspec.json.Decoder[Answer]] = msgspec.json.Decoder(Answer)


def encode(submission: Submission) -> bytes:
    """The bytes of a submission."""
    return profile.encode(submission)


def decode(raw: bytes) -> Submission:
    """Read a submission.

    Raises:
        RefusedError: `profile.*`, and nothing else.
    """
    return profile.decode(raw, _submissions, FRAME_BYTES_MAX)


def encode_answer(answer: Answer) -> bytes:
    """The bytes of an answer."""
    return profile.encode(answer)


def decode_answer(raw: bytes) -> Answer:
    """Read an answer.

    Raises:
        RefusedError: `profile.*` or `act.unknown_type`, and nothing else.
    """
    return profile.decode(raw, _answers, FRAME_BYTES_MAX)
